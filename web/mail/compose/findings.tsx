// What stands in the way of sending, in sentences, each with what can be done.

import { countText, sizeText } from '../../parts/dates.ts'
import { Icon } from '../../parts/icon.tsx'
import { stopping, type Finding } from './checks.ts'
import { words as w } from './words.ts'
import css from './composer.module.css'

interface Props {
  findings: readonly Finding[]
  problem: string
  attach(): void
  sendAnyway(): void
}

export function Findings({ findings, problem, attach, sendAnyway }: Props) {
  const first = findings[0]
  return (
    <div role="alert" data-findings>
      {problem !== '' && (
        <div className={`note no ${css['note']}`}>
          <Icon name="stop" />
          <div>{problem}</div>
        </div>
      )}
      {first && (
        <div className={`note ${stopping.has(first.is) ? 'no' : 'warn'} ${css['note']}`}>
          <Icon name={stopping.has(first.is) ? 'stop' : 'alert'} />
          <div>{findings.map(sentence).join(' ')}</div>
          {!stopping.has(first.is) && (
            <span className={css['acts']}>
              {findings.some(({ is }) => is === 'no-attachment') && (
                <button type="button" className="btn sm" onClick={attach}>
                  {w.attach}
                </button>
              )}
              <button type="button" className="btn sm" onClick={sendAnyway}>
                {w.sendAnyway}
              </button>
            </span>
          )}
        </div>
      )}
    </div>
  )
}

function sentence(finding: Finding): string {
  switch (finding.is) {
    case 'nobody':
      return w.nobody
    case 'invalid':
      return w.invalidCount(finding.recipients.length)
    case 'uploading':
      return w.uploading(finding.count)
    case 'too-big':
      return w.tooBig(sizeText(finding.bytes), sizeText(finding.limit))
    case 'too-many':
      return w.tooMany(countText(finding.count), countText(finding.limit))
    case 'no-subject':
      return w.noSubject
    case 'no-attachment':
      return w.noAttachment
  }
}
