// The signature of an identity in a draft, plain or rich, and a draft changed from one to the other.
//
// Invariant: what is not the signature stays as it is, but for its looks where a draft becomes plain.

import type { Draft } from './draft.ts'
import { htmlOfText, textOfHtml } from './htmltext.ts'
import { senderOf, type Identity } from './identities.ts'
import { replaceRichSignature, richSignature } from './richquote.ts'
import { replaceSignature } from './signature.ts'

type Signed = Pick<Draft, 'text' | 'html' | 'signature'>

/** The draft's text with another signature; undefined takes it out. */
export async function sign(draft: Draft, identity: Identity | undefined): Promise<Signed> {
  const signature = identity?.textSignature.trimEnd() ?? ''
  if (!draft.isRich)
    return { text: replaceSignature(draft.text, draft.signature, signature), html: draft.html, signature }
  const { cleanHtml } = await import('./cleaner.ts')
  const made = identity ? richSignature(signature, identity.htmlSignature, cleanHtml) : ''
  const html = replaceRichSignature(draft.html, made)
  return { html, text: textOfHtml(html), signature }
}

/** As written by another identity. */
export async function writtenBy(draft: Draft, identity: Identity): Promise<Partial<Draft>> {
  const signed =
    draft.signature === '' && draft.serverId !== null && identity.textSignature === ''
      ? {}
      : await sign(draft, identity)
  return { ...signed, identityId: identity.id, from: senderOf(identity) }
}

export async function asRich(draft: Draft, identity: Identity | undefined): Promise<Partial<Draft>> {
  const bare = replaceSignature(draft.text, draft.signature, '')
  const rich: Draft = { ...draft, isRich: true, html: htmlOfText(bare), signature: '' }
  return draft.signature === '' || !identity ? rich : { ...rich, ...(await sign(rich, identity)) }
}

export async function asPlain(draft: Draft): Promise<Partial<Draft>> {
  const html = replaceRichSignature(draft.html, '')
  const text = textOfHtml(html)
  const attachments = draft.attachments.map((one) => (one.cid === null ? one : { ...one, cid: null }))
  return { isRich: false, html: '', text: replaceSignature(text, '', draft.signature), attachments }
}
