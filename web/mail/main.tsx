// The mail page (m02, m03, m13).
//
// Who is not signed in goes to the sign-in page, and comes back to where he was.

import '../parts/frame.css'
import { createRoot } from 'react-dom/client'
import { Problem } from '../parts/api.ts'
import { chosenLanguage, languages } from '../words/words.ts'
import { openMail } from './mailstate.ts'
import { MailPage } from './page.tsx'
import { Unreachable } from './frame/unreachable.tsx'
import { MailContext } from './words.ts'
import { applyLook } from './look.ts'

const language = chosenLanguage()
document.documentElement.lang = languages[language].tag
applyLook()
const loading = (language === 'en' ? import('../words/en/mail.ts') : import('../words/zh-Hant/mail.ts')).then(
  ({ words }) => words,
)
const root = createRoot(document.querySelector('#page')!)

try {
  const mail = await openMail(language, loading)
  root.render(
    <MailContext value={mail}>
      <MailPage />
    </MailContext>,
  )
  // What a crash or a lost network left on this device goes to the server.
  void import('./compose/recover.ts').then(({ recoverAtStart }) => recoverAtStart(mail))
} catch (error) {
  if (error instanceof Problem && error.status === 401) {
    const next = location.pathname + location.search + location.hash
    location.replace(`/login/?next=${encodeURIComponent(next)}`)
  } else root.render(<Unreachable words={await loading} problem={error} />)
}
