// What an examination found, and what to do about it.

import type { Words } from '../words.ts'

export interface Finding {
  area: 'settings' | 'disk' | 'database' | 'people' | 'clock' | 'ports' | 'certificates' | 'dns'
  state: 'ok' | 'warning' | 'error'
  what: Words
  advice?: Words
}

type Area = Finding['area']

export const ok = (area: Area, en: string, zh: string): Finding => ({ area, state: 'ok', what: { en, zh } })

export const warning = (area: Area, what: Words, advice: Words): Finding => ({ area, state: 'warning', what, advice })

export const error = (area: Area, what: Words, advice: Words): Finding => ({ area, state: 'error', what, advice })
