// Which of the two languages somebody reads. RFC 9110 §12.5.4.

export type Language = 'en' | 'zh-Hant'
export type Words = Record<'en' | 'zh', string>

const longestHeader = 500

/** The better liked of the two in an Accept-Language header; English where it names neither. */
export function languageOf(header: string | undefined): Language {
  let best: Language = 'en'
  let weight = 0
  for (const range of (header ?? '').slice(0, longestHeader).split(',')) {
    const [tag = '', ...parameters] = range
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    const language = /^zh(?:-|$)/.test(tag) ? 'zh-Hant' : /^en(?:-|$)/.test(tag) ? 'en' : undefined
    const q = Number(/^q=([01](?:\.\d{0,3})?)$/.exec(parameters.find((one) => one.startsWith('q=')) ?? '')?.[1] ?? 1)
    if (!language || q <= weight) continue
    best = language
    weight = q
  }
  return best
}

export function inLanguage(words: Words, language: Language): string {
  return language === 'en' ? words.en : words.zh
}
