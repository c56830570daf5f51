// The thread that cleans letters.

import { serveJobs } from '../workers/serve.ts'
import { writeLetter, type Letter } from './letters.ts'

serveJobs(async ({ input }) => writeLetter(input as Letter))
