// Where to: a mailbox chosen by typing a part of its name.

import { useCell } from '../../parts/cell.ts'
import { moveTo } from '../acts.ts'
import { focusList } from '../keys/commands.ts'
import { branches, withRoles } from '../mailboxes.ts'
import { mailboxName } from '../title.ts'
import { useMail } from '../words.ts'
import { Choices, type Choice } from './choices.tsx'
import { Modal } from './modal.tsx'

export function MoveDialog() {
  const mail = useMail()
  const { words: w, language } = mail
  const mailboxes = useCell(mail.account().mailboxes)
  const here = mail.listing.get().query.mailboxId
  const compare = new Intl.Collator(language).compare
  const paths = branches(mailboxes, compare).map(({ mailbox, path }) => ({ mailbox, label: path }))
  const roles = withRoles(mailboxes).map((mailbox) => ({ mailbox, label: mailboxName(mailbox, w) }))
  const choices = [...roles, ...paths]
    .filter(({ mailbox }) => mailbox.id !== here && mailbox.role !== 'drafts' && mailbox.myRights.mayAddItems)
    .map(({ mailbox, label }): Choice => ({
      key: mailbox.id,
      label,
      words: `${mailbox.name} ${mailbox.role ?? ''}`,
      icon: 'folder',
      take() {
        mail.dialog.set(undefined)
        void moveTo(mail, mailbox.id, (n) => w.moved(n, label)).finally(focusList)
      },
    }))
  return (
    <Modal title={w.moveTitle}>
      <Choices label={w.moveHint} choices={choices} nothing={w.noSuchMailbox} />
    </Modal>
  )
}
