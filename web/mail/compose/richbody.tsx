// The rich text editor: Squire, with everything that goes into it cleaned.                     SECURITY 19
//
// Invariants: the draft's HTML is that of a mail (cid: pictures), the editor's that of the page (their addresses);
// what is typed is told to the draft soon, and whenever it is asked for.

import { useEffect, useImperativeHandle, useRef, type Ref } from 'react'
import Squire from 'squire-rte'
import { useCell } from '../../parts/cell.ts'
import { cleanFragment, makeMail } from './cleaner.ts'
import type { Composition } from './composition.ts'
import { textOfTree } from './htmltext.ts'
import { words as w } from './words.ts'
import css from './composer.module.css'

export type RichCommand =
  | 'bold'
  | 'italic'
  | 'underline'
  | 'bullets'
  | 'numbers'
  | 'quote'
  | { link: string }
  | { image: File }

export interface RichHandle {
  focus(): void
  run(command: RichCommand): void
  insert(html: string): void
}

interface Props {
  composition: Composition
  handle: Ref<RichHandle>
  wantsFocus: boolean
  focused(): void
}

const tellAfter = 200

export function RichBody({ composition, handle, wantsFocus, focused }: Props) {
  const root = useRef<HTMLDivElement>(null)
  const editor = useRef<Squire>(undefined)
  const revision = useCell(composition.revision)

  useEffect(() => {
    const squire = new Squire(root.current!, {
      sanitizeToDOMFragment: (html) => cleanFragment(html, (cid) => pictureOf(composition, cid)),
      // The page's policy refuses styles that come as text, so none are made so.
      classNames: { color: '', fontFamily: '', fontSize: '', highlight: '' },
    })
    editor.current = squire
    squire.setHTML(composition.draft.get().html)
    squire.moveCursorToStart()
    let timer: ReturnType<typeof setTimeout> | undefined
    const tell = (): void => {
      clearTimeout(timer)
      if (timer === undefined) return
      timer = undefined
      // A copy, not its text: the page's policy complains of every style that is parsed.
      const copy = document.implementation.createHTMLDocument().importNode(squire.getRoot(), true)
      makeMail(copy)
      const html = copy.innerHTML.replace(/\u200b/g, '')
      const { attachments, html: before } = composition.draft.get()
      if (html === before) return
      const left = attachments.filter(({ cid }) => cid === null || html.includes(`cid:${cid}`))
      composition.change({
        html,
        text: textOfTree(copy),
        ...(left.length < attachments.length && { attachments: left }),
      })
    }
    composition.gather.current = tell
    squire.addEventListener('input', () => {
      timer ??= setTimeout(tell, tellAfter)
    })
    squire.addEventListener('pasteImage', (event: Event) => {
      const { clipboardData } = (event as CustomEvent<{ clipboardData: DataTransfer }>).detail
      for (const file of clipboardData.files) insertPicture(composition, squire, file)
    })
    return () => {
      tell()
      composition.gather.current = () => undefined
      squire.destroy()
      editor.current = undefined
    }
  }, [composition, revision])

  useEffect(() => {
    if (!wantsFocus) return
    editor.current?.focus()
    focused()
  }, [wantsFocus, focused])

  useImperativeHandle(handle, () => ({
    focus: () => void editor.current?.focus(),
    run: (command) => editor.current && run(composition, editor.current, command),
    insert: (html) => void editor.current?.insertHTML(html),
  }))

  return (
    <div
      ref={root}
      className={css['rich']}
      role="textbox"
      aria-multiline="true"
      aria-label={w.body}
      tabIndex={0}
      onDrop={(event) => {
        const pictures = [...event.dataTransfer.files].filter(({ type }) => type.startsWith('image/'))
        const { files } = event.dataTransfer
        if (pictures.length === 0 || pictures.length < files.length || !editor.current) return
        event.preventDefault()
        for (const file of pictures) insertPicture(composition, editor.current, file)
      }}
    />
  )
}

function run(composition: Composition, squire: Squire, command: RichCommand): void {
  const isOn = (tag: string): boolean => squire.hasFormat(tag)
  if (typeof command === 'object') {
    if ('link' in command) squire.makeLink(command.link, { target: '_blank', rel: 'noopener noreferrer' })
    else insertPicture(composition, squire, command.image)
  } else {
    const acts: Record<typeof command, () => unknown> = {
      bold: () => (isOn('B') ? squire.removeBold() : squire.bold()),
      italic: () => (isOn('I') ? squire.removeItalic() : squire.italic()),
      underline: () => (isOn('U') ? squire.removeUnderline() : squire.underline()),
      quote: () => (isOn('BLOCKQUOTE') ? squire.decreaseQuoteLevel() : squire.increaseQuoteLevel()),
      bullets: () => (isOn('UL') ? squire.removeList() : squire.makeUnorderedList()),
      numbers: () => (isOn('OL') ? squire.removeList() : squire.makeOrderedList()),
    }
    acts[command]()
  }
  squire.focus()
}

const urls = new WeakMap<Blob, string>()

/** Shown at once from this device, sent as a part of the mail.                                      RFC 2392 */
function insertPicture(composition: Composition, squire: Squire, file: File): void {
  const cid = `${crypto.randomUUID()}@postern`
  const [added] = composition.uploads.add([file], cid)
  squire.insertImage(blobUrl(added!.file!), { alt: file.name, 'data-cid': cid } as never)
}

function blobUrl(file: Blob): string {
  const url = urls.get(file) ?? URL.createObjectURL(file)
  urls.set(file, url)
  return url
}

function pictureOf({ draft, mail, desk }: Composition, cid: string): string | undefined {
  const found = draft.get().attachments.find((one) => one.cid === cid)
  if (!found) return undefined
  if (found.file) return blobUrl(found.file)
  return found.blobId === null ? undefined : mail.jmap.downloadUrl(desk.accountId, found.blobId, found.name, found.type)
}
