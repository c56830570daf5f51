// reject and ereject.                                                                                   RFC 5429

import type { ActionWord } from '../word.ts'

function rejecting(name: 'reject' | 'ereject'): ActionWord {
  return {
    name,
    needs: name,
    takes: [['reason', 'string']],

    read(given) {
      const reason = given.text('reason') ?? ''
      return (session) => {
        session.result.cancelKeep()
        session.result.add({ do: name, reason: session.text(reason) })
      }
    },
  }
}

export const reject = rejecting('reject')
export const ereject = rejecting('ereject')
