// THREAD: which mail answers which.                                                    RFC 5256 §3
//
// Message ids are compared by their 52 bit keys (mails.ts). Nothing recurses: a chain of a hundred thousand
// answers is as good as any. Work goes in slices.

import { columnsOf, sortSlowly } from './pages.ts'
import { ascending, breathe } from './sets.ts'
import type { Store } from './store.ts'

/**
 * One message and its answers; uid 0: a mail that is not here, only its answers are. May be very deep: walk it
 * without recursion.
 */
export interface ThreadNode {
  uid: number
  children: ThreadNode[]
}

/** What threading looks at. */
export interface Threaded {
  uid: number
  key: number // of its Message-ID
  references: number[] // keys, oldest first
  subject: string // base subject, folded
  isReply: boolean // its subject says that it answers or forwards
  date: number
}

/** Threads of `uids`, in the order of RFC 5256 §3. Uids that are gone are left out. */
export async function threads(
  store: Store,
  mailboxId: number,
  uids: readonly number[],
  algorithm: 'orderedsubject' | 'references',
): Promise<ThreadNode[]> {
  const mails: Threaded[] = []
  const columns = 'x.message_key, x.refs, x.base_subject, x.subject, coalesce(x.sent_at, m.received_at)'
  for await (const rows of columnsOf(store, mailboxId, ascending(uids), columns)) {
    for (const [uid, key, refs, base, subject, date] of rows as [
      number,
      number,
      string,
      string | null,
      string,
      number,
    ][]) {
      const references = refs === '' ? [] : refs.split(' ').map((ref) => parseInt(ref, 36))
      mails.push({
        uid,
        key,
        references,
        subject: base ?? subject,
        isReply: base !== null && repliesOrForwards(subject),
        date,
      })
    }
    await breathe()
  }
  const sorted = await sortSlowly(mails, (a, b) => a.date - b.date || a.uid - b.uid, breathe)
  return algorithm === 'references' ? byReferences(sorted) : bySubject(sorted)
}

/** Whether a folded subject has one of the marks that baseSubject() takes off and that mean an answer (RFC 5256 §2.1, §5). */
function repliesOrForwards(subject: string): boolean {
  return (
    /^(?:\s|\[[^\][]*\])*(?:re|fwd?)\s*(?:\[[^\][]*\]\s*)?:|^\[fwd:|\(fwd\)\s*$/.test(subject.slice(0, 1000)) ||
    subject.endsWith('(fwd)')
  )
}

/** RFC 5256 §3 ORDEREDSUBJECT: the first of a subject, and all others below it. `mails` by date. */
export function bySubject(mails: readonly Threaded[]): ThreadNode[] {
  const roots = new Map<string, ThreadNode>()
  for (const { uid, subject } of mails) {
    const root = roots.get(subject)
    if (root) root.children.push({ uid, children: [] })
    else roots.set(subject, { uid, children: [] })
  }
  return [...roots.values()] // in the order of their first mails' dates
}

interface Node {
  mail: Threaded | undefined // undefined: only heard of
  parent: Node | undefined
  children: Set<Node>
}

const ancestorsLooked = 1_000 // further up, a link is taken to close a loop

/** RFC 5256 §3 REFERENCES. `mails` by date. */
export async function byReferences(mails: readonly Threaded[]): Promise<ThreadNode[]> {
  const all = await linked(mails)
  const roots = promoted(all)
  const gathered = gatherSubjects(await byDate(roots))
  return written(await byDate(gathered))
}

/** Step 1: who answers whom. */
async function linked(mails: readonly Threaded[]): Promise<Node[]> {
  const nodes = new Map<number, Node>()
  const all: Node[] = []
  const nodeOf = (key: number): Node => {
    let node = nodes.get(key)
    if (!node) {
      node = { mail: undefined, parent: undefined, children: new Set() }
      nodes.set(key, node)
      all.push(node)
    }
    return node
  }
  for (const [i, mail] of mails.entries()) {
    if (i % 2_000 === 1_999) await breathe()
    let node = nodeOf(mail.key)
    if (node.mail) {
      // Two mails with one id: the later is a message of its own.
      node = { mail: undefined, parent: undefined, children: new Set() }
      all.push(node)
    }
    node.mail = mail
    let above: Node | undefined
    for (const reference of mail.references) {
      const next = nodeOf(reference)
      if (above && !next.parent) link(above, next)
      above = next
    }
    // The last reference is the parent, whatever others have said before; without one there is none (step 1B).
    if (node.parent !== above) {
      node.parent?.children.delete(node)
      node.parent = undefined
      if (above) link(above, node)
    }
  }
  return all
}

/** Makes `child` an answer to `parent`, unless that closes a loop. */
function link(parent: Node, child: Node): void {
  if (parent === child) return
  if (child.children.size > 0) {
    let looked = 0
    for (let above: Node | undefined = parent; above; above = above.parent)
      if (above === child || ++looked > ancestorsLooked) return
  }
  child.parent?.children.delete(child)
  child.parent = parent
  parent.children.add(child)
}

/** Steps 2 and 3: the roots, without nodes that are only heard of, except those that hold several roots together. */
function promoted(all: readonly Node[]): Node[] {
  // Leaves first: a node is looked at after everything below it.
  const order: Node[] = []
  const pending = all.filter((node) => !node.parent)
  while (pending.length > 0) {
    const node = pending.pop()!
    order.push(node)
    for (const child of node.children) pending.push(child)
  }
  const roots: Node[] = []
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!
    const parent: Node | undefined = node.parent
    if (node.mail || (!parent && node.children.size > 1)) {
      if (!parent) roots.push(node)
      continue
    }
    parent?.children.delete(node)
    for (const child of node.children) {
      child.parent = parent
      if (parent) parent.children.add(child)
      else roots.push(child)
    }
    node.children = new Set()
  }
  return roots
}

