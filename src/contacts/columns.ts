// What the columns of a table of contacts mean: Outlook (English, 中文), Gmail (both of its forms), Mail2000 and its kin,
// Thunderbird, and a guess for the others.
//
// Invariant: a column means one thing or nothing; a heading that stands twice counts each time.

import { foldText } from './searchable.ts'

export const fields = [
  'full',
  'given',
  'surname',
  'middle',
  'title',
  'suffix',
  'nickname',
  'email',
  'email.work',
  'email.home',
  'phone',
  'phone.work',
  'phone.home',
  'phone.mobile',
  'phone.fax',
  'phone.pager',
  'organization',
  'unit',
  'job',
  'street.work',
  'city.work',
  'region.work',
  'postcode.work',
  'country.work',
  'address.work',
  'street.home',
  'city.home',
  'region.home',
  'postcode.home',
  'country.home',
  'address.home',
  'birthday',
  'anniversary',
  'url',
  'note',
  'keywords',
  'uid',
  'email.label',
  'phone.label',
] as const
export type Field = (typeof fields)[number]
export type Mapping = (Field | '')[] // of each column

/** Headings without case, blanks and marks. What stands first in a line is what an export is headed with. */
const headings: Record<Exclude<Field, 'email.label' | 'phone.label'>, string> = {
  full: 'name,full name,display name,姓名,全名,顯示名稱,名稱,中文姓名,聯絡人,聯絡人姓名,file as,稱呼,名字',
  given: 'given name,first name,名,名字(名),名 (given)',
  surname: 'last name,family name,surname,姓,姓氏',
  middle: 'middle name,additional name,中間名',
  title: 'title,name prefix,稱謂,頭銜,尊稱',
  suffix: 'suffix,name suffix,後綴,尾稱,稱謂後置',
  nickname: 'nickname,暱稱,別名,英文名,英文姓名,代號',
  email:
    'e-mail address,email,e-mail,email address,mail,電子郵件地址,電子郵件,電子郵件 1,電子郵件信箱,電子信箱,信箱,郵件地址,email信箱,e-mail帳號,郵件,' +
    'primary email,secondary email,e-mail 2 address,e-mail 3 address,電子郵件 2 地址,電子郵件 3 地址,電子郵件 2,電子郵件 3,其他電子郵件,備用信箱',
  'email.work': 'work email,公司電子郵件,公司信箱',
  'email.home': 'home email,住家電子郵件,私人信箱,個人信箱',
  phone: 'phone,telephone,電話,聯絡電話,電話號碼,主要電話,primary phone,other phone,其他電話,分機',
  'phone.work':
    'business phone,work phone,business phone 2,company main phone,商務電話,公司電話,辦公室電話,公司電話 2,商務電話 2,公司代表線,office phone',
  'phone.home': 'home phone,home phone 2,住家電話,家裡電話,住宅電話,住家電話 2,家用電話',
  'phone.mobile': 'mobile phone,mobile number,mobile,cell phone,行動電話,手機,手機號碼,手機電話',
  'phone.fax': 'business fax,fax,fax number,home fax,商務傳真,傳真,傳真號碼,公司傳真,住家傳真,other fax',
  'phone.pager': 'pager,pager number,呼叫器,呼叫器號碼',
  organization:
    'company,organization,organization name,organization 1 name,公司,公司名稱,單位,服務單位,服務機關,機構,組織,學校,公司/單位',
  unit: 'department,organization department,部門,科室,系所,組別,處室',
  job: 'job title,organization title,organization 1 title,職稱,職務,工作職稱,職位',
  'street.work': 'business street,work address,商務 - 街,商務街道,公司街道,公司地址 - 街道',
  'city.work': 'business city,work city,商務 - 市/鎮,商務市/鎮,公司縣市,公司所在城市',
  'region.work': 'business state,work state,商務 - 縣/市,商務縣/市,公司省/市',
  'postcode.work': 'business postal code,work zipcode,商務 - 郵遞區號,商務郵遞區號,公司郵遞區號',
  'country.work': 'business country/region,business country,work country,商務 - 國家/地區,商務國家/地區,公司國家',
  'address.work': 'business address,公司地址,辦公地址,商務地址,單位地址',
  'street.home': 'home street,home address,住家 - 街,住家街道',
  'city.home': 'home city,住家 - 市/鎮,住家市/鎮,住家縣市',
  'region.home': 'home state,住家 - 縣/市,住家縣/市',
  'postcode.home': 'home postal code,home zipcode,住家 - 郵遞區號,住家郵遞區號,郵遞區號',
  'country.home': 'home country/region,home country,住家 - 國家/地區,住家國家/地區,國家',
  'address.home': 'address,地址,住址,住家地址,通訊地址,聯絡地址,address 1 - formatted',
  birthday: 'birthday,生日,出生日期,出生年月日',
  anniversary: 'anniversary,週年紀念日,紀念日,結婚紀念日',
  url: 'web page,website,url,web page 1,website 1 - value,網頁,網站,個人網頁,網址',
  note: 'notes,note,備註,附註,註記,說明,記事',
  keywords: 'categories,labels,group membership,類別,群組,分類,標籤,群組名稱',
  uid: 'uid',
}

