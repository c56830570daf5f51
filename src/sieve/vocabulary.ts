// All words of the language, and the extensions they come from: the two closed lists.
//
// if, elsif, else, require, stop, include, return, global, foreverypart, break, error and the tests true, false, not,
// allof, anyof, ihave are part of the language's frame: checker.ts knows them.

import type { ActionWord, TestWord } from './word.ts'
import { address, envelope } from './words/address.ts'
import { body } from './words/body.ts'
import { currentdate, date } from './words/date.ts'
import { discard, fileinto, keep, redirect } from './words/deliver.ts'
import { addheader, deleteheader } from './words/editheader.ts'
import { notify, notifyMethodCapability, validNotifyMethod } from './words/enotify.ts'
import { exists, header, size } from './words/header.ts'
import {
  duplicate,
  environment,
  mailboxexists,
  mailboxidexists,
  metadata,
  metadataexists,
  servermetadata,
  servermetadataexists,
  spamtest,
  specialuseExists,
  validExtList,
  virustest,
} from './words/house.ts'
import { addflag, hasflag, removeflag, setflag } from './words/imap4flags.ts'
import { enclose, extracttext, replace } from './words/mime.ts'
import { ereject, reject } from './words/reject.ts'
import { vacation } from './words/vacation.ts'
import { set, string } from './words/variables.ts'

const byName = <T extends { name: string }>(words: T[]): ReadonlyMap<string, T> =>
  new Map(words.map((word) => [word.name, word]))

export const actionWords: ReadonlyMap<string, ActionWord> = byName([
  keep,
  discard,
  fileinto,
  redirect,
  reject,
  ereject,
  set,
  setflag,
  addflag,
  removeflag,
  vacation,
  notify,
  addheader,
  deleteheader,
  extracttext,
  replace,
  enclose,
])

export const testWords: ReadonlyMap<string, TestWord> = byName([
  header,
  exists,
  size,
  address,
  envelope,
  string,
  hasflag,
  body,
  date,
  currentdate,
  environment,
  mailboxexists,
  mailboxidexists,
  specialuseExists,
  metadata,
  metadataexists,
  servermetadata,
  servermetadataexists,
  validExtList,
  validNotifyMethod,
  notifyMethodCapability,
  spamtest,
  virustest,
  duplicate,
])

/** What a script may require, as ManageSieve announces it (RFC 5804 §1.7). */
export const extensions: ReadonlySet<string> = new Set(
  (
    'fileinto reject ereject envelope encoded-character vacation vacation-seconds subaddress relational copy ' +
    'comparator-i;octet comparator-i;ascii-casemap comparator-i;ascii-numeric comparator-i;unicode-casemap ' +
    'imap4flags mailbox mailboxid mboxmetadata servermetadata special-use variables body date index regex editheader ' +
    'include duplicate environment extlists enotify ihave mime foreverypart extracttext replace enclose spamtest ' +
    'spamtestplus virustest fcc'
  ).split(' '),
)

/** Methods of notification; ManageSieve's NOTIFY. */
export const notifyMethods: readonly string[] = ['mailto']
