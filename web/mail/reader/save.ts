// A whole mail as a file.

import type { Mail } from '../mailstate.ts'
import type { Letter } from './letters.ts'

export function saveAs({ jmap, account, words }: Mail, letter: Letter | undefined): void {
  if (!letter) return
  const name = (letter.subject?.trim() || words.noSubject).replace(/[\\/:*?"<>|\u0000-\u001f]+/g, '_').slice(0, 80)
  const link = document.createElement('a')
  link.href = jmap.downloadUrl(account().id, letter.blobId, `${name}.eml`, 'message/rfc822')
  link.download = `${name}.eml`
  link.click()
}
