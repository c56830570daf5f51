// A protocol without a socket: what a conversation hears and what it says.
//
// A conversation is an async generator. It takes what it hears from its Ear and yields what it
// says: bytes, or one of three deeds that only the holder of a socket can do. net/pump.ts drives
// every conversation of the house, test/transcript.ts drives the same ones from text.
//
// Invariants the pump keeps:
//   nothing heard before `startTls` is ever handed on after it      (RFC 3207 §4.2)
//   a conversation that is not asking costs its peer, not the house: the socket is paused
//   what was yielded is written in order; a slow reader suspends the generator
//   bytes that were yielded are the conversation's again when it goes on: it may write over them

/** Facts of the TLS layer under a conversation. */
export interface TlsFacts {
  protocol: string // 'TLSv1.3'
  cipher: string
  servername?: string // SNI
  verified?: boolean // client side: the peer's certificate matched
  flaw?: string // client side: why not, as the TLS library calls it
}

/** Who is at the other end. `address` is what the socket (or a listed proxy) says. */
export interface Peer {
  address: string
  port: number
  localAddress: string
  localPort: number
  listener: string // 'smtp' | 'submission' | 'submissions' | 'lmtp' | 'imap' | 'imaps' | 'pop3' | 'pop3s'
  tls?: TlsFacts
}

/** What is heard. Bytes come as they are; undefined from the Ear means the peer closed. */
export type Heard =
  | Buffer
  | { is: 'secured'; tls: TlsFacts } // after startTls was yielded and the handshake is done
  | { is: 'woken' } // somebody called wake(): look at your notices
  | { is: 'silence' } // the patience ran out with nothing heard
  | { is: 'stopping' } // the house is closing: say goodbye (SMTP 421, IMAP BYE)

export interface Ear {
  /** The next thing heard; undefined when the peer closed. One call at a time. */
  next(): Promise<Heard | undefined>
  /** Makes a waiting or coming next() give { is: 'woken' }, once however often it is called. */
  wake(): void
  /** After how many milliseconds without a byte next() gives { is: 'silence' }. Stays until set again. */
  patience(milliseconds: number): void
}

export const startTls = Symbol('startTls') // flush, handshake, then { is: 'secured' } is heard
export const compress = Symbol('compress') // flush, then DEFLATE both ways (RFC 4978)
export const close = Symbol('close') // flush, then close

export type Said = Uint8Array | string | typeof startTls | typeof compress | typeof close

export type Conversation = (ear: Ear, peer: Peer) => AsyncGenerator<Said, void, void>
