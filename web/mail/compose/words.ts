// The words of the composer, loaded with it, in the language of the page.

import type { words as chinese } from '../../words/zh-Hant/compose.ts'
import { chosenLanguage, type Same } from '../../words/words.ts'

export type ComposeWords = Omit<Same<typeof chinese>, 'reasons'> & { reasons: Record<string, string> }

const loading =
  chosenLanguage() === 'en' ? import('../../words/en/compose.ts') : import('../../words/zh-Hant/compose.ts')

export const words: ComposeWords = (await loading).words
