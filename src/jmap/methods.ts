// The methods of JMAP, all of them: a method that is not in this list does not exist.

import type { Method } from './method.ts'
import { blobCopy } from './methods/blob-copy.ts'
import { blobGet } from './methods/blob-get.ts'
import { blobLookup } from './methods/blob-lookup.ts'
import { blobUpload } from './methods/blob-upload.ts'
import { coreEcho } from './methods/core-echo.ts'
import { quotaChanges } from './methods/quota-changes.ts'
import { quotaGet } from './methods/quota-get.ts'
import { quotaQueryChanges } from './methods/quota-query-changes.ts'
import { quotaQuery } from './methods/quota-query.ts'

export const methods: readonly Method[] = [
  coreEcho,
  blobCopy,
  blobUpload,
  blobGet,
  blobLookup,
  quotaGet,
  quotaChanges,
  quotaQuery,
  quotaQueryChanges,
]
