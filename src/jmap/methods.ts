// The methods of JMAP, all of them: a method that is not in this list does not exist.

import type { Method } from './method.ts'
import { addressBookChanges } from './methods/address-book-changes.ts'
import { addressBookGet } from './methods/address-book-get.ts'
import { addressBookSet } from './methods/address-book-set.ts'
import { blobCopy } from './methods/blob-copy.ts'
import { blobGet } from './methods/blob-get.ts'
import { blobLookup } from './methods/blob-lookup.ts'
import { blobUpload } from './methods/blob-upload.ts'
import { contactCardChanges } from './methods/contact-card-changes.ts'
import { contactCardCopy } from './methods/contact-card-copy.ts'
import { contactCardGet } from './methods/contact-card-get.ts'
import { contactCardQueryChanges } from './methods/contact-card-query-changes.ts'
import { contactCardQuery } from './methods/contact-card-query.ts'
import { contactCardSet } from './methods/contact-card-set.ts'
import { coreEcho } from './methods/core-echo.ts'
import { emailChangesMethod } from './methods/email-changes.ts'
import { emailCopy } from './methods/email-copy.ts'
import { emailGet } from './methods/email-get.ts'
import { emailImport } from './methods/email-import.ts'
import { emailParse } from './methods/email-parse.ts'
import { emailQueryChanges } from './methods/email-query-changes.ts'
import { emailQuery } from './methods/email-query.ts'
import { emailSubmissionChanges } from './methods/email-submission-changes.ts'
import { emailSubmissionGet } from './methods/email-submission-get.ts'
import { emailSubmissionQueryChanges } from './methods/email-submission-query-changes.ts'
import { emailSubmissionQuery } from './methods/email-submission-query.ts'
import { emailSubmissionSet } from './methods/email-submission-set.ts'
import { emailSet } from './methods/email-set.ts'
import { identityChanges } from './methods/identity-changes.ts'
import { identityGet } from './methods/identity-get.ts'
import { identitySet } from './methods/identity-set.ts'
import { mailboxChangesMethod } from './methods/mailbox-changes.ts'
import { mailboxGet } from './methods/mailbox-get.ts'
import { mailboxQueryChanges } from './methods/mailbox-query-changes.ts'
import { mailboxQuery } from './methods/mailbox-query.ts'
import { mailboxSet } from './methods/mailbox-set.ts'
import { principalGet } from './methods/principal-get.ts'
import { principalQuery } from './methods/principal-query.ts'
import { pushSubscriptionGet } from './methods/push-subscription-get.ts'
import { pushSubscriptionSet } from './methods/push-subscription-set.ts'
import { mdnParse } from './methods/mdn-parse.ts'
import { mdnSend } from './methods/mdn-send.ts'
import { quotaChanges } from './methods/quota-changes.ts'
import { quotaGet } from './methods/quota-get.ts'
import { quotaQueryChanges } from './methods/quota-query-changes.ts'
import { quotaQuery } from './methods/quota-query.ts'
import { searchSnippetGet } from './methods/search-snippet-get.ts'
import { sieveScriptGet } from './methods/sieve-script-get.ts'
import { sieveScriptQuery } from './methods/sieve-script-query.ts'
import { sieveScriptSet } from './methods/sieve-script-set.ts'
import { sieveScriptValidate } from './methods/sieve-script-validate.ts'
import { shareNotificationChanges } from './methods/share-notification-changes.ts'
import { shareNotificationGet } from './methods/share-notification-get.ts'
import { shareNotificationQuery } from './methods/share-notification-query.ts'
import { shareNotificationSet } from './methods/share-notification-set.ts'
import { threadChangesMethod } from './methods/thread-changes.ts'
import { threadGet } from './methods/thread-get.ts'
import { vacationResponseGet } from './methods/vacation-response-get.ts'
import { vacationResponseSet } from './methods/vacation-response-set.ts'

export const methods: readonly Method[] = [
  coreEcho,
  pushSubscriptionGet,
  pushSubscriptionSet,
  blobCopy,
  blobUpload,
  blobGet,
  blobLookup,
  principalGet,
  principalQuery,
  shareNotificationGet,
  shareNotificationChanges,
  shareNotificationQuery,
  shareNotificationSet,
  mailboxGet,
  mailboxChangesMethod,
  mailboxQuery,
  mailboxQueryChanges,
  mailboxSet,
  threadGet,
  threadChangesMethod,
  emailGet,
  emailChangesMethod,
  emailQuery,
  emailQueryChanges,
  emailParse,
  emailSet,
  emailImport,
  emailCopy,
  searchSnippetGet,
  identityGet,
  identityChanges,
  identitySet,
  emailSubmissionGet,
  emailSubmissionChanges,
  emailSubmissionQuery,
  emailSubmissionQueryChanges,
  emailSubmissionSet,
  mdnSend,
  mdnParse,
  vacationResponseGet,
  vacationResponseSet,
  sieveScriptGet,
  sieveScriptQuery,
  sieveScriptSet,
  sieveScriptValidate,
  quotaGet,
  quotaChanges,
  quotaQuery,
  quotaQueryChanges,
  addressBookGet,
  addressBookChanges,
  addressBookSet,
  contactCardGet,
  contactCardChanges,
  contactCardQuery,
  contactCardQueryChanges,
  contactCardSet,
  contactCardCopy,
]
