// The tables of the store.
//
//   mail      one row for each distinct mail received: where its bytes lie and what we learnt of them
//   mailbox   a node in an account's tree, with counters kept by the transactions that change it
//   message   a mail in a mailbox, in the order of mailbox and uid
//   expunged  uids that are gone, for QRESYNC and JMAP; pruned, with mailbox.expunged_floor saying how far
//   holder    an account as the store sees it: quota, use, and the one modseq counter
//
// Columns of mail that searches and sorts read come before the large ones (trace, tree): an engine
// reads a row from its front.

import type { Migration } from '../sql/sql.ts'

const tables = `
create table holder (
  account_id {int} primary key,
  quota {int} not null,
  used {int} not null default 0,
  messages {int} not null default 0,
  modseq {int} not null default 1,
  inbox_id {int} not null default 0,
  uid_validity {int} not null default 0,
  announced {int} not null default 0
);
create table mailbox (
  id {id},
  account_id {int} not null references holder (account_id),
  parent_id {int} not null default 0,
  name text not null,
  role text,
  selectable {int} not null default 1,
  subscribed {int} not null default 0,
  uid_validity {int} not null,
  uid_next {int} not null default 1,
  modseq {int} not null,
  created_modseq {int} not null,
  changed_modseq {int} not null,
  expunged_floor {int} not null default 0,
  total {int} not null default 0,
  unseen {int} not null default 0,
  deleted {int} not null default 0,
  size {int} not null default 0,
  created_at {int} not null,
  keywords text not null default ''
);
create unique index mailbox_name on mailbox (account_id, parent_id, name);
create unique index mailbox_role on mailbox (account_id, role) where role is not null;
create table mailbox_gone (
  account_id {int} not null,
  modseq {int} not null,
  mailbox_id {int} not null,
  total {int} not null,
  purged {int} not null default 0,
  primary key (account_id, modseq, mailbox_id)
){bykey};
create index mailbox_gone_unpurged on mailbox_gone (mailbox_id) where purged = 0;
create table mail (
  id {id},
  size {int} not null,
  received_at {int} not null,
  thread {int} not null,
  message_key {int} not null,
  sent_at {int},
  sent_day {int},
  stale {int} not null default {sqlite: 0}{postgres: 1},
  held {int} not null default 0,
  loose_at {int},
  has_attachment {int} not null,
  header_cut {int} not null,
  refs text not null,
  subject text not null,
  base_subject text,
  from_text text not null,
  to_text text not null,
  cc_text text not null,
  bcc_text text not null,
  blob_ref text not null,
  hash {bytes} not null,
  history_id text not null,
  trace text not null,
  tree text not null
);
create index mail_message_key on mail (message_key);
create index mail_thread on mail (thread);
create index mail_blob on mail (blob_ref);
create index mail_stale on mail (id) where stale <> 0;
create index mail_loose on mail (loose_at) where loose_at is not null;
create table message (
  mailbox_id {int} not null,
  uid {int} not null,
  account_id {int} not null,
  mail_id {int} not null,
  modseq {int} not null,
  created_modseq {int} not null,
  flags {int} not null,
  size {int} not null,
  received_at {int} not null,
  saved_at {int} not null,
  keywords text not null,
  primary key (mailbox_id, uid)
){bykey};
create index message_mailbox_modseq on message (mailbox_id, modseq);
create index message_account_modseq on message (account_id, modseq);
create index message_mail on message (mail_id);
create table expunged (
  mailbox_id {int} not null,
  modseq {int} not null,
  uid {int} not null,
  account_id {int} not null,
  mail_id {int} not null,
  primary key (mailbox_id, modseq, uid)
){bykey};
create index expunged_account on expunged (account_id, modseq);
create table metadata (
  account_id {int} not null,
  mailbox_id {int} not null,
  entry text not null,
  value {bytes} not null,
  modseq {int} not null,
  primary key (account_id, mailbox_id, entry)
){bykey};
create table mailbox_grant (
  mailbox_id {int} not null,
  account_id {int} not null,
  rights text not null,
  subscribed {int} not null default 0,
  primary key (mailbox_id, account_id)
){bykey};
create index mailbox_grant_account on mailbox_grant (account_id);
create table blob_drop (
  blob_ref text primary key
)
`

// On SQLite words and previews lie in a file of their own (wordfile.ts), which hears of deleted mails by words_gone.
const words = `
{sqlite: create table words_gone (mail_id integer primary key);}
{postgres: create table preview (mail_id bigint primary key, text text not null);}
{postgres: create table mail_words (mail_id bigint primary key, words tsvector not null);}
{postgres: create index mail_words_words on mail_words using gin (words);}
{postgres: create table vocabulary (word text primary key);}
`

