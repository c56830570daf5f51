// The tables of this room: who is here, and where mail to them goes.
//
//   address        every address of the house; account_id is null where it is an alias to targets
//   alias_target   where an alias goes: addresses of ours or of others
//   sender_grant   who else may send as an address
//   sign_in_lock   names that are locked after failures; source '' is everywhere
//   web_session    who is signed in at the web door; the secret's digest only
//   push_subscription   devices that are told of changes while nobody looks
//   identity       names, addresses and signatures to write as; own is 1 for those the house makes
//   vacation       what is answered while somebody is away
//   preference     what somebody chose for the web pages
//   script         people's Sieve scripts; one of an account may be active
//   external_account  accounts elsewhere that mail is fetched from; the password sealed by fetching/secrets.ts
//   external_seen     what was fetched from there, by its name there and its bytes
//   filter_memory  whom a filter answered and which mails it saw, by digest, until it expires
//   contact_counter     the number of the last change of any contact
//   address_book   of an account; account_id 0: the house's own. card: its contacts, JSContact in card, and in vcard
//                  the bytes a CardDAV client put, while nobody else changed it. card_gone: what went
//   address_book_grant  who else may; account_id 0 is everybody; rights are letters: r w x (export) a (administer)
//   unlisted_account    who is not found by others in the directory of people
//
// An account's primary address is account.address and has a row in address, like all others.
// Lists of protocols are words with spaces between, and name what is off: a new protocol starts on.

import type { Migration } from '../sql/sql.ts'

