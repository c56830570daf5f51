// The thread that checks mails (checker.ts); opened by mailauth.ts through workers/pool.ts.

import { serveJobs } from '../workers/serve.ts'
import { checkMail, checkSpf } from './checker.ts'
import type { DnsQuestion, VerifyJob } from './question.ts'

serveJobs(async ({ input, body, ask }) => {
  const resolver = (name: string, type: string) => ask({ name, type } as DnsQuestion)
  const job = input as { is: 'mail' | 'spf' } & VerifyJob
  return job.is === 'spf' ? checkSpf(job, resolver) : checkMail(job, body, resolver)
})
