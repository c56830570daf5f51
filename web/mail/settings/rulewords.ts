// The words of rules, loaded with the settings, in the language of the page.

import type { words as chinese } from '../../words/zh-Hant/rules.ts'
import { chosenLanguage, type Same } from '../../words/words.ts'

type Tables = 'fieldNames' | 'howNames' | 'doNames' | 'outcomeNames'

export type RuleWords = Omit<Same<typeof chinese>, Tables> & Pick<typeof chinese, Tables>

const loading = chosenLanguage() === 'en' ? import('../../words/en/rules.ts') : import('../../words/zh-Hant/rules.ts')

export const words: RuleWords = (await loading).words
