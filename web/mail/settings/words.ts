// The words of the settings, loaded with them, in the language of the page.

import type { words as chinese } from '../../words/zh-Hant/settings.ts'
import { chosenLanguage, type Same } from '../../words/words.ts'

type Tables = 'rightNames' | 'protocolNames'

export type SettingsWords = Omit<Same<typeof chinese>, Tables> & Pick<typeof chinese, Tables>

const loading =
  chosenLanguage() === 'en' ? import('../../words/en/settings.ts') : import('../../words/zh-Hant/settings.ts')

export const words: SettingsWords = (await loading).words
