// The calls of /api, all of them: a call that is not in this list does not exist.

import type { ApiCall } from './call.ts'
import { bookGrant, bookPublicMake, booksList } from './calls/books-public.ts'
import { contactsExport } from './calls/contacts-export.ts'
import { contactsGroup } from './calls/contacts-group.ts'
import { contactsImport } from './calls/contacts-import.ts'
import { peopleFind } from './calls/people-find.ts'
import { preferencesChange, preferencesShow } from './calls/preferences.ts'
import { connectionsList, mobileconfigShow } from './calls/connections-list.ts'
import { delegationEnd } from './calls/delegation-end.ts'
import { delegationGive } from './calls/delegation-give.ts'
import { delegationSet } from './calls/delegation-set.ts'
import { delegationsHistory } from './calls/delegations-history.ts'
import { delegationsList } from './calls/delegations-list.ts'
import { externalAdd, externalChange, externalRemove, externalRun, externalsList } from './calls/external-accounts.ts'
import { fileChange, fileMake, fileRelink, fileRemove, fileShow, filesList } from './calls/files.ts'
import { proxyImage } from './calls/proxy-image.ts'
import { rulesTry } from './calls/rules-try.ts'
import { sessionBegin } from './calls/session-begin.ts'
import { sessionEnd } from './calls/session-end.ts'
import { sessionShow } from './calls/session-show.ts'
import { sessionsEndOne, sessionsEndOthers } from './calls/sessions-end.ts'
import { sessionsList } from './calls/sessions-list.ts'
import { viewPicture } from './calls/view-picture.ts'
import { viewShow } from './calls/view-show.ts'

export const calls: readonly ApiCall[] = [
  sessionBegin,
  sessionShow,
  sessionEnd,
  sessionsList,
  sessionsEndOne,
  sessionsEndOthers,
  peopleFind,
  booksList,
  bookPublicMake,
  bookGrant,
  contactsGroup,
  contactsImport,
  contactsExport,
  delegationsList,
  delegationGive,
  delegationSet,
  delegationEnd,
  delegationsHistory,
  connectionsList,
  mobileconfigShow,
  preferencesShow,
  preferencesChange,
  rulesTry,
  viewShow,
  viewPicture,
  proxyImage,
  externalsList,
  externalAdd,
  externalChange,
  externalRemove,
  externalRun,
  filesList,
  fileMake,
  fileShow,
  fileChange,
  fileRelink,
  fileRemove,
]
