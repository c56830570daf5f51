// Reads postern.toml and the environment into a Config. What is written wrongly stops the start with
// a Trouble that names the key and what is wanted: nothing is guessed.

import { readFile } from 'node:fs/promises'
import { hostname as machineName } from 'node:os'
import { resolve } from 'node:path'
import { parse } from 'smol-toml'
import { Trouble } from '../wire/troubles.ts'
import { badSetting } from './kinds.ts'
import { settings, type Config } from './settings.ts'

/** Where a value came from, for `postern config`. */
export type Origin = 'default' | 'file' | 'environment'

export interface Loaded {
  config: Config
  origins: Record<string, Origin>
}

/**
 * `path`: the file named by --config; undefined: ./postern.toml when it is there. The environment wins over
 * the file. Throws Trouble 'bad-setting' with `key` and `why`.
 */
export async function loadConfig(path: string | undefined, environment: NodeJS.ProcessEnv): Promise<Loaded> {
  const text = await readToml(path)
  const written = flatten(text)
  const config: Record<string, unknown> = {}
  const origins: Record<string, Origin> = {}

  for (const key of written.keys()) {
    if (!(key in settings)) throw new Trouble('bad-setting', { key, why: `there is no such setting${nearest(key)}` })
  }
  for (const [key, setting] of Object.entries(settings)) {
    const variable = environment[`POSTERN_${key.replaceAll('.', '_').toUpperCase()}`]
    const given = variable ?? written.get(key)
    origins[key] = variable !== undefined ? 'environment' : written.has(key) ? 'file' : 'default'
    try {
      config[key] = given === undefined ? setting.value : setting.read(given)
    } catch (error) {
      throw badSetting(key, error)
    }
  }
  config['data'] = resolve(config['data'] as string)
  if (config['hostname'] === '') config['hostname'] = machineName().toLowerCase()
  return { config: config as unknown as Config, origins }
}

/** All defaults, with `changes` on top: for tests and for tools. */
export function defaultConfig(changes: Partial<Config> = {}): Config {
  const presets = Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, setting.value]))
  return { ...presets, ...changes } as unknown as Config
}

async function readToml(path: string | undefined): Promise<Record<string, unknown>> {
  const file = path ?? 'postern.toml'
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (path === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Trouble('bad-setting', { key: '--config', why: `${file} cannot be read: ${(error as Error).message}` })
  }
  try {
    return parse(text)
  } catch (error) {
    throw new Trouble('bad-setting', { key: file, why: (error as Error).message })
  }
}

/** { smtp: { max_size: 1 } } -> 'smtp.max_size' -> 1. Arrays of tables stay whole. */
function flatten(table: Record<string, unknown>, prefix = ''): Map<string, unknown> {
  const flat = new Map<string, unknown>()
  for (const [name, value] of Object.entries(table)) {
    const key = prefix + name
    const isTable = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
    if (!isTable || key in settings) flat.set(key, value)
    else for (const [inner, deep] of flatten(value as Record<string, unknown>, `${key}.`)) flat.set(inner, deep)
  }
  return flat
}

/** The known key that shares the longest beginning, when it shares enough to be meant. */
function nearest(key: string): string {
  const shared = (other: string): number => {
    let length = 0
    while (length < key.length && key[length] === other[length]) length++
    return length
  }
  const [best] = Object.keys(settings).sort((a, b) => shared(b) - shared(a))
  return best !== undefined && shared(best) >= 4 ? `; is "${best}" meant?` : ''
}
