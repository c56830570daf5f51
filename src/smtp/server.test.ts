// The server by transcripts.

import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { play, testPeer } from '../../test/transcript.ts'
import type { ServerOptions } from './command.ts'
import { smtpServer } from './conversation.ts'
import { playedHouse, type PlayedHouse } from './played.ts'

const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' }

interface Case {
  options?: Partial<ServerOptions>
  secured?: boolean
  house?: (house: PlayedHouse) => void
  after?: (house: PlayedHouse) => void
}

function dialog(what: string, text: string, { options, secured, house, after }: Case = {}): void {
  void test(what, () =>
    play(
      text,
      () => {
        const played = playedHouse()
        house?.(played)
        const conversation = smtpServer(played, {
          role: 'mx',
          hostname: 'mx.uni.example',
          tlsAvailable: true,
          newId: () => 's1',
          failed: (error) => {
            throw error
          },
          ...options,
        })
        return {
          conversation,
          after: () => {
            equal(played.open, 0, 'every sink is finished or abandoned')
            equal(played.closedSessions, 1)
            after?.(played)
          },
        }
      },
      { peer: testPeer(secured ? { tls } : {}) },
    ),
  )
}

dialog(
  'a mail comes in',
  `
  S: 220 mx.uni.example ESMTP Postern
  C: EHLO client.example
  S: 250-mx.uni.example greets client.example
  S: 250-PIPELINING
  S: 250-SIZE 52428800
  S: 250-8BITMIME
  S: 250-SMTPUTF8
  S: 250-CHUNKING
  S: 250-DSN
  S: 250-ENHANCEDSTATUSCODES
  S: 250-LIMITS MAILMAX=10000 RCPTMAX=1000
  S: 250-HELP
  S: 250 STARTTLS
  C: MAIL FROM:<a@client.example> SIZE=100 BODY=8BITMIME
  S: 250 2.1.0 Sender accepted
  C: RCPT TO:<b@uni.example>
  S: 250 2.1.5 Recipient accepted
  C: RCPT TO:<nobody@uni.example>
  S: 550 5.1.1 No such mailbox here
  C: DATA
  S: 354 Go ahead, end with <CRLF>.<CRLF>
  C: Subject: hello
  C:
  C: ..a dot
  C: .
  S: 250 2.0.0 Accepted as m1
  C: QUIT
  S: 221 2.0.0 Goodbye
  -- close
  `,
  {
    after({ mails: [mail] }) {
      equal(mail?.bytes, 'Subject: hello\r\n\r\n.a dot\r\n')
      equal(mail?.envelope.sender, 'a@client.example')
      deepEqual(mail?.envelope.recipients, [{ address: 'b@uni.example' }])
    },
  },
)
