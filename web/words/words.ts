// The words of the pages, in two languages with the same keys; a page loads one language only.
//
// A catalogue is a plain object: a key's value is a text, or a function of what stands in it. The Chinese one
// says which keys there are (its type is the contract), the English one is checked against it by the compiler.

export type Language = 'zh-Hant' | 'en'

export const languages: Record<Language, { tag: string; name: string }> = {
  'zh-Hant': { tag: 'zh-Hant-TW', name: '中文' },
  en: { tag: 'en', name: 'English' },
}

/** Texts may differ between languages, the arguments of functions may not. */
export type Same<Catalogue> = {
  [Key in keyof Catalogue]: Catalogue[Key] extends (...args: infer A) => string ? (...args: A) => string : string
}

const key = 'postern.language'

/** What the person chose on this device, else what the browser prefers; Chinese of any kind is ours. */
export function chosenLanguage(): Language {
  const chosen = localStorage.getItem(key)
  if (chosen === 'en' || chosen === 'zh-Hant') return chosen
  const first = navigator.languages.find((tag) => /^(?:zh|en)\b/i.test(tag))
  return first && /^en/i.test(first) ? 'en' : 'zh-Hant'
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(key, language)
}
