import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { Action, Outcome } from './actions.ts'
import { compileScript } from './checker.ts'
import { sieveLimits } from './limits.ts'
import { playedMail } from './played.ts'
import { runScript } from './run.ts'
import type { SieveWorld } from './world.ts'
import { extensions } from './vocabulary.ts'

const mail = `Received: from a by b; Wed, 12 Nov 2014 18:18:31 +0100
Received: from c by a; Wed, 12 Nov 2014 18:18:29 +0100
From: Ada Lovelace <ada+lists@math.example>
To: bob@house.example, eve@house.example
Subject: The big report
Date: Mon, 20 Jul 2009 21:44:43 +0300
Message-ID: <1@math.example>
X-Number: 42
X-Empty:

Hello Bob,
the report is here.
`
const nested = `From: ada@math.example
Subject: parts
Content-Type: multipart/mixed; boundary=o

before
--o
Content-Type: text/plain

plain words
--o
Content-Type: image/png; name="a.png"
Content-Disposition: attachment; filename="a.png"

octets
--o--
after
`
const everything = `require [${[...extensions].map((each) => `"${each}"`).join(',')}];\n`

const house: SieveWorld = {
  now: Date.UTC(2026, 0, 31, 16, 0, 0),
  zone: () => 480,
  environment: (name) => ({ name: 'Postern', domain: 'house.example' })[name],
  mailboxExists: async (name) => name === 'here' || name === 'INBOX',
  specialUseExists: (use, mailbox) => use === '\\Junk' && (mailbox === undefined || mailbox === 'junk'),
  annotation: (mailbox, name) => (mailbox === 'here' && name === '/private/comment' ? 'mine' : undefined),
  listExists: (list) => list === 'friends',
  inList: async (list, value) => list === 'friends' && value.toLowerCase() === 'ada+lists@math.example',
  listAddresses: (list) => (list === 'friends' ? ['x@f.example', 'y@f.example'] : []),
  spam: () => 40,
  virus: async () => 1,
}

async function run(script: string, world = house, text = mail): Promise<Outcome> {
  const seen = playedMail(text, { from: 'ada+lists@math.example', to: 'bob@house.example' })
  return runScript(compileScript(everything + script), seen, world)
}

/** An action as a line: its word, what it is about, and what it has beside. */
function line(action: Action): string {
  const flags = 'flags' in action && action.flags ? ` [${action.flags.join(' ')}]` : ''
  switch (action.do) {
    case 'keep':
      return `${action.implicit ? 'implicit ' : ''}keep${flags}`
    case 'fileinto':
      return `fileinto ${action.mailbox}${action.copy ? ' copy' : ''}${action.create ? ' create' : ''}${flags}`
    case 'redirect':
      return `redirect ${action.address}${action.copy ? ' copy' : ''}`
    case 'reject':
    case 'ereject':
      return `${action.do} ${action.reason}`
    case 'vacation':
      return `vacation ${action.reason}`
    case 'notify':
      return `notify ${action.to.join(',')}`
    case 'discard':
      return 'discard'
  }
}

async function lines(script: string, world = house, text = mail): Promise<string[]> {
  const { actions, problem } = await run(script, world, text)
  return [...actions.map(line), ...(problem ? [`! ${problem.code}`] : [])]
}

