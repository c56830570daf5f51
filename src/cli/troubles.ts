// What went wrong and what to do about it, in the operator's language. The one table of this door.

import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import type { Language, Words } from './words.ts'

type Details = Trouble['details']

const sentences: Partial<Record<TroubleCode, (details: Details) => Words>> = {
  'no-such-domain': ({ domain, selector }) => {
    if (selector !== undefined) {
      return {
        en: `"${domain}" has no key "${selector}". "postern dkim list" shows the keys.`,
        zh: `「${domain}」沒有金鑰「${selector}」。「postern dkim list」列出金鑰。`,
      }
    }
    return {
      en: `There is no domain "${domain}" here. "postern domain list" shows those that are; "postern domain create ${domain}" makes it.`,
      zh: `這裡沒有網域「${domain}」。「postern domain list」列出現有網域;「postern domain create ${domain}」可新增。`,
    }
  },
  'no-such-account': ({ address }) => ({
    en: `Nobody here has the address "${address ?? ''}". "postern account list" and "postern alias list" show who is here.`,
    zh: `這裡沒有位址「${address ?? ''}」。請用「postern account list」與「postern alias list」查看。`,
  }),
  'no-such-class': ({ class: name }) => ({
    en: `There is no class of service "${name}". "postern class list" shows those that are; "postern class create ${name}" makes it.`,
    zh: `沒有等級「${name}」。「postern class list」列出現有等級;「postern class create ${name}」可新增。`,
  }),
  'already-exists': ({ address, domain, class: name, selector }) => ({
    en: `"${address ?? domain ?? name ?? selector}" is already there. A deleted one keeps its place until it is purged; see "list --deleted" and "restore".`,
    zh: `「${address ?? domain ?? name ?? selector}」已經存在。已刪除者在清除(purge)之前仍占用名稱,請見「list --deleted」與「restore」。`,
  }),
  'bad-address': ({ address, domain }) => ({
    en:
      address !== undefined && domain !== undefined
        ? `"${address}" is in an alias domain; create it under "${domain}" and it works under both names.`
        : `"${address ?? domain ?? ''}" cannot be used as an address or a domain. Write name@domain; the local part has at most 64 characters.`,
    zh:
      address !== undefined && domain !== undefined
        ? `「${address}」屬於別名網域;請建在「${domain}」之下,兩個名稱都會通用。`
        : `「${address ?? domain ?? ''}」不能作為位址或網域。請寫成 name@domain;@ 之前最多 64 個字元。`,
  }),
  'weak-password': ({ rule, minimum }) => {
    if (rule === 'length') {
      return { en: `The password must have at least ${minimum} characters.`, zh: `密碼至少要 ${minimum} 個字元。` }
    }
    if (rule === 'name') {
      return { en: 'The password must not be the name of the account.', zh: '密碼不可與帳號相同。' }
    }
    return {
      en: 'The password is too long or has control characters in it.',
      zh: '密碼太長,或含有控制字元。',
    }
  },
  'wrong-password': () => ({ en: 'The account or password is not correct.', zh: '帳號或密碼不正確。' }),
  'in-use': ({ accounts, addresses, address, class: name, domain, folder, pid, selector }) => {
    if (folder !== undefined) {
      return {
        en: `A server already runs over ${folder} (pid ${pid}). Stop it first, or give this one another data folder.`,
        zh: `${folder} 已有伺服器在執行(pid ${pid})。請先停止它,或改用其他資料夾。`,
      }
    }
    if (selector !== undefined) {
      return {
        en: `The key "${selector}" is still needed. "postern dkim rotate ${domain}" replaces it; --force removes it at once.`,
        zh: `金鑰「${selector}」仍在使用。請以「postern dkim rotate ${domain}」更換;--force 可立即移除。`,
      }
    }
    if (name === 'standard') {
      return { en: 'The class "standard" always stays.', zh: '等級「standard」不能刪除。' }
    }
    if (accounts !== undefined) {
      return {
        en: `${accounts} accounts have the class "${name}". Give them another with "postern account set ADDRESS --class NAME".`,
        zh: `有 ${accounts} 個帳號屬於等級「${name}」。請先以「postern account set ADDRESS --class NAME」改為其他等級。`,
      }
    }
    if (addresses !== undefined) {
      return {
        en: `"${domain}" still has ${addresses} addresses. Purge its accounts and delete its aliases first.`,
        zh: `「${domain}」還有 ${addresses} 個位址。請先清除其帳號、刪除其別名。`,
      }
    }
    if (address !== undefined) {
      return {
        en: `"${address}" is an account that is not deleted. "postern account delete ${address}" is the first step.`,
        zh: `「${address}」是尚未刪除的帳號。請先執行「postern account delete ${address}」。`,
      }
    }
    return {
      en: `"${domain ?? ''}" is not deleted yet. "postern domain delete ${domain ?? ''}" is the first step.`,
      zh: `「${domain ?? ''}」尚未刪除。請先執行「postern domain delete ${domain ?? ''}」。`,
    }
  },
  'too-many-recipients': ({ limit }) => ({
    en: `An alias may lead to at most ${limit} addresses. Split it into several.`,
    zh: `一個別名最多可指向 ${limit} 個位址。請分成數個。`,
  }),
  'bad-setting': ({ key, why, setting, value, allowed, limit }) => {
    const more = [why, allowed, limit].filter((part) => part !== undefined).join(', ')
    const what = key ?? setting ?? ''
    const given = value === undefined ? '' : ` "${value}"`
    return {
      en: `${what}${given} cannot be used${more === '' ? '' : `: ${more}`}. "postern config" shows every setting.`,
      zh: `${what}${given} 無法使用${more === '' ? '' : `:${more}`}。「postern config」列出所有設定。`,
    }
  },
  'not-permitted': () => ({ en: 'This is not permitted.', zh: '沒有權限。' }),
  'over-quota': () => ({
    en: 'The mailbox is full. "postern account quota" gives it more.',
    zh: '信箱已滿。可用「postern account quota」調整。',
  }),
  'no-such-queue-entry': () => ({
    en: 'There is no such entry in the queue; it may have left already. "postern queue list" shows what waits.',
    zh: '佇列中沒有這一筆,可能已寄出。「postern queue list」列出等候中的郵件。',
  }),
  'disk-full': () => ({
    en: 'The disk is full. Make room in the data folder; the server goes on by itself afterwards.',
    zh: '磁碟已滿。請在資料夾所在的磁碟騰出空間,之後伺服器會自行恢復。',
  }),
  unavailable: ({ why }) => ({
    en: `The database cannot answer now${why === undefined ? '' : ` (${why})`}. Try again; "postern doctor" looks for the cause.`,
    zh: `資料庫目前無法回應${why === undefined ? '' : `(${why})`}。請稍後再試;「postern doctor」可找出原因。`,
  }),
}

