// The words of the contacts, loaded with them, in the language of the page.

import type { words as chinese } from '../../words/zh-Hant/contacts.ts'
import { chosenLanguage, type Same } from '../../words/words.ts'

export type ContactWords = Omit<Same<typeof chinese>, 'fieldNames'> & { fieldNames: Record<string, string> }

const loading =
  chosenLanguage() === 'en' ? import('../../words/en/contacts.ts') : import('../../words/zh-Hant/contacts.ts')

export const words: ContactWords = (await loading).words
