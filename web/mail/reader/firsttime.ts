// Whether somebody of another place writes for the first time: nothing of theirs came before this mail.

import { useEffect, useState } from 'react'
import type { Query } from '../jmap/types.ts'
import type { MailAccount } from '../mailstate.ts'
import { useMail } from '../words.ts'
import type { Letter } from './letters.ts'

const known = new Map<string, boolean>()

export function useFirstTime(account: MailAccount, letter: Letter, isAsked: boolean): boolean {
  const { jmap } = useMail()
  const [isFirst, setIsFirst] = useState(known.get(letter.id) ?? false)
  const address = letter.from?.[0]?.email ?? ''
  useEffect(() => {
    if (!isAsked || address === '' || known.has(letter.id)) return
    let isCurrent = true
    const before = letter.receivedAt
    const filter = { from: `"${address.replace(/[\\"]/g, '\\$&')}"`, before }
    jmap.call<Query>('Email/query', { accountId: account.id, filter, limit: 1 }).then(
      ({ ids }) => {
        known.set(letter.id, ids.length === 0)
        if (isCurrent) setIsFirst(ids.length === 0)
      },
      () => undefined, // then nothing is claimed
    )
    return () => {
      isCurrent = false
    }
  }, [jmap, account, letter, address, isAsked])
  return isFirst
}
