// How high a letter is about to be: its frame has an origin of its own, so the page around it cannot look.
//
// An estimate: lines of text by their width, pictures and cells as they say, what stands beside each other as high
// as the highest. The frame scrolls where it was too low.

import type { Element, Text } from './tree.ts'

const line = 24
const letter = 8 // of Latin; Chinese ones are twice as wide
const inlineNames = new Set(
  'a abbr acronym b bdi big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var'.split(' '), // prettier-ignore
)

interface Box {
  element: Element
  next: number
  width: number
  height: number // of the blocks above
  run: number // width of the text since the last block
  row: number // highest of the cells beside each other
}

/** CSS pixels. */
export function heightOf(body: Element, width: number): number {
  const root = openBox(body, Math.max(200, width - 40))
  const stack: Box[] = [root]
  for (;;) {
    const box = stack[stack.length - 1] as Box
    const node = box.element.childNodes[box.next++]
    if (!node) {
      endLine(box)
      if (stack.length === 1) return Math.min(20_000, Math.ceil(box.height * 1.15) + 48)
      stack.pop()
      close(box, stack[stack.length - 1] as Box)
    } else if (node.nodeName === '#text') box.run += widthOf((node as Text).value)
    else if (node.nodeName === 'br') endLine(box, 1)
    else if (node.nodeName === 'img') addPicture(node as Element, box)
    else if ('tagName' in node && !isHidden(node)) {
      if (inlineNames.has(node.tagName)) stack.push({ ...openBox(node, box.width), run: box.run })
      else {
        endLine(box)
        stack.push(openBox(node, childWidth(node, box)))
      }
    }
  }
}

const openBox = (element: Element, width: number): Box => ({ element, next: 0, width, height: 0, run: 0, row: 0 })

function endLine(box: Box, least = 0): void {
  box.height += Math.max(least, Math.ceil(box.run / box.width)) * line
  box.run = 0
}

function close(box: Box, parent: Box): void {
  const { tagName } = box.element
  const height = box.height + box.row
  if (inlineNames.has(tagName)) {
    parent.run = 0
    parent.height += height
  } else if (tagName === 'td' || tagName === 'th')
    parent.row = Math.max(parent.row, sizeOf(box.element, 'height'), height + 6)
  else parent.height += height + (/^(?:p|ul|ol|blockquote|h[1-6]|hr|dl)$/.test(tagName) ? 16 : 0)
}

function childWidth(element: Element, { width, element: parent }: Box): number {
  const said = sizeOf(element, 'width')
  if (said > 0) return Math.min(said, width)
  if (element.tagName !== 'td' && element.tagName !== 'th') return width
  const cells = parent.childNodes.length < 50 ? parent.childNodes.filter((one) => 'tagName' in one).length : 50
  return Math.max(40, width / Math.max(1, cells))
}

function addPicture(element: Element, box: Box): void {
  const height = sizeOf(element, 'height')
  const width = sizeOf(element, 'width')
  const shown =
    height > 0 ? (width > box.width ? (height * box.width) / width : height) : width > 0 ? width * 0.6 : line
  if (shown <= line * 1.5) box.run += Math.max(width, letter)
  else {
    endLine(box)
    box.height += shown
  }
}

/** What an element says of its size in pixels; 0 where it does not. */
function sizeOf({ attrs }: Element, name: string): number {
  const value = attrs.find((one) => one.name === name)?.value ?? ''
  const style = (attrs.find((one) => one.name === 'style')?.value ?? '').slice(0, 1000)
  const inStyle = new RegExp(`(?:^|;)\\s{0,9}${name}\\s{0,9}:\\s{0,9}(\\d{1,5})(?:\\.\\d+)?px`, 'i').exec(style)?.[1]
  return Number(inStyle ?? /^\s*(\d{1,5})(?:px)?\s*$/.exec(value)?.[1] ?? 0)
}

function isHidden({ attrs }: Element): boolean {
  return attrs.some(({ name, value }) => name === 'hidden' || (name === 'style' && /display\s{0,9}:\s{0,9}none/i.test(value.slice(0, 2000)))) // prettier-ignore
}

function widthOf(text: string): number {
  const shown = text.trim() === '' ? 1 : text.length
  const wide = shown > 1 ? (text.match(/[\u2e80-\uffff]/g)?.length ?? 0) : 0
  return (shown + wide) * letter
}
