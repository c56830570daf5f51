// What strangers can make the authentication of mail spend, each with a name.

export interface MailauthLimits {
  threads: number // worker threads at most
  threadMemory: number // MiB of heap for each
  mailsEach: number // mails one thread has in hand at once: most of the time they wait for DNS
  waiting: number // mails that may wait for a thread; more get temperror
  time: number // milliseconds for one mail
  questions: number // DNS questions for one mail
  bodyBytes: number // a larger body is not hashed: its signatures count as not checked
  headerLines: number // lines of a header block beyond which no signature is checked
  signatures: number // DKIM signatures looked at, from the top
  signatureBytes: number // a longer DKIM-Signature field is not looked at
  authors: number // domains in From for which DMARC is asked
  reverseNames: number // PTR names of a client that are looked up again
  remembered: number // unsigned mails whose results are kept
  rememberedFor: number // milliseconds
  keyBits: number // RSA keys shorter than this verify nothing (RFC 8301 §3.2)
}

export const mailauthLimits: MailauthLimits = {
  threads: 2,
  threadMemory: 256,
  mailsEach: 32,
  waiting: 1000,
  time: 25_000,
  questions: 120,
  bodyBytes: 128 << 20,
  headerLines: 2000,
  signatures: 10,
  signatureBytes: 8192,
  authors: 4,
  reverseNames: 5,
  remembered: 2_000,
  rememberedFor: 60_000,
  keyBits: 1024,
}