const byHeading = new Map<string, Field>()
for (const [field, list] of Object.entries(headings) as [Field, string][]) {
  for (const heading of list.split(',')) if (!byHeading.has(bare(heading))) byHeading.set(bare(heading), field)
}

/** A heading as it is compared. */
function bare(heading: string): string {
  return foldText(heading).replace(/[\s\-_:()（）*.]+/g, '')
}

export type Source = 'outlook' | 'gmail' | 'mail2000' | 'other' | 'no heading'

export interface Meaning {
  mapping: Mapping
  hasHeading: boolean
  source: Source
}

/** What the columns are, by their headings, or by what is in them where there are none. */
export function meaningOf(rows: readonly (readonly string[])[]): Meaning {
  const heading = rows[0] ?? []
  const hasSurname = heading.some((cell) => fieldOf(cell) === 'surname')
  // 名字 is a whole name, but where the surname has a column of its own.
  const mapping = heading.map((cell): Field | '' => (hasSurname && bare(cell) === '名字' ? 'given' : fieldOf(cell)))
  const known = mapping.filter((field) => field !== '').length
  const hasAddress = heading.some((cell) => looksLikeAddress(cell))
  if (known > 0 && !hasAddress) return { mapping, hasHeading: true, source: sourceOf(heading) }
  return { mapping: guess(rows), hasHeading: false, source: 'no heading' }
}

function fieldOf(heading: string): Field | '' {
  // Gmail numbers its columns: "E-mail 1 - Value", "Phone 2 - Label", "Address 1 - Street", "Organization 1 - Name".
  const numbered = /^(e-?mail|phone|address|organization|website|電子郵件|電話|地址)\s*\d*\s*-\s*(.*)$/i.exec(
    heading.trim(),
  )
  if (numbered)
    return numberedField(foldText(numbered[1] ?? ''), foldText(numbered[2] ?? '')) ?? byHeading.get(bare(heading)) ?? ''
  return byHeading.get(bare(heading)) ?? ''
}

const ofNumbered: Record<string, Field> = {
  'email value': 'email',
  'email label': 'email.label',
  'email type': 'email.label',
  'phone value': 'phone',
  'phone label': 'phone.label',
  'phone type': 'phone.label',
  'organization name': 'organization',
  'organization title': 'job',
  'organization department': 'unit',
  'website value': 'url',
  'address formatted': 'address.home',
  'address street': 'street.home',
  'address city': 'city.home',
  'address region': 'region.home',
  'address postal code': 'postcode.home',
  'address country': 'country.home',
}
const inEnglish: Record<string, string> = {
  電子郵件: 'email',
  電話: 'phone',
  地址: 'address',
  值: 'value',
  標籤: 'label',
}

function numberedField(what: string, part: string): Field | undefined {
  const said = [what.replace('-', ''), part]
    .map((word) => (Object.hasOwn(inEnglish, word) ? inEnglish[word] : word))
    .join(' ')
  return Object.hasOwn(ofNumbered, said) ? ofNumbered[said] : undefined
}

function sourceOf(heading: readonly string[]): Source {
  const all = new Set(heading.map(bare))
  const has = (...names: string[]): boolean => names.some((name) => all.has(bare(name)))
  if (has('E-mail 1 - Value', 'Group Membership', 'E-mail 1 - Label', 'Given Name')) return 'gmail'
  if (has('E-mail Address', '電子郵件地址', 'Business Phone', '商務電話')) return 'outlook'
  return has('姓名') && has('單位', '電子郵件', '電話') ? 'mail2000' : 'other'
}

function looksLikeAddress(cell: string): boolean {
  return /^[^\s@]{1,64}@[^\s@]{1,255}$/.test(cell.trim())
}

const rowsToGuess = 50

/** Without headings: most of a column tells. The first column of words is the name. */
function guess(rows: readonly (readonly string[])[]): Mapping {
  const some = rows.slice(0, rowsToGuess)
  const width = Math.max(0, ...some.map((row) => row.length))
  let hasName = false
  return Array.from({ length: width }, (_, column): Field | '' => {
    const cells = some.map((row) => (row[column] ?? '').trim()).filter((cell) => cell !== '')
    const mostly = (test: (cell: string) => boolean): boolean =>
      cells.length > 0 && cells.filter(test).length * 2 > cells.length
    if (mostly(looksLikeAddress)) return 'email'
    if (mostly((cell) => /^(?:\+?886-?|0)9[\d-]{8,11}$/.test(cell))) return 'phone.mobile'
    if (mostly((cell) => /^[+(]?\d[\d\s()#-]{5,}$/.test(cell))) return 'phone'
    if (hasName || !mostly((cell) => /\p{L}/u.test(cell) && cell.length <= 100)) return ''
    hasName = true
    return 'full'
  })
}