const runs: [what: string, script: string, actions: string[]][] = [
  ['nothing keeps', '', ['implicit keep']],
  ['keep is no longer implicit', 'keep;', ['keep']],
  ['discard', 'discard;', ['discard']],
  ['discard and keep', 'discard; keep;', ['discard', 'keep']],
  ['fileinto cancels the implicit keep', 'fileinto "a";', ['fileinto a']],
  ['fileinto :copy does not', 'fileinto :copy "a";', ['fileinto a copy', 'implicit keep']],
  [
    'one mail in one mailbox, later flags win',
    'fileinto "a"; fileinto :flags "\\\\Seen" "a";',
    ['fileinto a [\\Seen]'],
  ],
  ['the inbox is where keep puts it', 'keep; fileinto :flags "x" "inbox";', ['keep [x]']],
  ['fileinto :copy INBOX is enough', 'fileinto :copy "INBOX";', ['fileinto INBOX copy']],
  ['one redirect for an address', 'redirect "a@b.example"; redirect "A <A@b.example>";', ['redirect A@b.example']],
  ['stop ends', 'stop; discard;', ['implicit keep']],
  ['elsif', 'if false {} elsif true {discard;} else {keep;}', ['discard']],
  ['else', 'if false {} elsif false {} else {discard;}', ['discard']],
  ['reject', 'reject "no";', ['reject no']],
  ['reject and keep exclude each other', 'keep; reject "no";', ['implicit keep', '! actions-conflict']],
  ['reject twice', 'reject "no"; reject "no";', ['implicit keep', '! twice']],
  ['vacation with ereject', 'vacation "x"; ereject "no";', ['implicit keep', '! actions-conflict']],
  ['vacation keeps', 'vacation "away";', ['vacation away', 'implicit keep']],
  [
    'too many redirects',
    'redirect "a@x.example";redirect "b@x.example";redirect "c@x.example";redirect "d@x.example";redirect "e@x.example";',
    ['implicit keep', '! too-many-redirects'],
  ],
  ['redirect to a list', 'redirect :list "friends";', ['redirect x@f.example', 'redirect y@f.example']],
  ['redirect to a list of nobody keeps', 'redirect :list "foes";', ['implicit keep']],
  ['an address made of variables', 'set "a" "x@y.example"; redirect "${a}";', ['redirect x@y.example']],
  ['a bad one ends the run', 'discard; set "a" "x"; redirect "${a}";', ['implicit keep', '! bad-address']],
  ['a mailbox made of variables', 'set "a" ""; fileinto "${a}";', ['implicit keep', '! bad-mailbox']],
  ['error', 'fileinto "a"; error "so it is";', ['implicit keep', '! script-error']],
  ['notify', 'notify :message "m" "mailto:a@b.example";', ['notify a@b.example', 'implicit keep']],
  ['flags of the run', 'addflag ["A b", "a"]; keep;', ['keep [A b]']],
  ['flags of an implicit keep', 'setflag "x"; removeflag "X"; addflag "y";', ['implicit keep [y]']],
  ['flags that are none', 'setflag ["\\\\Recent", "a(b", "\\\\seen", ""];', ['implicit keep [\\seen]']],
]
for (const [what, script, actions] of runs) test(what, async () => deepEqual(await lines(script), actions))

const holds: [test: string, holds: boolean][] = [
  ['header :is "subject" "the BIG report"', true],
  ['header :comparator "i;octet" "subject" "the big report"', false],
  ['header :contains ["to","subject"] ["nobody","report"]', true],
  ['header :contains "x-empty" ""', true],
  ['header :contains "x-none" ""', false],
  ['header :value "gt" :comparator "i;ascii-numeric" "x-number" "9"', true],
  ['header :count "eq" "received" "2"', true],
  ['header :regex "subject" "^the (big|small)"', true],
  ['header :index 1 :last :contains "received" "from c"', true],
  ['exists ["from","to"]', true],
  ['exists ["from","x-none"]', false],
  ['size :over 100', true],
  ['size :under 100', false],
  ['not true', false],
  ['allof(true, false)', false],
  ['anyof(false, true)', true],
  ['address :localpart "from" "ada+lists"', true],
  ['address :user "from" "ada"', true],
  ['address :detail "from" "lists"', true],
  ['address :detail :contains "to" ""', false],
  ['address :domain "to" "house.example"', true],
  ['address :list "from" "friends"', true],
  ['address :list "to" "friends"', false],
  ['envelope "from" "ada+lists@math.example"', true],
  ['envelope :user "to" "bob"', true],
  ['envelope "auth" "bob"', false],
  ['string "a" "A"', true],
  ['string :matches "x.y" "*.*"', true],
  ['body :contains "report is"', true],
  ['body :raw :contains "hello bob"', true],
  ['date :originalzone "date" "hour" "21"', true],
  ['date :zone "+0000" "date" "hour" "18"', true],
  ['date "date" "hour" "02"', true], // the person's zone
  ['date :index 2 "received" "second" "29"', true],
  ['currentdate "date" "2026-02-01"', true],
  ['currentdate :zone "+0000" "date" "2026-01-31"', true],
  ['currentdate :value "ge" "year" "2026"', true],
  ['environment "name" "postern"', true],
  ['environment :contains "none" ""', false],
  ['mailboxexists "here"', true],
  ['mailboxexists ["here","there"]', false],
  ['mailboxexists "${hex:ff}"', false],
  ['mailboxidexists "x"', false], // not answered: no
  ['specialuse_exists "\\\\Junk"', true],
  ['specialuse_exists "here" "\\\\Junk"', false],
  ['metadata "here" "/private/comment" "mine"', true],
  ['metadataexists "here" ["/private/comment","/private/x"]', false],
  ['servermetadataexists "/private/comment"', false],
  ['valid_ext_list "friends"', true],
  ['valid_notify_method "mailto:a@b.example"', true],
  ['valid_notify_method ["mailto:a@b.example","tel:1"]', false],
  ['notify_method_capability "mailto:a@b.example" "online" "maybe"', true],
  ['spamtest :value "eq" :comparator "i;ascii-numeric" "4"', true],
  ['spamtest :percent "40"', true],
  ['virustest "1"', true],
  ['ihave ["fileinto","copy"]', true],
  ['ihave "frop"', false],
  ['duplicate', false],
]
for (const [condition, held] of holds) {
  test(`${held ? 'holds' : 'does not hold'}: ${condition}`, async () => {
    const [first] = await lines(`if ${condition} { fileinto "yes"; } else { fileinto "no"; }`)
    equal(first, held ? 'fileinto yes' : 'fileinto no')
  })
}

