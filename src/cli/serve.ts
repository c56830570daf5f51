// postern serve: the server.

import type { Verb } from './desk.ts'
import { prepareFolder } from './desk.ts'

export const serveVerb: Verb = (program, desk) => {
  desk.verb(program, 'serve', { en: 'run the server in the foreground', zh: '執行伺服器' }).action(
    desk.run(async ({ config }) => {
      await prepareFolder(config.data)
      const { serve } = await import('../main.ts')
      await serve(config)
    }),
  )
}
