// What can be done with the open mail.

import { useId } from 'react'
import { useCell } from '../../parts/cell.ts'
import { Icon } from '../../parts/icon.tsx'
import { moveToRole, setKeyword, toggleStar } from '../acts.ts'
import { mailboxAt } from '../mailboxes.ts'
import { openNeighbour } from '../keys/commands.ts'
import type { ComposeKind } from '../route.ts'
import { useMail } from '../words.ts'
import { saveAs } from './save.ts'
import { lettersOf } from './letters.ts'
import { source } from './source.tsx'
import css from './reader.module.css'

export function Tools({ emailId }: { emailId: string }) {
  const mail = useMail()
  const { words: w } = mail
  const more = useId()
  const account = mail.account()
  const isStarred = account.emails.get(emailId)?.keywords['$flagged'] === true
  const { place } = useCell(mail.route)
  const here = mailboxAt(account.mailboxes.get(), place)?.role
  const write = (kind: ComposeKind): void => mail.go({ compose: { kind, emailId, accountId: account.id } })
  const close = (): void => document.getElementById(more)?.hidePopover()
  const act = (done: () => unknown) => () => {
    close()
    void done()
  }
  return (
    <div className={css['tools']} role="toolbar" aria-label={w.mailActs}>
      <button
        type="button"
        className="btn quiet icon only-s"
        aria-label={w.back}
        onClick={() => mail.go({ emailId: undefined })}
      >
        <Icon name="left" />
      </button>
      <button type="button" className="btn quiet" aria-label={w.reply} onClick={() => write('reply')}>
        <Icon name="reply" />
        <span className={css['long']}>{w.reply}</span>
      </button>
      <button type="button" className="btn quiet" aria-label={w.replyAll} onClick={() => write('replyAll')}>
        <Icon name="replyall" />
        <span className={css['long']}>{w.replyAll}</span>
      </button>
      <button type="button" className={`btn quiet hide-s`} aria-label={w.forward} onClick={() => write('forward')}>
        <Icon name="forward" />
        <span className={css['long']}>{w.forward}</span>
      </button>
      <span className={`${css['sep']} hide-s`} />
      <button
        type="button"
        className="btn quiet icon"
        aria-label={w.archiveAct}
        title={w.archiveAct}
        onClick={() => void moveToRole(mail, 'archive')}
      >
        <Icon name="archive" />
      </button>
      <button
        type="button"
        className="btn quiet icon"
        aria-label={w.deleteAct}
        title={w.deleteAct}
        onClick={() => void moveToRole(mail, 'trash')}
      >
        <Icon name="trash" />
      </button>
      <button
        type="button"
        className="btn quiet icon hide-s"
        aria-label={here === 'junk' ? w.notJunkAct : w.junkAct}
        title={here === 'junk' ? w.notJunkAct : w.junkAct}
        onClick={() => void moveToRole(mail, here === 'junk' ? 'inbox' : 'junk')}
      >
        <Icon name={here === 'junk' ? 'shield' : 'junk'} />
      </button>
      <button
        type="button"
        className="btn quiet icon hide-s"
        aria-label={w.moveAct}
        title={w.moveAct}
        onClick={() => mail.dialog.set('move')}
      >
        <Icon name="folder" />
      </button>
      <button
        type="button"
        className={`btn quiet icon ${css['more']}`}
        aria-label={w.more}
        title={w.more}
        popoverTarget={more}
      >
        <Icon name="more" />
      </button>
      <div id={more} popover="auto" className={css['menu']} role="group" aria-label={w.more}>
        <button type="button" className="btn quiet" onClick={act(() => toggleStar(mail, emailId))}>
          <Icon name={isStarred ? 'starf' : 'star'} />
          {isStarred ? w.unstarAct : w.starAct}
        </button>
        <button
          type="button"
          className="btn quiet"
          onClick={act(() => {
            void setKeyword(mail, '$seen', false, [emailId])
            mail.go({ emailId: undefined })
          })}
        >
          <Icon name="eyeoff" />
          {w.markUnreadAct}
        </button>
        <button type="button" className="btn quiet only-s" onClick={act(() => write('forward'))}>
          <Icon name="forward" />
          {w.forward}
        </button>
        <button type="button" className="btn quiet only-s" onClick={act(() => mail.dialog.set('move'))}>
          <Icon name="folder" />
          {w.moveAct}
        </button>
        <button type="button" className="btn quiet only-s" onClick={act(() => moveToRole(mail, 'junk'))}>
          <Icon name="junk" />
          {w.junkAct}
        </button>
        <button type="button" className="btn quiet" onClick={act(() => print())}>
          <Icon name="print" />
          {w.printAct}
        </button>
        <button
          type="button"
          className="btn quiet"
          onClick={act(() => saveAs(mail, lettersOf(mail.jmap, account).get(emailId)))}
        >
          <Icon name="download" />
          {w.saveAct}
        </button>
        <button type="button" className="btn quiet" onClick={act(() => source.set({ emailId, accountId: account.id }))}>
          <Icon name="list" />
          {w.sourceAct}
        </button>
      </div>
      <span className={`push ${css['turn']} hide-s`}>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={w.newer}
          title={w.newer}
          onClick={() => openNeighbour(mail, -1)}
        >
          <Icon name="left" />
        </button>
        <button
          type="button"
          className="btn quiet icon"
          aria-label={w.olderMail}
          title={w.olderMail}
          onClick={() => openNeighbour(mail, 1)}
        >
          <Icon name="right" />
        </button>
      </span>
    </div>
  )
}
