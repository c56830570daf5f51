// The files of a mail: how far they are, how large the mail becomes, and the way to remove them.

import { useCell } from '../../parts/cell.ts'
import { sizeText } from '../../parts/dates.ts'
import { Icon } from '../../parts/icon.tsx'
import { encodedSize } from './checks.ts'
import type { Composition } from './composition.ts'
import type { Attachment } from './draft.ts'
import { limitsOf } from './limits.ts'
import type { Upload } from './uploads.ts'
import { words as w } from './words.ts'
import css from './composer.module.css'

export function Attachments({ composition }: { composition: Composition }) {
  const draft = useCell(composition.draft)
  const states = useCell(composition.uploads.states)
  const files = draft.attachments.filter(({ cid }) => cid === null)
  if (draft.attachments.length === 0) return null
  const { bytes: limit } = limitsOf(composition.mail)
  const bytes = encodedSize(draft)
  return (
    <div className={css['att']}>
      <Icon name="clip" />
      <ul aria-label={w.attachments}>
        {files.map((file) => (
          <File key={file.key} file={file} upload={states.get(file.key)} composition={composition} />
        ))}
      </ul>
      <span className={`meta push ${bytes > limit ? css['bad'] : ''}`}>
        {w.encoded(sizeText(bytes), sizeText(limit))}
      </span>
    </div>
  )
}

interface Props {
  file: Attachment
  upload: Upload | undefined
  composition: Composition
}

function File({ file, upload, composition }: Props) {
  const { name, size, key } = file
  const isRefused = upload?.is === 'refused'
  return (
    <li className={isRefused ? css['bad'] : undefined}>
      <span className="fn">{name}</span>
      <span className="meta">{sizeText(size)}</span>
      {upload?.is === 'sending' && (
        <progress
          className={css['progress']}
          max={size || 1}
          value={upload.sent}
          aria-label={`${name} ${w.sent(Math.floor((upload.sent / (size || 1)) * 100))}`}
        />
      )}
      {upload && upload.is !== 'sending' && <span className="meta">{sentence(composition, file, upload)}</span>}
      <button type="button" aria-label={w.remove(name)} onClick={() => composition.uploads.remove(key)}>
        <Icon name="x" size="s" />
      </button>
    </li>
  )
}

function sentence({ mail }: Composition, { size, file }: Attachment, upload: Upload): string {
  if (upload.is === 'waiting') return w.waiting
  if (upload.is === 'lost') return w.lost
  if (upload.is !== 'refused') return ''
  const most = mail.jmap.session.capabilities['urn:ietf:params:jmap:core'].maxSizeUpload
  return w.refused(size > most ? w.fileTooBig(sizeText(most)) : file ? upload.why : w.reattach)
}
