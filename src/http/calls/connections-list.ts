// GET /api/connections: host, port and encryption for mail programs. GET /api/mobileconfig: the same as a profile for
// Apple's systems.

import { randomUUID } from 'node:crypto'
import * as z from 'zod/mini'
import { call } from '../call.ts'
import { connectionsOf, mobileconfig } from '../connections.ts'
import { HttpTrouble } from '../problems.ts'

export const connectionsList = call({
  method: 'GET',
  path: '/api/connections',
  summary: { en: 'How mail programs reach the house.', zh: '收發信軟體的連線設定。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  output: z.object({
    username: z.string(),
    connections: z.array(
      z.object({
        protocol: z.enum(['imap', 'pop3', 'smtp', 'managesieve', 'https']),
        host: z.string(),
        port: z.number(),
        security: z.enum(['tls', 'starttls']),
      }),
    ),
  }),

  async run({ house, by }) {
    return { username: by.account.address, connections: connectionsOf(house.hostname, house.listeners()) }
  },
})

export const mobileconfigShow = call({
  method: 'GET',
  path: '/api/mobileconfig',
  summary: { en: 'A profile that sets up mail on Apple’s systems.', zh: 'Apple 裝置的郵件描述檔。' },
  who: 'person',
  rate: { count: 30, seconds: 60, per: 'account' },

  async run({ house, by, reply }) {
    const ways = connectionsOf(house.hostname, house.listeners())
    const profile = mobileconfig(by.account, ways, [randomUUID(), randomUUID()])
    if (profile === undefined) throw new HttpTrouble('no-such-page')
    return reply
      .type('application/x-apple-aspen-config; charset=utf-8')
      .header('content-disposition', 'attachment; filename="mail.mobileconfig"')
      .send(profile)
  },
})
