// The actions of a rule that is being written.

import type { RuleAction } from '../../../src/wire/rules.ts'
import { useCell } from '../../parts/cell.ts'
import { Icon } from '../../parts/icon.tsx'
import { pathsOf } from '../mailboxes.ts'
import { mailboxName } from '../title.ts'
import { useMail } from '../words.ts'
import { flagText } from './rulesentences.ts'
import { words as r } from './rulewords.ts'
import css from './rules.module.css'

const choices = ['move', 'copy', 'star', 'seen', 'forwardKeep', 'forward', 'delete', 'stop'] as const
type Choice = (typeof choices)[number] | 'flag'

function choiceOf(action: RuleAction): Choice {
  if (action.do === 'forward') return action.keep ? 'forwardKeep' : 'forward'
  if (action.do !== 'flag') return action.do
  return action.flag === '\\Flagged' ? 'star' : action.flag === '\\Seen' ? 'seen' : 'flag'
}

function actionOf(choice: Choice, before: RuleAction): RuleAction {
  switch (choice) {
    case 'move':
    case 'copy':
      return 'mailbox' in before ? { ...before, do: choice } : { do: choice, mailbox: '' }
    case 'star':
      return { do: 'flag', flag: '\\Flagged' }
    case 'seen':
      return { do: 'flag', flag: '\\Seen' }
    case 'forward':
    case 'forwardKeep':
      return { do: 'forward', address: 'address' in before ? before.address : '', keep: choice === 'forwardKeep' }
    case 'flag':
      return before
    default:
      return { do: choice }
  }
}

interface ActionFieldsProps {
  actions: RuleAction[]
  change(actions: RuleAction[]): void
}

export function ActionFields({ actions, change }: ActionFieldsProps) {
  return (
    <fieldset className={css['parts']}>
      <legend>{r.actions}</legend>
      {actions.map((action, at) => (
        <Row
          key={at}
          action={action}
          n={at + 1}
          change={(next) => change(actions.with(at, next))}
          remove={() => change(actions.toSpliced(at, 1))}
        />
      ))}
      <div>
        <button
          type="button"
          className="btn sm"
          onClick={() => change([...actions, { do: 'flag', flag: '\\Flagged' }])}
        >
          {r.addAction}
        </button>
      </div>
    </fieldset>
  )
}

interface RowProps {
  action: RuleAction
  n: number
  change(action: RuleAction): void
  remove(): void
}

function Row({ action, n, change, remove }: RowProps) {
  const chosen = choiceOf(action)
  const offered: readonly Choice[] = chosen === 'flag' ? [...choices, 'flag'] : choices
  return (
    <div className={`${css['part']} ${css['act']}`}>
      <select
        className="in"
        aria-label={r.actionWhat(n)}
        value={chosen}
        onChange={(event) => change(actionOf(event.target.value as Choice, action))}
      >
        {offered.map((choice) => (
          <option key={choice} value={choice}>
            {choice === 'flag' && action.do === 'flag' ? flagText(action.flag, r) : r.doNames[choice]}
          </option>
        ))}
      </select>
      {(action.do === 'move' || action.do === 'copy') && <MailboxChoice action={action} n={n} change={change} />}
      {action.do === 'forward' && (
        <input
          className="in"
          type="email"
          aria-label={r.actionAddress(n)}
          autoComplete="off"
          maxLength={320}
          value={action.address}
          onChange={(event) => change({ ...action, address: event.target.value })}
        />
      )}
      <button type="button" className="btn quiet icon" aria-label={r.removeAction(n)} onClick={remove}>
        <Icon name="x" size="s" />
      </button>
    </div>
  )
}

interface MailboxChoiceProps {
  action: Extract<RuleAction, { mailbox: string }>
  n: number
  change(action: RuleAction): void
}

/** One's own mailboxes; a mailbox that is gone stays chosen by its name. */
function MailboxChoice({ action, n, change }: MailboxChoiceProps) {
  const mail = useMail()
  const mailboxes = useCell(mail.accountOf(undefined).mailboxes)
  const paths = pathsOf(mailboxes)
  const isKnown = action.mailboxId !== undefined && paths.has(action.mailboxId)
  return (
    <select
      className="in"
      aria-label={r.actionMailbox(n)}
      value={isKnown ? action.mailboxId : ''}
      onChange={({ target: { value: mailboxId } }) => {
        const mailbox = paths.get(mailboxId)
        if (mailbox !== undefined) change({ do: action.do, mailbox, mailboxId })
      }}
    >
      {!isKnown && <option value="">{action.mailbox}</option>}
      {mailboxes.map((mailbox) => (
        <option key={mailbox.id} value={mailbox.id}>
          {mailbox.role === null ? paths.get(mailbox.id) : mailboxName(mailbox, mail.words)}
        </option>
      ))}
    </select>
  )
}
