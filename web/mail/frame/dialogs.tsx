// The dialogs of the page: one at a time, the focus goes back to where it was.

import { useCell } from '../../parts/cell.ts'
import { destroy, targets } from '../acts.ts'
import { SourceDialog } from '../reader/source.tsx'
import { selectedCount } from '../list/selecting.ts'
import { focusList } from '../keys/commands.ts'
import { useMail } from '../words.ts'
import { Ended } from './ended.tsx'
import { Help } from './help.tsx'
import { MailboxDialog } from './mailboxdialog.tsx'
import { Modal } from './modal.tsx'
import { Palette } from './palette.tsx'
import { MoveDialog } from './movedialog.tsx'

export function Dialogs() {
  const mail = useMail()
  const open = useCell(mail.dialog)
  return (
    <>
      {open === 'help' && <Help />}
      {open === 'palette' && <Palette />}
      {open === 'move' && <MoveDialog />}
      {open === 'delete' && <DeleteDialog />}
      {open === 'mailbox' && <MailboxDialog />}
      {open === 'ended' && <Ended />}
      <SourceDialog />
    </>
  )
}

function DeleteDialog() {
  const mail = useMail()
  const { words: w } = mail
  const n = selectedCount(mail) || targets(mail).length
  return (
    <Modal title={w.askDelete(n)}>
      <form method="dialog" className="row" onSubmit={() => void destroy(mail).finally(focusList)}>
        <button className="btn stop solid">{w.deleteForGood}</button>
        <button type="button" className="btn" data-first onClick={() => mail.dialog.set(undefined)}>
          {w.cancel}
        </button>
      </form>
    </Modal>
  )
}