export const migrations: Migration[] = [
  {
    name: 'directory/0001-people',
    text: `
      create table domain (
        id {id},
        name text not null unique,
        alias_of {int} references domain (id),
        is_default {int} not null default 0,
        separators text not null default '+',
        catch_all text,
        created_at {int} not null,
        deleted_at {int}
      );
      create index domain_alias on domain (alias_of);

      create table class (
        name text primary key,
        protocols_off text not null default '',
        quota {int} not null,
        forwarding {int} not null default 1,
        limits text not null default '{}',
        created_at {int} not null
      );
      insert into class (name, quota, created_at) values ('standard', 107374182400, 0);

      create table account (
        id {id},
        address text not null unique,
        name text not null default '',
        domain_id {int} not null references domain (id),
        class text not null references class (name),
        status text not null default 'active',
        reason text not null default '',
        admin {int} not null default 0,
        quota {int},
        protocols_off text not null default '',
        protocols_locked text not null default '',
        password text,
        password_changed_at {int},
        must_change {int} not null default 0,
        created_at {int} not null,
        deleted_at {int}
      );
      create index account_domain on account (domain_id, id);
      create index account_class on account (class);
      create index account_admin on account (admin, id);

      create table address (
        address text primary key,
        domain_id {int} not null references domain (id),
        account_id {int} references account (id),
        created_at {int} not null
      ) {bykey};
      create index address_account on address (account_id);
      create index address_domain on address (domain_id);

      create table alias_target (
        address text not null references address (address),
        target text not null,
        primary key (address, target)
      ) {bykey};
      create index alias_target_target on alias_target (target);

      create table sender_grant (
        address text not null,
        account_id {int} not null references account (id),
        created_at {int} not null,
        primary key (address, account_id)
      ) {bykey};
      create index sender_grant_account on sender_grant (account_id);

      create table sign_in_lock (
        name text not null,
        source text not null,
        until {int} not null,
        failures {int} not null,
        primary key (name, source)
      ) {bykey};
      create index sign_in_lock_until on sign_in_lock (until);`,
  },
  {
    name: 'directory/0002-web-sessions',
    text: `
      create table web_session (
        id {id},
        digest text not null unique,
        account_id {int} not null,
        kind text not null,
        created_at {int} not null,
        used_at {int} not null,
        expires_at {int} not null,
        standing text not null,
        address text not null,
        agent text not null
      );
      create index web_session_account on web_session (account_id);
      create index web_session_expires on web_session (expires_at);
      create index web_session_used on web_session (used_at);`,
  },
  {
    name: 'directory/0003-pushes',
    text: `
      create table push_subscription (
        id {id},
        account_id {int} not null,
        device text not null,
        url text not null,
        p256dh text not null,
        auth text not null,
        types text not null,
        code text not null,
        verified {int} not null default 0,
        standing text not null,
        session_id {int} not null,
        expires_at {int} not null,
        told text not null default ''
      );
      create index push_subscription_account on push_subscription (account_id);
      create index push_subscription_expires on push_subscription (expires_at);`,
  },
  {
    name: 'directory/0004-identities',
    text: `
      create table identity (
        id {id},
        account_id {int} not null,
        address text not null,
        own {int} not null,
        name text,
        reply_to text,
        bcc text,
        text_signature text not null default '',
        html_signature text not null default ''
      );
      create index identity_account on identity (account_id);
      create unique index identity_own on identity (account_id, address) where own = 1;

      create table vacation (
        account_id {int} primary key,
        enabled {int} not null default 0,
        from_date {int},
        to_date {int},
        subject text,
        text_body text,
        html_body text
      ) {bykey};

      create table preference (
        account_id {int} primary key,
        choices text not null
      ) {bykey};`,
  },
  {
    name: 'directory/0005-scripts',
    text: `
      create table script (
        id {id},
        account_id {int} not null,
        name text not null,
        text text not null,
        size {int} not null,
        digest text not null,
        active {int} not null default 0
      );
      create unique index script_name on script (account_id, name);
      create unique index script_active on script (account_id) where active = 1;

      create table filter_memory (
        account_id {int} not null,
        digest text not null,
        expires_at {int} not null,
        primary key (account_id, digest)
      ) {bykey};
      create index filter_memory_expires on filter_memory (expires_at);`,
  },
  {
    name: 'directory/0006-delegations',
    text: `
      alter table account add column shared {int} not null default 0;

      create table delegation (
        id {id},
        owner_id {int} not null,
        delegate_id {int} not null,
        rights text not null,
        whole {int} not null,
        from_at {int} not null,
        until_at {int},
        created_at {int} not null,
        changed_at {int} not null
      );
      create unique index delegation_pair on delegation (owner_id, delegate_id);
      create index delegation_delegate on delegation (delegate_id);`,
  },
  {
    name: 'directory/0007-address-books',
    text: `
      create table contact_counter (
        id {int} primary key,
        value {int} not null
      ) {bykey};
      insert into contact_counter (id, value) values (1, 1);

      create table address_book (
        id {id},
        account_id {int} not null,
        path text not null,
        name text not null,
        description text not null default '',
        sort_order {int} not null default 0,
        is_default {int} not null default 0,
        cards {int} not null default 0,
        modseq {int} not null,
        pruned {int} not null default 0,
        created_at {int} not null
      );
      create unique index address_book_path on address_book (account_id, path);
      create unique index address_book_default on address_book (account_id) where is_default = 1;

      create table address_book_grant (
        book_id {int} not null references address_book (id),
        account_id {int} not null,
        rights text not null,
        primary key (book_id, account_id)
      ) {bykey};
      create index address_book_grant_account on address_book_grant (account_id);

      create table address_book_unsubscribed (
        account_id {int} not null,
        book_id {int} not null,
        primary key (account_id, book_id)
      ) {bykey};

      create table card (
        id {id},
        book_id {int} not null references address_book (id),
        path text not null,
        uid text not null,
        kind text not null,
        name text not null,
        emails text not null,
        words text not null,
        sort_key {bytes} not null,
        given text not null,
        surname text not null,
        created_at {int} not null,
        updated_at {int} not null,
        created_modseq {int} not null,
        modseq {int} not null,
        card text not null,
        vcard text
      );
      create unique index card_uid on card (book_id, uid);
      create unique index card_path on card (book_id, path);
      create index card_modseq on card (book_id, modseq);
      create index card_words on card (book_id, words, id);

      create table card_gone (
        book_id {int} not null,
        modseq {int} not null,
        card_id {int} not null,
        path text not null,
        created_modseq {int} not null,
        primary key (book_id, modseq, card_id)
      ) {bykey};

      create table unlisted_account (
        account_id {int} primary key
      ) {bykey};`,
  },
  {
    name: 'directory/0008-externals',
    text: `
      create table external_account (
        id {id},
        account_id {int} not null,
        protocol text not null,
        host text not null,
        port {int} not null,
        tls text not null,
        username text not null,
        secret {bytes} not null,
        folder text not null,
        mailbox_id {int},
        keyword text not null,
        keep {int} not null,
        every {int} not null,
        active {int} not null,
        next_at {int} not null,
        failures {int} not null default 0,
        claim text not null default '',
        claim_until {int} not null default 0,
        validity {int} not null default 0,
        last_uid {int} not null default 0,
        last_at {int},
        last_result text not null default '',
        last_said text not null default '',
        last_fetched {int} not null default 0,
        last_skipped {int} not null default 0,
        fetched {int} not null default 0,
        created_at {int} not null
      );
      create index external_account_account on external_account (account_id);
      create index external_account_next on external_account (next_at) where active = 1;

      create table external_seen (
        external_id {int} not null,
        name text not null,
        hash {bytes} not null,
        at {int} not null,
        primary key (external_id, name)
      ) {bykey};
      create index external_seen_hash on external_seen (external_id, hash);`,
  },
]