// uids from mailbox.recent_uid on were told to no session yet (recent.ts). A subscription is a name without a mailbox.
const recent = `
alter table mailbox add column recent_uid {int} not null default 1;
update mailbox set recent_uid = uid_next;
create table subscription (
  account_id {int} not null,
  name text not null,
  primary key (account_id, name)
){bykey}
`

// For JMAP. message.thread is the mail's; message_received and message_thread answer lists and threads without their rows.
// expunged.hidden_modseq: from then on it was not seen as an email, gone or \\Deleted. changes_floor: changes of the account's mails are known after this modseq.
const emails = `
alter table message add column thread {int} not null default 0;
update message set thread = coalesce((select mail.thread from mail where mail.id = message.mail_id), 0);
alter table expunged add column thread {int} not null default 0;
alter table expunged add column created_modseq {int} not null default 0;
alter table expunged add column hidden_modseq {int} not null default 0;
update expunged set hidden_modseq = modseq,
  thread = coalesce((select mail.thread from mail where mail.id = expunged.mail_id), 0);
alter table mailbox add column sort_order {int} not null default 0;
alter table holder add column changes_floor {int} not null default 0;
create index message_received on message (mailbox_id, received_at, uid, mail_id, thread);
create index message_thread on message (account_id, thread, mail_id, mailbox_id, uid);
create index message_unread on message (account_id, thread, mail_id) where (flags & 9) = 0;
create index message_flagged on message (account_id, thread, mail_id) where (flags & 4) <> 0;
create index message_deleted on message (account_id, mailbox_id, thread) where (flags & 8) <> 0
`

// What clients sent ahead of a mail. The blob of an upload may be that of a mail too.
const uploads = `
create table upload (
  id {id},
  account_id {int} not null,
  by_id {int} not null,
  blob_ref text not null,
  size {int} not null,
  hash text not null,
  type text not null,
  created_at {int} not null,
  expires_at {int} not null
);
create index upload_by on upload (by_id, id);
create index upload_account on upload (account_id);
create index upload_blob on upload (blob_ref);
create index upload_expires on upload (expires_at)
`

// What an account lets another do in its mailboxes from a time until a time. An ended one has until_at in the past and stays
// for a while, so that every process hears of its end. share_mailbox says what holds in one mailbox instead of share.rights.
const shares = `
create table share (
  id {int} primary key,
  account_id {int} not null,
  to_id {int} not null,
  rights text not null,
  from_at {int} not null,
  until_at {int} not null,
  changed_at {int} not null
){bykey};
create index share_account on share (account_id);
create index share_to on share (to_id, until_at);
create index share_changed on share (changed_at);
create table share_mailbox (
  share_id {int} not null,
  mailbox_id {int} not null,
  rights text not null,
  primary key (share_id, mailbox_id)
){bykey};
create index share_mailbox_mailbox on share_mailbox (mailbox_id)
`

// Large files behind links. A file is its pieces, in order; one that came whole has one.
const files = `
create table file (
  id {id},
  account_id {int} not null,
  name text not null,
  type text not null,
  size {int} not null,
  received {int} not null default 0,
  pieces {int} not null default 0,
  token text not null unique,
  password text,
  downloads {int} not null default 0,
  downloads_most {int},
  expires_at {int} not null,
  touched_at {int} not null,
  created_at {int} not null
);
create index file_account on file (account_id, id);
create index file_expires on file (expires_at);
create table file_piece (
  file_id {int} not null,
  start {int} not null,
  size {int} not null,
  blob_ref text not null,
  primary key (file_id, start)
){bykey};
create index file_piece_blob on file_piece (blob_ref)
`

const shareNotices = `
create table share_notice (
  id {id},
  account_id {int} not null,
  seq {int} not null,
  at {int} not null,
  by_id {int} not null,
  owner_id {int} not null,
  mailbox_id {int} not null,
  name text not null,
  old_rights text not null,
  new_rights text not null,
  gone {int} not null default 0
);
create unique index share_notice_account on share_notice (account_id, seq)
`

export const migrations: Migration[] = [
  { name: 'store/0001-tables', text: tables },
  { name: 'store/0002-words', text: words },
  { name: 'store/0003-recent', text: recent },
  { name: 'store/0004-emails', text: emails },
  { name: 'store/0005-uploads', text: uploads },
  { name: 'store/0006-shares', text: shares },
  { name: 'store/0007-files', text: files },
  { name: 'store/0008-share-notices', text: shareNotices },
]