const values: [what: string, script: string, value: string][] = [
  [
    '${0} and its followers',
    'if header :matches "subject" "the * *" { set "x" "${0}|${1}|${2}|${3}"; }',
    'The big report|big|report|',
  ],
  [
    'a failed match changes nothing',
    'if string :matches "ab" "a*" {} if string :matches "x" "y*" {} set "x" "${1}";',
    'b',
  ],
  ['body leaves them alone', 'if string :matches "ab" "a*" {} if body :matches "*" {} set "x" "${1}";', 'b'],
  [
    'groups of a regular expression',
    'if header :regex "from" "<([^@]+)@(.*)>" { set "x" "${2} ${1}"; }',
    'math.example ada+lists',
  ],
  ['the item found in a list', 'if address :list "from" "friends" { set "x" "${0}"; }', 'ada+lists@math.example'],
  ['once replaced is replaced', 'set "d" "$"; set "x" "${d}{d}";', '${d}'],
  ['modifiers by precedence', 'set :upperfirst :lower "x" "ABC";', 'Abc'],
  [':length after :quotewildcard', 'set :length :quotewildcard "x" "a*b";', '4'],
  [':length counts characters', 'set :length "x" "郵驛😀";', '3'],
  [':encodeurl', 'set :encodeurl "x" "a b/驛~";', 'a%20b%2F%E9%A9%9B~'],
  [':quoteregex', 'set :quoteregex "x" "a.b";', 'a\\.b'],
  ['flags in a variable', 'addflag "x" "a B"; removeflag "x" "b"; addflag "x" "c";', 'a c'],
  ['encoded characters', 'set "x" "${hex:e9 83 b5}${unicode:9a5b}";', '郵驛'],
]
for (const [what, script, value] of values) {
  test(what, async () => deepEqual(await lines(`${script} fileinto "_\${x}";`), [`fileinto _${value}`]))
}

const inner: [what: string, script: string, actions: string[]][] = [
  ['foreverypart goes through all', 'set "n" ""; foreverypart { set "n" "${n}x"; } fileinto "${n}";', ['fileinto xxx']],
  ['break', 'set "n" ""; foreverypart { set "n" "${n}x"; break; } fileinto "${n}";', ['fileinto x']],
  [
    'break by name',
    'set "n" ""; foreverypart :name "o" { foreverypart { set "n" "${n}x"; break :name "o"; } } fileinto "${n}";',
    ['fileinto x'],
  ],
  [
    'a loop in a loop sees what is inside',
    'set "n" ""; foreverypart { foreverypart { set "n" "${n}x"; } } fileinto "${n}";',
    ['fileinto xx'],
  ],
  [
    ':param',
    'foreverypart { if header :mime :param "filename" "content-disposition" "a.png" { fileinto "png"; } }',
    ['fileinto png'],
  ],
  [
    ':subtype of any part',
    'if header :mime :anychild :subtype "content-type" "png" { fileinto "png"; }',
    ['fileinto png'],
  ],
  [
    'without :mime only the outermost',
    'if header :contains "content-disposition" "a" { fileinto "png"; }',
    ['implicit keep'],
  ],
  [
    'extracttext',
    'foreverypart { if header :mime :contenttype "content-type" "text/plain" { extracttext :first 5 "t"; } } fileinto "${t}";',
    ['fileinto plain'],
  ],
  ['body of all texts', 'if body :content "text" :contains "plain words" { discard; }', ['discard']],
]
for (const [what, script, actions] of inner)
  test(what, async () => deepEqual(await lines(script, house, nested), actions))

