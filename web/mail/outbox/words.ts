// The words of the outbox, loaded with it, in the language of the page.

import type { words as chinese } from '../../words/zh-Hant/outbox.ts'
import { chosenLanguage, type Same } from '../../words/words.ts'

const loading = chosenLanguage() === 'en' ? import('../../words/en/outbox.ts') : import('../../words/zh-Hant/outbox.ts')

export const words: Same<typeof chinese> = (await loading).words
