// The tables of this room: queued mails, and one entry for each of their recipients.

import type { Migration } from '../sql/sql.ts'

export const migrations: Migration[] = [
  {
    name: 'queue/0001-queue',
    text: `
      create table queue_mail (
        id {id},
        mail_id {int} not null,
        history_id text not null,
        sender text not null,
        envid text,
        ret text,
        smtputf8 {int} not null,
        body text not null,
        prefix text not null,
        sign {int} not null,
        report {int} not null,
        arrived_at {int} not null
      );
      create table queue_entry (
        id {id},
        queue_mail {int} not null,
        address text not null,
        domain text not null,
        notify text not null,
        original_recipient text,
        state text not null,
        node text,
        attempts {int} not null,
        next_at {int} not null,
        expires_at {int},
        delay_told {int} not null,
        urgent {int} not null,
        last_at {int},
        last_status text,
        last_words text,
        last_host text
      );
      create index queue_entry_due on queue_entry (next_at) where state <> 'held';
      create index queue_entry_mail on queue_entry (queue_mail);
      create index queue_entry_domain on queue_entry (domain);
      create index queue_mail_history on queue_mail (history_id);
    `,
  },
]
