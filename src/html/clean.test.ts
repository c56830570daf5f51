// What letters look like when they are harmless: most of each stays.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { cleanHtml, type CleanPolicy } from './clean.ts'
import { cssTokens, writeCss } from './csstokens.ts'
import { checkStable, policy } from './html.fuzz.ts'
import { htmlLimits } from './limits.ts'
import { namesAnother, readLink } from './links.ts'
import { htmlPage } from './page.ts'

const clean = (html: string, more: Partial<CleanPolicy> = {}) => cleanHtml(html, { ...policy(false), ...more })
const body = (html: string, more: Partial<CleanPolicy> = {}): string => clean(html, more).body
const style = (text: string): string => /style="([^"]*)"/.exec(body(`<p style="${text}">x`))?.[1] ?? ''

const letters: [string, string, string][] = [
  ['text and marks', '<p>您好 <b>王</b><br>&amp; &lt;x&gt;&nbsp;</p>', '<p>您好 <b>王</b><br>&amp; &lt;x&gt;&nbsp;</p>'],
  ['unknown elements go, their text stays', '<o:p>a</o:p><custom-x>b</custom-x><form>c</form>', 'abc'],
  ['a table of old', '<table width=600 border=0 bgcolor=#eee cellpadding=5><tr><td colspan=2 nowrap align=center>x</table>', '<table width="600" border="0" bgcolor="#eee" cellpadding="5"><tbody><tr><td colspan="2" nowrap="" align="center">x</td></tr></tbody></table>'],
  ['fonts of old', '<font face="標楷體" color=red size=+1>x</font><center>y</center>', '<font face="標楷體" color="red" size="+1">x</font><center>y</center>'],
  ['a table for Outlook only', 'a<!--[if mso]><table><tr><td>x</td></tr></table><![endif]-->b', 'ab'],
  ['what other than Outlook see', '<!--[if !mso]><!--><b>x</b><!--<![endif]-->', '<b>x</b>'],
  ['ids and names of theirs', '<a name=top></a><a href=#top>up</a><p id=x class="big postern-note">y', '<a name="m-top"></a><a href="#m-top">up</a><p class="big" id="m-x">y</p>'],
  ['a link', '<a href=" HTTPS://Uni.Example/a b?x=1&amp;y=2 ">here</a>', '<a href="https://uni.example/a%20b?x=1&amp;y=2" target="_blank" rel="noopener noreferrer nofollow" title="uni.example">here</a>'],
  ['a link to write to', '<a href="mailto:a@b.example?subject=x">w</a>', '<a href="mailto:a@b.example?subject=x" target="_blank" rel="noopener noreferrer nofollow">w</a>'],
  ['a link to nowhere', '<a href="/relative">x</a><a href="javascript:x">y</a>', '<a>x</a><a>y</a>'],
  ['name and password go', '<a href="https://a:b@c.example/">x</a>', '<a href="https://c.example/" target="_blank" rel="noopener noreferrer nofollow" title="c.example">x</a>'],
  ['a picture of the mail', '<img src="cid:x" alt="校徽" width=100 onerror=x srcset="a 2x">', '<img alt="校徽" width="100" src="/api/part">'],
  ['a picture in the text', '<img src="data:image/gif;base64,R0lG ODlh">', '<img src="data:image/gif;base64,R0lGODlh">'],
  ['a picture that is not there', 'a<img src="cid:none"><img src="cid:none" alt="圖">b', 'a<span class="postern-picture">圖</span>b'],
  ['a picture on the web', '<img class=hero src="https://a.example/b.png" alt="海報" width=300 height="100">', '<span class="postern-picture hero" style="width:300px;height:100px" title="a.example">海報</span>'],
  ['a pixel that reports', 'a<img src="https://t.example/o?id=1" width="1" height=1 alt="">b', 'ab'],
  ['a pixel by its style', 'a<img src="//t.example/o" style="width:1px; height:0px">b', 'ab'],
  ['an empty line in pre', '<pre>\n\nx</pre>', '<pre>\n\nx</pre>'],
  ['right to left', '<p dir=rtl>א\u202ebc</p>', '<p dir="rtl">אbc</p>'],
] // prettier-ignore

for (const [what, given, wanted] of letters) {
  test(what, () => {
    equal(body(given), wanted)
    checkStable(clean(given))
  })
}

