// The operator's language: Chinese where the environment asks for it, else English.

export type Language = 'en' | 'zh'

/** A sentence in both languages. */
export interface Words {
  en: string
  zh: string
}

/** As POSIX orders them: LC_ALL, LC_MESSAGES, LANG; the first that is set decides. */
export function languageOf(environment: NodeJS.ProcessEnv): Language {
  const wanted = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  return /^zh/i.test(wanted) ? 'zh' : 'en'
}
