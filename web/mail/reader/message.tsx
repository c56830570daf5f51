// An open mail: who wrote it to whom and when, where it comes from, its files, its text.
//
// The plain text is what is shown first; the HTML only when asked for, in a frame of its own.

import { useState } from 'react'
import { fullDate, mailDate } from '../../parts/dates.ts'
import { Icon } from '../../parts/icon.tsx'
import { cleanText, displayName, namesAnother, sealColour, sealOf, shortName } from '../../parts/names.ts'
import type { Address } from '../jmap/types.ts'
import type { MailAccount } from '../mailstate.ts'
import { preferences } from '../preferences.ts'
import { useMail, type MailWords } from '../words.ts'
import { Attachments } from './attachments.tsx'
import { Body } from './body.tsx'
import { HtmlFrame } from './htmlframe.tsx'
import type { Letter } from './letters.ts'
import { trustOf, type Trust } from './trust.ts'
import { useFirstTime } from './firsttime.ts'
import css from './reader.module.css'

interface Props {
  account: MailAccount
  letter: Letter
  fold: (() => void) | undefined
}

export function Message({ account, letter, fold }: Props) {
  const mail = useMail()
  const { words: w, zone, language } = mail
  const from = letter.from?.[0] ?? { name: null, email: '' }
  const received = Date.parse(letter.receivedAt)
  const html = letter.htmlBody.find(({ type }) => type === 'text/html')
  const [isHtml, setIsHtml] = useState(html !== undefined && preferences.get().reading === 'html')
  return (
    <>
      <header className={css['who']} onClick={fold}>
        <span className={`seal ${sealColour(from.email)}`} aria-hidden="true">
          {sealOf(from)}
        </span>
        <div className={css['people']}>
          <p className="cut">
            <b>{displayName(from)}</b> <span className="meta fn">{cleanText(from.email)}</span>
          </p>
          <p
            className="meta cut"
            title={recipients(letter)
              .map(({ email }) => email)
              .join(', ')}
          >
            {toLine(letter, account.address, w)}
          </p>
        </div>
        <div className={css['when']}>
          <time className="num" dateTime={letter.receivedAt} title={fullDate(received, zone, language)}>
            {mailDate(received, Date.now(), zone, w.today)}
          </time>
          <TrustLine account={account} letter={letter} from={from} />
        </div>
      </header>
      {namesAnother(from) && (
        <div className="note warn" role="note">
          <Icon name="alert" />
          <div>{w.namesAnother(cleanText(from.email))}</div>
        </div>
      )}
      <Attachments account={account} letter={letter} />
      {html && (
        <div className={css['mode']}>
          <button type="button" className="btn sm" aria-pressed={isHtml} onClick={() => setIsHtml(!isHtml)}>
            <Icon name={isHtml ? 'list' : 'eye'} size="s" />
            {isHtml ? w.showPlain : w.showHtml}
          </button>
        </div>
      )}
      {isHtml && html ? (
        <HtmlFrame accountId={account.id} emailId={letter.id}>
          <Body account={account} letter={letter} />
        </HtmlFrame>
      ) : (
        <Body account={account} letter={letter} />
      )}
    </>
  )
}

function TrustLine({ account, letter, from }: { account: MailAccount; letter: Letter; from: Address }) {
  const { words: w } = useMail()
  const trust = trustOf(letter['header:Authentication-Results:asRaw:all'] ?? [], from.email, account.domain)
  const isFirst = useFirstTime(account, letter, trust.isOutside)
  const isFine = trust.verdict !== 'failed' && !(trust.isOutside && isFirst)
  return (
    <span className={`${css['trust']} ${isFine ? (trust.isOutside ? css['fact'] : '') : css['out']}`}>
      <Icon name={trust.verdict === 'failed' ? 'alert' : trust.isOutside ? 'globe' : 'shield'} size="s" />
      {trustWords(trust, isFirst, w)}
    </span>
  )
}

function trustWords({ isOutside: outside, verdict }: Trust, isFirst: boolean, w: MailWords): string {
  if (verdict === 'failed') return outside ? w.outsideFailed : w.insideFailed
  if (outside) return isFirst ? w.outsideFirst : verdict === 'verified' ? w.outsideVerified : w.outsideUnknown
  return verdict === 'verified' ? w.insideVerified : w.insideUnknown
}

function recipients({ to, cc, bcc }: Letter): Address[] {
  return [...(to ?? []), ...(cc ?? []), ...(bcc ?? [])]
}

function toLine({ to, cc, bcc }: Letter, own: string, w: MailWords): string {
  const names = (people: readonly Address[]): string => {
    const all = people.map((one) => (one.email.toLowerCase() === own.toLowerCase() ? w.me : shortName(one)))
    return all.length > 4 ? w.andOthers(all.slice(0, 3).join(w.between), all.length - 3) : all.join(w.between)
  }
  return [
    to?.length ? w.sentTo(names(to)) : '',
    cc?.length ? w.copyTo(names(cc)) : '',
    bcc?.length ? w.hiddenCopyTo(names(bcc)) : '',
  ]
    .filter(Boolean)
    .join(w.comma)
}