const styles: [string, string][] = [
  ['color:red;Font-Size:14PX', 'color:red;font-size:14px'],
  ['background:#fff url(http://x/y) no-repeat', 'background:#fff  none  no-repeat'],
  ["font-family:'微軟正黑體', 標楷體, Arial", 'font-family:&quot;微軟正黑體&quot;, 標楷體, Arial'],
  ['width:calc(100% - 2 * (3px + 1em))', 'width:calc(100% - 2 * (3px + 1em))'],
  ['color:rgba(0,0,0,.5) !important', 'color:rgba(0,0,0,.5)!important'],
  ['margin:0 auto;margin-left:-5px', 'margin:0 auto'],
  ['height:100vh;height:50px', 'height:50px'],
  ['position:fixed;top:0', ''],
  ['mso-line-height-rule:exactly;line-height:1.5', 'line-height:1.5'],
  [
    'background-image:linear-gradient(to right, #fff 0%, red)',
    'background-image:linear-gradient(to right, #fff 0%, red)',
  ],
  ['color:red;;;:;color', 'color:red'],
  ['color:var(--x);content:attr(title)', ''],
  ['width:expression(alert(1));padding:1px', 'padding:1px'],
  ['color:re\\64', 'color:red'],
  ['{color:red}', ''],
]

for (const [given, wanted] of styles) {
  test(`style ${given}`, () => equal(style(given), wanted))
}

const sheets: [string, string][] = [
  ['p{color:red}', 'p{color:red}'],
  ['.a > #b, td.c:first-child{padding:1px}', '.a > #m-b,td.c:first-child{padding:1px}'],
  [
    '@media only screen and (max-width: 600px){.w{width:100%!important}}',
    '@media only screen and (max-width: 600px){.w{width:100%!important}}',
  ],
  ['@media (prefers-color-scheme: dark){p{color:white}}', '@media (max-width:0px){p{color:white}}'],
  ['@import "x";@font-face{src:url(x)}p{color:red}', 'p{color:red}'],
  ['a[href^="x"]{color:red}*[class~="big"]{color:red}', '*[class~="big"]{color:red}'],
  ['<!-- p{color:red} -->', 'p{color:red}'],
  ['p{color:red', 'p{color:red}'],
  ['p{color:re/**/d}q{color/**/:red}', 'p{color:re d}\nq{color:red}'],
  ['p::before{content:"x"}a:visited{color:red}.postern-host{display:none}', ''],
  ['li:nth-child(2n+1){color:red}li:nth-child(expression(1)){color:red}', 'li:nth-child(2n+1){color:red}'],
]

for (const [given, wanted] of sheets) {
  test(`sheet ${given}`, () => equal(clean(`<style>${given}</style>`).sheet, wanted))
}

test('a link whose text names another house says so', () => {
  const cases: [string, string, boolean][] = [
    ['https://www.uni.example.com/login', 'https://evil.example.net/', true],
    ['www.nthu.edu.tw', 'https://nthu.edu.tw.evil.com/', true],
    ['nthu.edu.tw', 'https://my.nthu.edu.tw/a', false],
    ['mail.nthu.edu.tw/x', 'https://www.nthu.edu.tw/', false],
    ['請按 https://nthu.edu.tw/a 登入', 'https://evil.com/', true],
    ['ｎｔｈｕ．ｅｄｕ．ｔｗ', 'https://evil.com/', true],
    ['nthu\u200b.edu.tw', 'https://evil.com/', true],
    ['http://intranet/login', 'https://evil.com/', true],
    ['https://www.uni.example/course', 'https://evil.example/', true],
    ['報名.pdf', 'https://files.com/', false],
    ['readme.txt', 'https://files.com/', false],
    ['按此登入', 'https://evil.com/', false],
    ['nthu.edu.tw', 'mailto:a@b.com', false],
  ]
  for (const [text, href, wanted] of cases) equal(namesAnother(text, readLink(href, 1000)!), wanted, `${text} ${href}`)
  const { body: shown, misleading } = clean('<a href="https://evil.com/">www.nthu.edu.tw</a>')
  equal(misleading, 1)
  match(shown, /<\/a><span class="postern-host" style="all:initial!important;[^"]*"> \(leads to evil\.com\)<\/span>/)
})