/** Steps 4 and 6: a root that is only heard of counts as its first answer. */
function byDate(roots: Node[]): Promise<Node[]> {
  return sortSlowly(roots, (a, b) => compareMails(firstMail(a), firstMail(b)), breathe)
}

function compareMails(a: Threaded, b: Threaded): number {
  return a.date - b.date || a.uid - b.uid
}

function firstMail(node: Node): Threaded {
  if (node.mail) return node.mail
  let first: Threaded | undefined
  for (const { mail } of node.children) if (mail && (!first || compareMails(mail, first) < 0)) first = mail
  return first ?? firstMail(node.children.values().next().value!) // dummies nest two deep at most: step 5 makes one more
}

/** Step 5: roots of one subject come together. */
function gatherSubjects(roots: Node[]): Node[] {
  const table = new Map<string, Node>()
  for (const root of roots) {
    const { subject } = firstMail(root)
    if (subject === '') continue
    const known = table.get(subject)
    if (!known || (known.mail && !root.mail) || (known.mail?.isReply && root.mail && !root.mail.isReply))
      table.set(subject, root)
  }
  const kept = new Set(roots)
  for (const root of roots) {
    const { subject } = firstMail(root)
    const known = subject === '' ? undefined : table.get(subject)
    if (!known || known === root) continue
    kept.delete(root)
    if (!known.mail && !root.mail) for (const child of root.children) known.children.add(child)
    else if (!known.mail || (root.mail?.isReply && !known.mail.isReply)) known.children.add(root)
    else {
      const both: Node = { mail: undefined, parent: undefined, children: new Set([known, root]) }
      kept.delete(known)
      kept.add(both)
      table.set(subject, both)
    }
  }
  return [...kept]
}

/** The nodes as they are told, siblings by date. */
function written(roots: readonly Node[]): ThreadNode[] {
  const told: ThreadNode[] = []
  const pending: [Node, ThreadNode[]][] = []
  const tell = (nodes: readonly Node[], into: ThreadNode[]): void => {
    for (const node of nodes) {
      const one: ThreadNode = { uid: node.mail?.uid ?? 0, children: [] }
      into.push(one)
      if (node.children.size > 0) pending.push([node, one.children])
    }
  }
  tell(roots, told)
  while (pending.length > 0) {
    const [node, into] = pending.pop()!
    tell(
      [...node.children].sort((a, b) => compareMails(firstMail(a), firstMail(b))),
      into,
    )
  }
  return told
}
