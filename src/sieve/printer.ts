// The tree becomes text again.
//
// Promises: parseScript(printScript(tree)) is the tree, but for the places; comments stay before the command they belong
// to; lines end in CRLF. A tree made by a page prints as what it says: no string, no comment can become a command.

import type { Argument, Block, CommandNode, Comment, StringArgument, TestNode } from './syntax.ts'

export function printScript(script: Block): string {
  return block(script, '')
}

/** A quoted string as Sieve writes it. RFC 5228 §2.4.2. */
export function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

function block({ commands, comments }: Block, indent: string): string {
  return commands.map((node) => command(node, indent)).join('') + comments.map((each) => comment(each, indent)).join('')
}

/** A comment cannot end early and let its rest be read as commands. */
function comment({ bracketed, text }: Comment, indent: string): string {
  if (bracketed) return `${indent}/*${text.replaceAll('*/', '* /')}*/\r\n`
  return `${indent}#${text.replace(/[\r\n]+/g, ' ')}\r\n`
}

function command(node: CommandNode, indent: string): string {
  const head = node.comments.map((each) => comment(each, indent)).join('') + indent + words(node)
  if (!node.block) return `${head};\r\n`
  return `${head} {\r\n${block(node.block, `${indent}  `)}${indent}}\r\n`
}

function words({ name, args, tests, listed }: TestNode): string {
  const all = [name, ...args.map(argument)]
  if (listed) all.push(`(${tests.map(words).join(', ')})`)
  else if (tests[0]) all.push(words(tests[0]))
  return all.join(' ')
}

function argument(arg: Argument): string {
  switch (arg.kind) {
    case 'tag':
      return `:${arg.name}`
    case 'number':
      return arg.text
    case 'string':
      return string(arg)
    case 'list':
      return `[${arg.items.map(string).join(', ')}]`
  }
}

function string({ value, multiline }: StringArgument): string {
  // The last line of text: has an end of its own; a value without one has to be quoted.
  if (!multiline || !/(^|\r\n)$/.test(value)) return quoted(value)
  return `text:\r\n${value.replace(/^\./gm, '..')}.\r\n`
}
