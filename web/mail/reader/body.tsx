// The text of a mail: paragraphs, quotes that fold, links that say where they go. An HTML mail without text is shown
// as the text it has.

import { useMemo, useState } from 'react'
import { Icon } from '../../parts/icon.tsx'
import type { MailAccount } from '../mailstate.ts'
import { useMail } from '../words.ts'
import { textOfHtml } from './htmltext.ts'
import { lettersOf, type Letter } from './letters.ts'
import { hostBeside, isMisleading, linkPieces } from './links.ts'
import { blocksOf, type Block } from './text.ts'
import css from './reader.module.css'

const wholeBytes = 4 << 20

export function Body({ account, letter }: { account: MailAccount; letter: Letter }) {
  const mail = useMail()
  const { words: w } = mail
  const values = letter.textBody.map((part) => ({ part, value: letter.bodyValues[part.partId ?? ''] }))
  const isCut = values.some(({ value }) => value?.isTruncated)
  const isEmpty = values.every(({ value }) => !value?.value.trim())
  return (
    <div className={css['body']}>
      {values.map(({ part, value }) =>
        value === undefined ? null : part.type === 'text/html' ? (
          <HtmlAsText key={part.partId} html={value.value} />
        ) : (
          <PlainText key={part.partId} text={value.value} />
        ),
      )}
      {isEmpty && <p className="quiet">{w.noText}</p>}
      {isCut && (
        <div className="note">
          <Icon name="info" />
          <div>{w.cutShort}</div>
          <button
            type="button"
            className="btn sm"
            onClick={() => void lettersOf(mail.jmap, account).read([letter.id], wholeBytes)}
          >
            {w.showWhole}
          </button>
        </div>
      )}
    </div>
  )
}

function PlainText({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text])
  return blocks.map((block, i) => <BlockText key={i} block={block} />)
}

function BlockText({ block }: { block: Block }) {
  const { words: w } = useMail()
  const [isFolded, setIsFolded] = useState(block.is === 'quote' && block.isFolded)
  if (block.is === 'text') return <Paragraphs text={block.text} />
  if (block.is === 'signature') {
    return (
      <p className={`quiet ${css['plain']}`}>
        <Linked text={block.text} />
      </p>
    )
  }
  return (
    <div className={css['quoted']}>
      <button type="button" className="btn quiet sm" aria-expanded={!isFolded} onClick={() => setIsFolded(!isFolded)}>
        <Icon name={isFolded ? 'right' : 'down'} size="s" />
        <span className="cut">{block.intro || w.quoted}</span>
      </button>
      {!isFolded && (
        <blockquote>
          <PlainText text={block.text} />
        </blockquote>
      )}
    </div>
  )
}

function Paragraphs({ text }: { text: string }) {
  return text.split(/\n{2,}/).map((one, i) => (
    <p key={i} className={css['plain']}>
      <Linked text={one} />
    </p>
  ))
}

function Linked({ text }: { text: string }) {
  return linkPieces(text).map(({ text: shown, href, host }, i) =>
    href === undefined ? shown : <Link key={i} text={shown} href={href} host={host} isMisleading={false} />,
  )
}

function HtmlAsText({ html }: { html: string }) {
  const pieces = useMemo(() => textOfHtml(html), [html])
  return (
    <p className={css['plain']}>
      {pieces.map(({ text, href }, i) =>
        href === undefined ? (
          <Linked key={i} text={text} />
        ) : (
          <Link key={i} text={text} href={href} host={hostBeside(text, href)} isMisleading={isMisleading(text, href)} />
        ),
      )}
    </p>
  )
}

interface LinkProps {
  text: string
  href: string
  host: string | undefined
  isMisleading: boolean
}

/** A mail address opens the composer; everything else a window that knows nothing of this one. */
function Link({ text, href, host, isMisleading: isWrong }: LinkProps) {
  const mail = useMail()
  if (href.toLowerCase().startsWith('mailto:')) {
    return (
      <a
        href={`#/compose?to=${encodeURIComponent(href)}`}
        onClick={(event) => {
          event.preventDefault()
          mail.go({ compose: { kind: 'mailto', mailto: href } })
        }}
      >
        {text}
      </a>
    )
  }
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {text}
      </a>
      {host !== undefined && (
        <span
          className={`tag ${isWrong ? 'amber' : ''} ${css['host']}`}
          title={isWrong ? mail.words.misleading : undefined}
        >
          <Icon name={isWrong ? 'alert' : 'external'} size="s" {...(isWrong && { label: mail.words.misleading })} />
          <span className="fn">{host}</span>
        </span>
      )}
    </>
  )
}
