// Every command of this door.

import type { Command } from './command.ts'
import { authenticate, starttls } from './commands/authenticate.ts'
import { capability, logout, noop, unauthenticate } from './commands/capability.ts'
import {
  checkscript,
  deletescript,
  getscript,
  havespace,
  listscripts,
  putscript,
  renamescript,
  setactive,
} from './commands/scripts.ts'

const all = [
  capability,
  starttls,
  authenticate,
  unauthenticate,
  havespace,
  putscript,
  checkscript,
  listscripts,
  setactive,
  getscript,
  deletescript,
  renamescript,
  noop,
  logout,
]

export const commands = new Map<string, Command>(all.map((command) => [command.verb, command as Command]))
