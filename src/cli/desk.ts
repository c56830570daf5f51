// What every verb of the command line stands on: language, settings, database, printing, exit code.
//
// A verb is added with desk.verb(parent, 'create <name>', words) and does its work in desk.run(...).
// It gets a Task: settings, the database (opened when first asked for, closed at the end) and show(),
// which prints text, or JSON under --json.
//
// Invariants:
//   verbs open the database themselves, so they work beside a running server and without one
//   exit code 0: done; 1: it was refused or failed, stderr says what to do; 2: the command is not written so

import { Command } from 'commander'
import { chmod, mkdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { loadConfig, type Loaded } from '../config/load.ts'
import { normalAddress } from '../mail/address.ts'
import { migrations } from '../schema.ts'
import { openDatabase } from '../sql/open.ts'
import type { Database } from '../sql/sql.ts'
import { writeEvents } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { clean, json } from './print.ts'
import { sentenceOfError } from './troubles.ts'
import type { Language, Words } from './words.ts'

/** One call of a verb. */
export interface Task extends Loaded {
  options: Record<string, unknown> // of the command line, --config and --json included
  language: Language
  /** The database, opened at the first call; closed when the verb is done. */
  database: () => Promise<Database>
  /** Prints `value` as JSON under --json, else the text. The text must be clean (print.ts). */
  show(value: unknown, text: () => string): void
  /** The sentence in the operator's language. */
  say(words: Words): string
  /** Sets the exit code to 1 without an error: doctor found something. */
  fail(): void
}

export interface Desk {
  language: Language
  say(words: Words): string
  /** Dresses the program itself. */
  root(program: Command, words: Words): Command
  /** A word with verbs under it: domain, account. */
  group(parent: Command, name: string, words: Words): Command
  /** A verb, with --config and --json. `usage` as commander writes it: 'create <name>'. */
  verb(parent: Command, usage: string, words: Words): Command
  /** What a verb does: `args` are the arguments of its usage, in order. */
  run(work: Work): (...given: unknown[]) => Promise<void>
  /** The same for a verb that changes something: when it is done, the history says who did what. */
  change(work: Work): (...given: unknown[]) => Promise<void>
}

export type Work = (task: Task, ...args: string[]) => Promise<void>

export type Verb = (program: Command, desk: Desk) => void

export function openDesk(language: Language): Desk {
  const say = (words: Words) => words[language]
  return {
    language,
    say,
    root: (program, words) => localised(program, say).description(say(words)),
    group: (parent, name, words) => localised(parent.command(name), say).description(say(words)),
    verb(parent, usage, words) {
      return localised(parent.command(usage), say)
        .description(say(words))
        .option('--config <file>', say({ en: 'settings (default: ./postern.toml)', zh: '設定檔(預設 ./postern.toml)' }))
        .option('--json', say({ en: 'print JSON', zh: '以 JSON 輸出' }))
    },
    run:
      (work) =>
      (...given) =>
        called(given, language, work),
    change:
      (work) =>
      (...given) =>
        called(given, language, async (task, ...args) => {
          await work(task, ...args)
          await remember(task, given.at(-1) as Command, args)
        }),
  }
}

async function called(given: unknown[], language: Language, work: Work): Promise<void> {
  const command = given.at(-1) as Command
  const args = given.slice(0, -2).flat() as string[]
  await perform(command.optsWithGlobals(), language, (task) => work(task, ...args))
}

/** An administrative act in the history: found by the address it was about. Secrets are never among options. */
async function remember({ database, options }: Task, command: Command, args: string[]): Promise<void> {
  const { config: _, json: __, ...given } = options
  const about = args.find((word) => word.includes('@'))
  const db = await database()
  await db.transaction((sql) =>
    writeEvents(sql, [
      {
        at: Date.now(),
        kind: 'act',
        ...(about !== undefined && { address: normalAddress(about) }),
        details: { verb: `${command.parent?.name() ?? ''} ${command.name()}`, words: args, ...given, by: operator },
      },
    ]),
  )
}

/** Who typed it: asked before root becomes the owner of the data folder. */
export const operator = process.env['SUDO_USER'] ?? nameOfUser()

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.()) // a user without an entry in the list of users
  }
}

function localised(command: Command, say: Desk['say']): Command {
  return command
    .helpOption('-h, --help', say({ en: 'show help', zh: '顯示說明' }))
    .helpCommand(false)
    .configureOutput({ outputError: (text, write) => write(clean(say(usageError(text))) + '\n') })
    .configureHelp({ styleTitle: (title) => headings[title]?.[say({ en: 'en', zh: 'zh' }) as Language] ?? title })
}

/** The errors of commander in both languages. */
function usageError(text: string): Words {
  const en = text.trim()
  const [, name] = /'([^']*)'/.exec(en) ?? []
  const kinds: [pattern: RegExp, zh: string][] = [
    [/unknown command/, `沒有指令 ${name}`],
    [/unknown option/, `沒有選項 ${name}`],
    [/missing required argument/, `缺少參數 ${name}`],
    [/argument missing/, `選項 ${name} 缺少值`],
    [/too many arguments/, '參數過多'],
  ]
  const known = kinds.find(([pattern]) => pattern.test(en))
  return { en, zh: known ? `錯誤:${known[1]}。加上 --help 可看用法。` : en }
}

const headings: Record<string, Words> = {
  'Usage:': { en: 'Usage:', zh: '用法:' },
  'Arguments:': { en: 'Arguments:', zh: '參數:' },
  'Options:': { en: 'Options:', zh: '選項:' },
  'Commands:': { en: 'Commands:', zh: '指令:' },
}

async function perform(
  options: Record<string, unknown>,
  language: Language,
  work: (task: Task) => Promise<void>,
): Promise<void> {
  let opened: Promise<Database> | undefined
  const asJson = options['json'] === true
  try {
    const loaded = await loadConfig(options['config'] as string | undefined, process.env)
    await work({
      ...loaded,
      options,
      language,
      database: () => (opened ??= openHouseDatabase(loaded)),
      show: (value, text) => console.log(asJson ? json(value) : text()),
      say: (words) => words[language],
      fail: () => void (process.exitCode = 1),
    })
  } catch (error) {
    report(error, language, asJson)
  } finally {
    await opened?.then(
      (db) => db.close(),
      () => undefined,
    )
  }
}

/** Says what went wrong on stderr and sets the exit code. */
export function report(error: unknown, language: Language, asJson: boolean): void {
  process.exitCode = 1
  const known = error instanceof Trouble
  const message = messageOf(error, language)
  if (!asJson) return console.error(`postern: ${clean(message)}`)
  console.error(json({ error: known ? error.code : 'fault', details: known ? error.details : {}, message }))
}

function messageOf(error: unknown, language: Language): string {
  const isOurMistake = error instanceof Error && !(error instanceof Trouble) && process.env['POSTERN_DEBUG']
  return isOurMistake ? (error.stack ?? error.message) : sentenceOfError(error, language)
}

async function openHouseDatabase({ config }: Loaded): Promise<Database> {
  await prepareFolder(config.data)
  return openDatabase(config.database, config.data, migrations)
}

/**
 * Makes the data folder, for its owner alone. Root becomes that owner first: files that root made in
 * it would stop a server that runs as somebody else.
 */
export async function prepareFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined) await chmod(folder, 0o700)
  const { uid, gid } = await stat(folder)
  if (process.getuid?.() !== 0 || uid === 0) return
  process.setgroups?.([])
  process.setgid?.(gid)
  process.setuid?.(uid)
}
