// IDLE ... DONE                                             RFC 9051 §6.3.13
//
// The store's news wake the session; what changed is told at once. Ends with DONE, with silence for too long,
// or with the house.

import { bad, bye, done, gone } from '../answers.ts'
import { afterLogin, nothing, now, type Command } from '../command.ts'
import { tellNews } from '../news.ts'

export const idle: Command<undefined> = {
  verb: 'IDLE',
  allowedIn: afterLogin,
  read: nothing,

  async *run(session) {
    yield now('+ Waiting for news\r\n')
    for (;;) {
      const news = await tellNews(session, 'everything')
      if (news !== '') yield now(news)
      const cut = session.framer.next()
      if (cut) {
        if (cut.is === 'command' && cut.text.toUpperCase() === 'DONE') return done('Done')
        if (cut.is !== 'command') throw bye('Only DONE ends IDLE')
        throw bad('Only DONE ends IDLE')
      }
      const heard = await session.ear.next()
      if (heard === undefined) throw gone()
      if (Buffer.isBuffer(heard)) session.framer.push(heard)
      else if (heard.is === 'silence') throw bye('Nothing heard for too long')
      else if (heard.is === 'stopping') throw bye('The server is going down, connect again')
    }
  },
}
