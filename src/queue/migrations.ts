// The tables of this room: queued mails, and one entry for each of their recipients.
//
//   submission             what somebody of ours sent and follows; state is pending, final or canceled
//   submission_recipient   what became of it, one row for each recipient of its envelope
//   submission_gone        ids of submissions that were destroyed, for who asks what changed
//   submission_state       how often the submissions of an account changed; changes up to floor are forgotten

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
  {
    name: 'queue/0002-submissions',
    text: `
      alter table queue_mail add column submission {int} not null default 0;
      create table submission (
        id {id},
        account_id {int} not null,
        identity_id {int} not null,
        mail_id {int} not null,
        thread {int} not null,
        history_id text not null unique,
        envelope text not null,
        send_at {int} not null,
        state text not null,
        created_modseq {int} not null,
        modseq {int} not null
      );
      create index submission_account on submission (account_id, modseq);
      create index submission_sent on submission (account_id, send_at);
      create table submission_recipient (
        submission_id {int} not null references submission (id),
        place {int} not null,
        address text not null,
        delivered text not null,
        reply text not null,
        primary key (submission_id, place)
      ) {bykey};
      create table submission_gone (
        account_id {int} not null,
        modseq {int} not null,
        id {int} not null,
        primary key (account_id, modseq, id)
      ) {bykey};
      create table submission_state (
        account_id {int} primary key,
        modseq {int} not null,
        floor {int} not null default 0
      ) {bykey};
    `,
  },
]
