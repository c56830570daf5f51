// The tables of this room.

import type { Migration } from '../sql/sql.ts'

export const deliveryMigrations: Migration[] = [
  {
    name: 'delivery/0001-quota-notice',
    text: `
      create table quota_notice (
        account_id {int} not null primary key,
        step {int} not null,
        at {int} not null
      );
    `,
  },
]
