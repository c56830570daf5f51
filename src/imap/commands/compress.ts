// COMPRESS DEFLATE                                          RFC 4978

import { compress as deflate } from '../../wire/conversation.ts'
import { bad, done, no } from '../answers.ts'
import { afterLogin, type Command } from '../command.ts'

export const compress: Command<string> = {
  verb: 'COMPRESS',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return scan.atom('an algorithm').toUpperCase()
  },

  async run(session, algorithm) {
    if (algorithm !== 'DEFLATE') throw bad('There is no such algorithm')
    if (session.compressed) throw no('Compression is on already', 'COMPRESSIONACTIVE')
    return {
      ...done('Compression on'),
      async *after() {
        session.compressed = true
        yield deflate
      },
    }
  },
}