test('pictures on the web are counted, and shown with consent where they may be', () => {
  const html =
    '<style>td{background:url(https://a.example/2.png)}@media (max-width:9px){td{background:url(https://a.example/3.png)}}</style>' +
    '<table background="https://a.example/0.png"><td style="background-image:url(&quot;//a.example/1.png&quot;)"><img src="https://a.example/b.png"><img src="https://a.example/p.gif" width=1 height=1></table>'
  equal(clean(html).remote, 3)
  ok(!JSON.stringify(clean(html)).includes('a.example/'))
  const shown = clean(html, policy(true))
  equal(shown.remote, 3)
  match(shown.sheet, /^td\{background:url\("\/api\/proxy\?url=https%3A%2F%2Fa\.example%2F2\.png"\)\}/)
  ok(!shown.sheet.includes('3.png'), 'what a screen is like is told to nobody')
  match(shown.body, /<img src="\/api\/proxy\?url=https%3A%2F%2Fa\.example%2Fb\.png">/)
})

test('dark only where the letter says it can be', () => {
  const cases: [string, boolean][] = [
    ['<p>x', false],
    ['<meta name="color-scheme" content="light dark"><p>x', true],
    ['<meta name="supported-color-schemes" content="light dark">', true],
    ['<meta name="color-scheme" content="light only">', false],
    ['<style>:root{color-scheme: light dark}</style>', true],
    ['<style>@media (prefers-color-scheme: dark){p{color:red}}</style>', false],
  ]
  for (const [html, wanted] of cases) {
    equal(clean(html, { wantsDark: true }).dark, wanted, html)
    equal(clean(html).dark, false, html)
  }
  const dark = clean(`${cases[1]![0]}<style>@media (prefers-color-scheme:dark){p{color:white}}</style>`, {
    wantsDark: true,
  })
  match(
    htmlPage([dark], { language: 'zh-Hant', cut: '' }),
    /color-scheme:dark.*@media \(min-width:0px\)\{p\{color:white\}\}/s,
  )
})

test('the colours of the body count before its sheets', () => {
  const { attributes, sheet } = clean(
    '<style>body{color:blue}</style><body bgcolor="eeeeee" text=#333 background=x link=red>x',
  )
  equal(attributes, ' link="red"')
  equal(sheet, 'body{background-color:#eeeeee}\nbody{color:#333}\nbody{color:blue}')
})

test('limits cut, and say so', () => {
  const limits = { ...htmlLimits, nodes: 50, depth: 10 }
  const many = clean('<p>x</p>'.repeat(100), { limits })
  ok(many.cut && many.body.length < 500)
  equal(clean('<p>x</p>', { limits }).cut, false)
  const deep = body(`${'<div>'.repeat(100)}x${'</div>'.repeat(100)}`, { limits })
  ok((deep.match(/<div>/g)?.length ?? 0) <= 10 && deep.includes('x'), deep)
  ok(clean('x'.repeat(300_000)).cut)
  match(htmlPage([many], { language: 'en', cut: 'only a part' }), /<p class="postern-note">only a part<\/p>/)
})

test('tokens of CSS are written as they are read', () => {
  const texts = [
    'a b',
    '"a\\"b"',
    "'x\\3c y'",
    '10px',
    '1e3',
    '-.5em',
    '50%',
    '#fff',
    'rgb(',
    '微軟',
    '--x',
    '+3',
    'a/**/b',
  ]
  for (const text of texts) {
    const tokens = cssTokens(text)
    const written = tokens.map((token) => writeCss(token) ?? '?').join('')
    deepEqual(
      cssTokens(written).map((token) => ({ ...token })),
      tokens.map((token) => ({ ...token })),
      text,
    )
    ok(!/[<\\]/.test(written.replace(/"[^"]*"/g, '')), written)
  }
})

test('a height is no more than a guess, but a guess', () => {
  const paragraph = `<p>${'這是一段文字。'.repeat(40)}</p>`
  const one = clean(paragraph).height
  const ten = clean(paragraph.repeat(10)).height
  ok(ten > one * 6 && ten < one * 12, `${one} ${ten}`)
  ok(clean(paragraph.repeat(10), { width: 320 }).height > ten * 1.5)
  ok(clean('<img src="cid:x" width=600 height=400>').height > 400)
  const beside = `<table><tr>${`<td>${paragraph}</td>`.repeat(2)}</tr></table>`
  ok(clean(beside).height < clean(paragraph.repeat(6)).height)
})
