// What the mailboxes of rules are called.

import { useCell } from '../../parts/cell.ts'
import { pathsOf } from '../mailboxes.ts'
import { mailboxName } from '../title.ts'
import { useMail } from '../words.ts'
import type { NameOf } from './rulesentences.ts'

/** By id as long as there is such a mailbox, then by path; those with a role by our name for it. */
export function useMailboxNames(): NameOf {
  const mail = useMail()
  const mailboxes = useCell(mail.accountOf(undefined).mailboxes)
  const paths = pathsOf(mailboxes)
  return (path, id) => {
    const mailbox = mailboxes.find((one) => one.id === id) ?? mailboxes.find((one) => paths.get(one.id) === path)
    if (!mailbox) return path
    return mailbox.role === null ? paths.get(mailbox.id)! : mailboxName(mailbox, mail.words)
  }
}
