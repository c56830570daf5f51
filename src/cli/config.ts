// postern config: every setting with its value and where it comes from, or the manual of the settings.

import { settings } from '../config/settings.ts'
import type { Setting } from '../config/kinds.ts'
import type { Desk, Task, Verb } from './desk.ts'
import { clean, table } from './print.ts'

const all = Object.entries(settings) as [string, Setting<unknown>][]

export const configVerb: Verb = (program, desk) => {
  desk
    .verb(program, 'config', { en: 'all settings with their values', zh: '列出所有設定與目前的值' })
    .option('--manual', desk.say({ en: 'what each setting does, as Markdown', zh: '各設定的說明(Markdown)' }))
    .action(
      desk.run(async (task) => {
        if (task.options['manual'] === true)
          return task.show(
            all.map(([key, setting]) => manualRow(key, setting)),
            () => manual(desk),
          )
        task.show(
          all.map(([key]) => valueRow(key, task)),
          () => values(task, desk),
        )
      }),
    )
}

const origins = {
  default: { en: 'default', zh: '預設' },
  file: { en: 'file', zh: '設定檔' },
  environment: { en: 'environment', zh: '環境變數' },
}

function valueRow(key: string, task: Task): { key: string; value: unknown; default: unknown; origin: string } {
  const value = (task.config as unknown as Record<string, unknown>)[key]
  return {
    key,
    value: withoutSecrets(value),
    default: settings[key as keyof typeof settings].value,
    origin: task.origins[key] ?? 'default',
  }
}

/** The password of postgres://name:password@host is nobody's business on a screen. */
function withoutSecrets(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:***@') : value
}

function values(task: Task, desk: Desk): string {
  const headings = [
    desk.say({ en: 'SETTING', zh: '設定' }),
    desk.say({ en: 'VALUE', zh: '值' }),
    desk.say({ en: 'FROM', zh: '來源' }),
  ]
  const rows = all.map(([key]) => {
    const { value, origin } = valueRow(key, task)
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return [key, text, desk.say(origins[origin as keyof typeof origins])]
  })
  return table(headings, rows)
}

function manualRow(key: string, { kind, unit, preset, en, zh }: Setting<unknown>) {
  return { key, environment: `POSTERN_${key.replaceAll('.', '_').toUpperCase()}`, kind, unit, default: preset, en, zh }
}

function manual(desk: Desk): string {
  const words = { kind: desk.say({ en: 'Kind', zh: '種類' }), preset: desk.say({ en: 'Default', zh: '預設值' }) }
  return all
    .map(([key, setting]) => {
      const row = manualRow(key, setting)
      const preset = row.default === '' ? '-' : `\`${row.default}\``
      const unit = row.unit === undefined ? '' : ` (${row.unit})`
      return `### \`${key}\`\n\n${clean(desk.say(setting))}\n\n${words.kind}: ${row.kind}${unit}. ${words.preset}: ${preset}. \`${row.environment}\``
    })
    .join('\n\n')
}
