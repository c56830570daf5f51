// The table of this room.

import type { Migration } from '../sql/sql.ts'

export const migrations: Migration[] = [
  {
    name: 'mailauth/0001-keys',
    text: `
      create table dkim_key (
        id {id},
        domain text not null,
        selector text not null,
        algorithm text not null, -- rsa, ed25519
        public_key text not null, -- the p= of its record
        file text not null, -- of the private key, under the keys folder; gone when the key is retired
        state text not null, -- announced, active, retiring, retired
        since {int} not null, -- when it came into this state
        created_at {int} not null,
        unique (domain, selector)
      )`,
  },
]
