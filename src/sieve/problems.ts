// What is wrong with a script, or with a run of one: where, and what to do about it, in both languages.
//
// A problem is a code with details; its sentences are made here and nowhere else. Doors show them as they are.

import type { SieveLimits } from './limits.ts'
import type { Place } from './syntax.ts'

export interface Problem extends Place {
  code: ProblemCode
  en: string
  zh: string
  script?: string // the included script it is in; undefined: the one that was checked or run
}

export type Details = Record<string, string | number>

/** Thrown by compileScript, and inside a run; nothing else leaves this room. */
export class SieveError extends Error {
  problems: Problem[]

  constructor(problems: Problem[]) {
    super(problems.map(({ line, column, en }) => `line ${line}, column ${column}: ${en}`).join('\n'))
    this.name = 'SieveError'
    this.problems = problems
  }
}

/** Gathers the problems of one script. */
export class Problems {
  list: Problem[] = []
  private limits: SieveLimits

  constructor(limits: SieveLimits) {
    this.limits = limits
  }

  add(code: ProblemCode, place: Place, details: Details = {}): void {
    if (this.list.length < this.limits.problems) this.list.push(problem(code, place, details))
  }
}

export function problem(code: ProblemCode, { line, column }: Place, details: Details = {}): Problem {
  const [en, zh] = sentences[code]
  return { code, line, column, en: fill(en, details), zh: fill(zh, details) }
}

function fill(sentence: string, details: Details): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => shown(String(details[name] ?? '')))
}

const longest = 100 // characters of a detail

/** Something from a script as it may stand in a sentence: one line, not long. */
function shown(text: string): string {
  const line = text
    .slice(0, longest * 2)
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .toWellFormed()
  return line.length > longest ? `${line.slice(0, longest)}…`.toWellFormed() : line
}

export type ProblemCode = keyof typeof sentences