/** What the system refused, where there is more to say than its own words. */
const systemSentences: Record<string, (error: NodeJS.ErrnoException & { port?: number }) => Words> = {
  EADDRINUSE: ({ port }) => ({
    en: `Port ${port} is taken by another program. "ss -ltnp sport = :${port}" tells which; or give the listener another port.`,
    zh: `埠 ${port} 已被其他程式占用。「ss -ltnp sport = :${port}」可查出是誰;或改用其他埠。`,
  }),
  EACCES: ({ port, path, message }) =>
    port === undefined
      ? {
          en: `${path ?? message} may not be used by this user. Give it to the user Postern runs as.`,
          zh: `此使用者無法使用 ${path ?? message}。請將它交給執行郵驛的使用者。`,
        }
      : {
          en: `Port ${port} may not be used by this user: ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE, or set ports = "unprivileged".`,
          zh: `此使用者無法使用埠 ${port}:1024 以下需要 AmbientCapabilities=CAP_NET_BIND_SERVICE,或設定 ports = "unprivileged"。`,
        },
  ENOSPC: () => ({
    en: 'The disk is full. Make room in the data folder.',
    zh: '磁碟已滿。請在資料夾所在的磁碟騰出空間。',
  }),
  EADDRNOTAVAIL: ({ message }) => ({
    en: `This machine does not have that address (${message}). Correct the host of the listener.`,
    zh: `本機沒有這個位址(${message})。請修正監聽埠的 host。`,
  }),
}

/** Anything that was thrown, as a sentence. */
export function sentenceOfError(error: unknown, language: Language): string {
  if (error instanceof Trouble) return sentenceOf(error, language)
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return (code === undefined ? undefined : systemSentences[code]?.(error)?.[language]) ?? error.message
}

/** A Trouble as a sentence that ends with what to do. */
export function sentenceOf(trouble: Trouble, language: Language): string {
  const words = sentences[trouble.code]?.(trouble.details)
  if (words) return words[language]
  const details = Object.entries(trouble.details).map(([name, value]) => `${name}: ${value}`)
  return [trouble.code, ...details].join(', ')
}
