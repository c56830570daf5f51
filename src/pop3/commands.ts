// Every command of this door.

import type { Command } from './command.ts'
import { capa } from './commands/capa.ts'
import { dele, noop, rset } from './commands/dele.ts'
import { lang, utf8 } from './commands/lang.ts'
import { list, stat, uidl } from './commands/listing.ts'
import { auth, pass, user } from './commands/login.ts'
import { quit } from './commands/quit.ts'
import { retr } from './commands/retr.ts'
import { stls } from './commands/stls.ts'
import { top } from './commands/top.ts'

const all = [capa, user, pass, auth, stls, stat, list, uidl, retr, top, dele, rset, noop, quit, lang, utf8]

export const commands = new Map<string, Command>(all.map((command) => [command.verb, command as Command]))
