// The files of a mail, to be saved. They are handed over as files whatever they say they are.

import { sizeText } from '../../parts/dates.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { cleanText } from '../../parts/names.ts'
import type { Part } from '../jmap/types.ts'
import type { MailAccount } from '../mailstate.ts'
import { useMail } from '../words.ts'
import type { Letter } from './letters.ts'
import css from './reader.module.css'

export function Attachments({ account, letter }: { account: MailAccount; letter: Letter }) {
  const { jmap, words: w } = useMail()
  // Pictures that stand between the texts of a mail are part of its body (RFC 8621 §4.1.4); here they are files too.
  const between = letter.textBody.filter(({ type }) => !type.startsWith('text/'))
  const files = [...between, ...letter.attachments].filter(({ blobId }) => blobId !== null)
  if (files.length === 0) return null
  return (
    <ul className={css['files']} aria-label={w.attachments}>
      {files.map((part, i) => {
        const name = cleanText(part.name ?? '') || w.namelessFile(i + 1)
        return (
          <li key={part.partId ?? part.blobId ?? i}>
            <Icon name={iconOf(part)} />
            <a href={jmap.downloadUrl(account.id, part.blobId!, name, part.type)} download={name}>
              {name}
            </a>
            <span className="meta nb">{sizeText(part.size)}</span>
          </li>
        )
      })}
    </ul>
  )
}

function iconOf({ type, name }: Part): IconName {
  if (type.startsWith('image/')) return 'image'
  if (/spreadsheet|excel|csv/.test(type) || /\.(?:xlsx?|ods|csv)$/i.test(name ?? '')) return 'sheet'
  return 'file'
}