test('headers are edited for what comes after', async () => {
  const { actions } = await run(`
    fileinto "before";
    addheader "X-New" "one"; addheader :last "X-New" "two"; deleteheader :index 1 "received";
    deleteheader "x-number" "41"; deleteheader :matches "subject" "*big*"; deleteheader "received";
    if allof(header :count "eq" "x-new" "2", not exists "subject", exists "x-number", exists "received", size :over 300) { fileinto "after"; }`)
  deepEqual(actions, [
    { do: 'fileinto', mailbox: 'before', create: false, copy: false },
    {
      do: 'fileinto',
      mailbox: 'after',
      create: false,
      copy: false,
      header: [{ name: 'X-New', value: 'one' }, 0, 1, 2, 3, 5, 6, 7, 8, { name: 'X-New', value: 'two' }],
    },
  ])
})

test('vacation says all it was told', async () => {
  const { actions } = await run(
    'vacation :days 3 :subject "Away" :from "Bob <bob@house.example>" :addresses "b@house.example" :mime :fcc "Sent" :create "Content-Type: text/plain";',
  )
  deepEqual(actions[0], {
    do: 'vacation',
    reason: 'Content-Type: text/plain',
    mime: true,
    subject: 'Away',
    from: 'Bob <bob@house.example>',
    addresses: ['b@house.example'],
    seconds: 3 * 86_400,
    handle: (actions[0] as { handle: string }).handle,
    fcc: { mailbox: 'Sent', create: true },
  })
})

test('a reply that says the same is remembered as the same, another is not', async () => {
  const handle = async (script: string): Promise<unknown> =>
    ((await run(script)).actions[0] as { handle: string }).handle
  equal(await handle('vacation "a";'), await handle('vacation :days 9 "a";'))
  ok((await handle('vacation "a";')) !== (await handle('vacation "b";')))
  equal(await handle('vacation :handle "h" "a";'), await handle('vacation :handle "h" "b";'))
})

test('periods of vacation stay within the limits', async () => {
  const seconds = async (script: string): Promise<unknown> =>
    ((await run(script)).actions[0] as { seconds: number }).seconds
  equal(await seconds('vacation "a";'), 7 * 86_400)
  equal(await seconds('vacation :days 0 "a";'), 86_400)
  equal(await seconds('vacation :seconds 1 "a";'), sieveLimits.vacationMinimum)
  equal(await seconds('vacation :days 99999 "a";'), sieveLimits.vacationMaximum)
})

test('duplicates are known by the house and remembered after delivery', async () => {
  const first = await run('if duplicate { discard; }')
  equal(first.remember.length, 1)
  const { key } = first.remember[0]!
  const again: SieveWorld = { ...house, isRemembered: async (asked) => asked === key }
  const second = await run('if duplicate { discard; }', again)
  deepEqual([second.actions.map(line), second.remember], [['discard'], []])
  equal((await run('if duplicate :last { discard; }', again)).remember.length, 1)
  deepEqual((await run('if duplicate :handle "other" { discard; }', again)).actions.map(line), ['implicit keep'])
  deepEqual((await run('if duplicate :header "x-none" { discard; }', again)).remember, [])
})