const sentences = {
  // what stands there cannot be read
  'script-too-large': [
    'The script is longer than {limit} characters. Make it shorter.',
    '指令稿超過 {limit} 個字元，請縮短。',
  ],
  'script-too-long': [
    'The script has more than {limit} words. Make it shorter.',
    '指令稿超過 {limit} 個單元，請縮短。',
  ],
  'comment-not-closed': ['This comment is not closed. Add "*/".', '這個註解沒有結尾，請加上「*/」。'],
  'string-not-closed': ['This string is not closed. Add a closing quotation mark.', '這個字串沒有結尾，請加上右引號。'],
  'text-not-closed': [
    'This text is not closed. End it with a line that holds only a dot.',
    '這段文字沒有結尾，請在最後加上只有一個句點的一行。',
  ],
  'name-too-long': [
    'The name "{name}..." is longer than {limit} characters. Check its spelling.',
    '名稱「{name}…」超過 {limit} 個字元，請檢查拼字。',
  ],
  'number-too-large': [
    'The number {number} is too large. Use a smaller one.',
    '數字 {number} 太大，請改用較小的數字。',
  ],
  'not-a-token': ['"{text}" means nothing in Sieve. Remove it.', '「{text}」在 Sieve 中沒有意義，請刪除。'],
  'semicolon-missing': ['A semicolon is missing after {name}. Add ";".', '{name} 後面少了分號，請加上「;」。'],
  'brace-without-block': ['This "}" closes nothing. Remove it.', '這個「}」沒有對應的「{」，請刪除。'],
  'block-not-closed': ['The block of {name} is not closed. Add "}".', '{name} 的區塊沒有結尾，請加上「}」。'],
  'blocks-too-deep': [
    'More than {limit} blocks lie inside each other. Use fewer.',
    '區塊巢狀超過 {limit} 層，請減少層數。',
  ],
  'tests-too-deep': [
    'More than {limit} tests lie inside each other. Use fewer.',
    '條件巢狀超過 {limit} 層，請減少層數。',
  ],
  'too-many-arguments': [
    '{name} has more than {limit} arguments. Remove some.',
    '{name} 的參數超過 {limit} 個，請刪減。',
  ],
  'list-too-long': [
    'This list has more than {limit} strings. Split it.',
    '這個清單超過 {limit} 個字串，請拆成幾個清單。',
  ],
  unexpected: [
    'Found "{found}" where {wanted} should stand. Correct the script here.',
    '這裡應該是{wantedZh}，卻是「{found}」，請修正。',
  ],
  'script-ends': [
    'The script ends where {wanted} should stand. Complete it.',
    '指令稿在應有{wantedZh}的地方就結束了，請補完。',
  ],
  // words
  'unknown-command': [
    'There is no command {name}. Check its spelling, or remove it.',
    '沒有 {name} 這個命令，請檢查拼字或刪除。',
  ],
  'unknown-test': [
    'There is no test {name}. Check its spelling, or remove it.',
    '沒有 {name} 這個條件，請檢查拼字或刪除。',
  ],
  'test-as-command': [
    '{name} is a test, not a command. Put it behind "if".',
    '{name} 是條件，不是命令，請放在「if」後面。',
  ],
  'command-as-test': [
    '{name} is a command, not a test. Put it in a block or on a line of its own.',
    '{name} 是命令，不是條件，請放進區塊或另起一行。',
  ],
  'needs-require': [
    '{name} needs the extension {extension}. Add require "{extension}"; at the top.',
    '{name} 需要延伸功能 {extension}，請在開頭加上 require "{extension}";。',
  ],
  'unknown-extension': [
    'This server does not have the extension {extension}. Remove it from require.',
    '本系統沒有延伸功能 {extension}，請從 require 刪除。',
  ],
  'require-first': [
    'require must stand before all other commands. Move it to the top.',
    'require 必須放在所有其他命令之前，請移到開頭。',
  ],
  'unknown-tag': [
    'The {name} {kind} has no option {tag}. Check its spelling, or remove it.',
    '{name} 沒有 {tag} 這個選項，請檢查拼字或刪除。',
  ],
  'colon-missing': ['A colon is missing. Write :{tag}.', '少了冒號，請寫成 :{tag}。'],
  'tag-twice': ['The option {tag} stands here twice. Remove one.', '選項 {tag} 重複，請刪除一個。'],
  'tags-exclude': [
    'The options {tag} and {other} exclude each other. Keep one.',
    '選項 {tag} 與 {other} 不能同時使用，請留下一個。',
  ],
  'tag-needs-tag': ['The option {tag} works only together with {other}.', '選項 {tag} 必須與 {other} 一起使用。'],
  'tag-value': ['The option {tag} must be followed by {wanted}.', '選項 {tag} 後面必須是{wantedZh}。'],
  'tag-missing': ['{name} needs one of the options {tags}. Add it.', '{name} 需要選項 {tags} 其中之一，請加上。'],
  'tag-after-values': [
    'Options stand before the other arguments: move {tag} forward.',
    '選項必須放在其他參數之前，請把 {tag} 往前移。',
  ],
  'argument-type': [
    'The {kind} {name} wants {wanted} as its argument "{argument}". Correct it.',
    '{name} 的參數「{argument}」必須是{wantedZh}，請修正。',
  ],
  'argument-count': [
    'The {kind} {name} takes {wanted} arguments, but {found} stand here. Correct the number.',
    '{name} 需要 {wanted} 個參數，這裡卻有 {found} 個，請修正。',
  ],
  'no-tests': ['{name} takes no test. Remove it.', '{name} 不接受條件，請刪除。'],
  'one-test': ['{name} takes one test. Write one, without parentheses.', '{name} 需要一個條件，不加括號。'],
  'test-list': ['{name} takes a list of tests. Write them in parentheses.', '{name} 需要一串條件，請寫在括號裡。'],
  'no-block': ['{name} takes no block. Remove it, and end the line with ";".', '{name} 不接受區塊，請改以「;」結尾。'],
  'block-missing': [
    '{name} needs a block. Add "{" and "}" around what shall be done.',
    '{name} 需要區塊，請用「{」和「}」包住要做的事。',
  ],
  'else-without-if': [
    '{name} must follow the block of an if. Add the if.',
    '{name} 必須接在 if 的區塊之後，請加上 if。',
  ],
  'break-outside': [
    'break works only inside foreverypart. Move or remove it.',
    'break 只能用在 foreverypart 之內，請移動或刪除。',
  ],
  'no-such-loop': ['No foreverypart around here is named "{name}".', '外層沒有名為「{name}」的 foreverypart。'],
  'loops-too-deep': [
    'More than {limit} foreverypart loops lie inside each other. Use fewer.',
    'foreverypart 巢狀超過 {limit} 層，請減少層數。',
  ],
  'outside-loop': [
    '{name} works only inside foreverypart. Move or remove it.',
    '{name} 只能用在 foreverypart 之內，請移動或刪除。',
  ],
  // values
  'must-be-constant': ['This string must not hold variables. Write it out.', '這個字串不能含有變數，請直接寫出。'],
  'unknown-comparator': [
    'There is no comparator {name}. Use i;ascii-casemap or i;octet.',
    '沒有 {name} 這種比對方式，請用 i;ascii-casemap 或 i;octet。',
  ],
  'comparator-cannot': [
    'The comparator {name} cannot be used with {tag}. Choose another.',
    '比對方式 {name} 不能與 {tag} 一起使用，請改用其他方式。',
  ],
  'bad-relation': [
    '"{text}" is no relation. Use gt, ge, lt, le, eq or ne.',
    '「{text}」不是比較方式，請用 gt、ge、lt、le、eq 或 ne。',
  ],
  'bad-regex': [
    'The regular expression cannot be used: {why}. Correct it.',
    '這個正規表示式無法使用（{whyZh}），請修正。',
  ],
  'bad-address': [
    '"{address}" is not one mail address. Write one as name@example.org.',
    '「{address}」不是一個電子郵件地址，請寫成 name@example.org 的樣子。',
  ],
  'bad-header-name': [
    '"{name}" cannot be the name of a header field. Use letters, digits and "-".',
    '「{name}」不能當作標頭欄位名稱，請用英數字與「-」。',
  ],
  'not-address-header': [
    'The header field "{name}" holds no addresses. Use header, or another field.',
    '標頭欄位「{name}」沒有地址，請改用 header 或其他欄位。',
  ],
  'bad-header-value': [
    'This value cannot stand in a header field. Remove line breaks, or shorten it.',
    '這個內容不能放進標頭欄位，請刪除換行或縮短。',
  ],
  'bad-mailbox': [
    '"{name}" cannot be the name of a mailbox. Choose another.',
    '「{name}」不能當作信件匣名稱，請換一個。',
  ],
  'bad-variable': [
    '"{name}" cannot be the name of a variable. Use letters, digits and "_", not a digit first.',
    '「{name}」不能當作變數名稱，請用英數字與「_」，且不以數字開頭。',
  ],
  'bad-unicode': [
    '"{text}" is no Unicode character. Use 0 to D7FF or E000 to 10FFFF.',
    '「{text}」不是 Unicode 字元，請用 0 至 D7FF 或 E000 至 10FFFF。',
  ],
  'bad-envelope-part': [
    'The envelope has no part "{name}". Use from or to.',
    '信封沒有「{name}」這一項，請用 from 或 to。',
  ],
  'bad-date-part': ['A date has no part "{name}".', '日期沒有「{name}」這一項。'],
  'bad-zone': ['"{text}" is no time zone. Write one as +0800.', '「{text}」不是時區，請寫成 +0800 的樣子。'],
  'bad-number': [
    'The number {number} cannot stand here: use {from} to {to}.',
    '這裡不能用 {number}，請用 {from} 至 {to}。',
  ],
  'bad-method': [
    'Notifications cannot be sent to "{method}". Use a mailto address.',
    '無法把通知送到「{method}」，請用 mailto 地址。',
  ],
  'bad-importance': [
    '"{text}" is no importance. Use "1", "2" or "3".',
    '「{text}」不是重要程度，請用 "1"、"2" 或 "3"。',
  ],
  'bad-option': ['"{text}" is no option of a notification.', '「{text}」不是通知的選項。'],
  'bad-script-name': ['"{name}" cannot be the name of a script.', '「{name}」不能當作指令稿名稱。'],
  'bad-list': ['There is no list "{name}".', '沒有「{name}」這個清單。'],
  'bad-special-use': [
    '"{name}" is no special use of a mailbox. Write one as \\\\Junk.',
    '「{name}」不是信件匣的特殊用途，請寫成 \\\\Junk 的樣子。',
  ],
  'needs-variables': [
    '{name} needs the extension variables. Add require "variables"; at the top.',
    '{name} 需要延伸功能 variables，請在開頭加上 require "variables";。',
  ],
  'global-twice': [
    'The variable {name} has a value already. Declare it global before it is set.',
    '變數 {name} 已經有值，請在設定之前宣告為 global。',
  ],
  // running
  'too-many-steps': [
    'The script took too much work for this mail and was ended. Make it simpler.',
    '指令稿處理這封信時太費時而被中止，請簡化。',
  ],
  'too-many-actions': [
    'The script wants more than {limit} actions for one mail. Use fewer.',
    '指令稿對一封信做的動作超過 {limit} 個，請減少。',
  ],
  'too-many-redirects': [
    'The script wants to redirect one mail to more than {limit} addresses. Use fewer.',
    '指令稿把一封信轉寄到超過 {limit} 個地址，請減少。',
  ],
  'too-many-edits': [
    'The script edits more than {limit} header fields of one mail. Edit fewer.',
    '指令稿修改一封信超過 {limit} 個標頭欄位，請減少。',
  ],
  'too-many-variables': [
    'The script uses more than {limit} variables. Use fewer.',
    '指令稿使用超過 {limit} 個變數，請減少。',
  ],
  'too-many-includes': [
    'More than {limit} scripts are included. Include fewer.',
    '引入的指令稿超過 {limit} 個，請減少。',
  ],
  'includes-too-deep': [
    'More than {limit} scripts include each other. Include fewer.',
    '指令稿互相引入超過 {limit} 層，請減少。',
  ],
  'includes-itself': [
    'The script {name} includes itself. Remove one include.',
    '指令稿 {name} 引入了自己，請刪除一個 include。',
  ],
  'no-such-script': [
    'There is no script {name} to include. Make it, or remove the include.',
    '找不到要引入的指令稿 {name}，請建立它或刪除 include。',
  ],
  'included-broken': ['The included script {name} has an error: {why}', '引入的指令稿 {name} 有錯誤：{whyZh}'],
  'actions-conflict': [
    '{name} cannot be used together with {other} on one mail. Use one of them.',
    '{name} 與 {other} 不能同時用在一封信上，請擇一使用。',
  ],
  twice: ['{name} can be used only once on one mail.', '{name} 對一封信只能使用一次。'],
  'script-error': ['The script ended with this message: {why}', '指令稿以這個訊息結束：{why}'],
} as const satisfies Record<string, readonly [string, string]>
