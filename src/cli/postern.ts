// postern <verb>: the command line. One file per verb; each works beside a running server and without one.

import { Command, CommanderError } from 'commander'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { accountVerbs } from './account.ts'
import { aliasVerbs } from './alias.ts'
import { classVerbs } from './class.ts'
import { configVerb } from './config.ts'
import { delegateVerbs } from './delegate.ts'
import { dkimVerbs } from './dkim.ts'
import { openDesk, report, type Verb } from './desk.ts'
import { doctorVerb } from './doctor.ts'
import { domainVerbs } from './domain.ts'
import { queueVerbs } from './queue.ts'
import { serveVerb } from './serve.ts'
import { traceVerb } from './trace.ts'
import { languageOf } from './words.ts'

const verbs: Verb[] = [
  serveVerb,
  domainVerbs,
  accountVerbs,
  aliasVerbs,
  delegateVerbs,
  classVerbs,
  dkimVerbs,
  queueVerbs,
  traceVerb,
  configVerb,
  doctorVerb,
]

const packageFile = join(import.meta.dirname, '../../package.json')
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
const language = languageOf(process.env)
const desk = openDesk(language)
const program = desk
  .root(new Command('postern'), {
    en: 'Postern, the whole mail system in one program',
    zh: '郵驛:一個程式就是整套郵件系統',
  })
  .version(version, '-V, --version', desk.say({ en: 'show the version', zh: '顯示版本' }))
  .exitOverride()
for (const add of verbs) add(program, desk)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) report(error, language, false)
  else process.exitCode = error.exitCode === 0 ? 0 : 2 // commander has said what is wrong
}