const library: Record<string, string> = {
  plain: 'require "fileinto"; fileinto "plain";',
  ends: 'stop;',
  returns: 'require ["include","fileinto"]; return; fileinto "no";',
  sets: 'require ["include","variables"]; global "g"; set "g" "${g}+"; set "local" "x";',
  itself: 'require "include"; include "itself";',
  broken: 'require "frop";',
  wrong: 'require ["variables"];\nredirect "${x}";',
}
const withLibrary: SieveWorld = {
  ...house,
  script: async (location, name) =>
    location === 'personal' && library[name] !== undefined ? compileScript(library[name]) : undefined,
}
const included: [what: string, script: string, actions: string[]][] = [
  ['a script in a script', 'include "plain";', ['fileinto plain']],
  ['stop ends all', 'include "ends"; discard;', ['implicit keep']],
  ['return ends the inner one', 'include "returns"; fileinto "outer";', ['fileinto outer']],
  [
    'global variables are shared, others are not',
    'global "g"; set "local" "y"; include "sets"; include "sets"; fileinto "${g}${local}";',
    ['fileinto ++y'],
  ],
  [':once', 'global "g"; include :once "sets"; include :once "sets"; fileinto "${global.g}";', ['fileinto +']],
  ['missing', 'include "none";', ['implicit keep', '! no-such-script']],
  ['missing, optional', 'include :optional "none";', ['implicit keep']],
  ['elsewhere', 'include :global "plain";', ['implicit keep', '! no-such-script']],
  ['in itself', 'include "itself";', ['implicit keep', '! includes-itself']],
  ['broken', 'include "broken";', ['implicit keep', '! included-broken']],
]
for (const [what, script, actions] of included) {
  test(`include: ${what}`, async () => deepEqual(await lines(script, withLibrary), actions))
}

test('a problem in an included script names it', async () => {
  const { problem } = await run('include "wrong";', withLibrary)
  deepEqual([problem?.code, problem?.script, problem?.line, problem?.column], ['bad-address', 'wrong', 2, 1])
})

test('parts are replaced and enclosed for what comes after', async () => {
  const { actions } = await run(
    'foreverypart { if header :mime :type "content-type" "image" { replace "gone"; } } enclose :subject "s" "see below";',
    house,
    nested,
  )
  deepEqual(actions[0], {
    do: 'keep',
    implicit: true,
    body: {
      replaced: [{ part: [1], content: 'gone', mime: false }],
      enclosed: [{ content: 'see below', subject: 's', headers: [] }],
    },
  })
})

const dear: [what: string, script: string][] = [
  ['variables that double', `set "a" "xxxxxxxxxx"; ${'set "a" "${a}${a}";'.repeat(100)}`],
  [
    'many wild cards',
    `set "a" "${'a'.repeat(4000)}"; ${'if string :matches "${a}" "*a?*a?*a?*a?*a?*b" {}'.repeat(50)}`,
  ],
  [
    'dear regular expressions',
    `set "a" "${'a'.repeat(4000)}"; ${'if string :regex "${a}" "((a?){40}){9}b" {}'.repeat(50)}`,
  ],
  [
    'loops in loops',
    'foreverypart { foreverypart { foreverypart { foreverypart { if body :matches "*?*?*?*?x" {} } } } }',
  ],
]
for (const [what, script] of dear) {
  test(`bounded: ${what}`, async () => {
    const { steps, problem } = await run(script, house, nested)
    ok(steps <= sieveLimits.steps + 100_000, `${steps}`)
    ok(problem === undefined || problem.code === 'too-many-steps', `${problem?.code}`)
  })
}

test('a run that costs too much keeps the mail', async () => {
  deepEqual(
    await lines(`discard; set "a" "${'a'.repeat(4000)}"; ${'if string :regex "${a}" "((a?){40}){9}b" {}'.repeat(50)}`),
    ['implicit keep', '! too-many-steps'],
  )
})

test('a variable that makes no regular expression is a warning', async () => {
  const { actions, warnings } = await run('set "a" "("; if string :regex "x" "${a}" { discard; }')
  deepEqual([actions.map(line), warnings.map(({ code }) => code)], [['implicit keep'], ['bad-regex']])
})

test('what a port throws goes through: the house tries later', async () => {
  const broken: SieveWorld = {
    ...house,
    mailboxExists: () => Promise.reject(new Error('database is away')),
  }
  await rejects(run('if mailboxexists "a" {}', broken), /database is away/)
})
