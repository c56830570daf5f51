// The tree becomes text again.
//
// Promise: parseScript(printScript(tree)) is the tree, but for the places. Comments stay before the command
// they belong to; lines end in CRLF.

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

function comment({ bracketed, text }: Comment, indent: string): string {
  return bracketed ? `${indent}/*${text}*/\r\n` : `${indent}#${text}\r\n`
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
  if (!multiline) return quoted(value)
  // text: ends with a line end of its own.
  return `text:\r\n${value.replace(/^\./gm, '..')}.\r\n`
}
