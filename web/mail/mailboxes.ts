// The mailboxes of an account in the order of the tree: those with a role first, then the others, children below
// their parents.
//
// Pure.

import type { Mailbox, Role } from './jmap/types.ts'

export const roleOrder: readonly Role[] = ['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash']

export interface Branch {
  mailbox: Mailbox
  depth: number
  path: string // 'A / B'
  hasChildren: boolean
  above: readonly string[] // ids of those it lies under
}

export function byRole(mailboxes: readonly Mailbox[], role: string): Mailbox | undefined {
  return mailboxes.find((one) => one.role === role)
}

/** A place of a route: a role or an id. */
export function mailboxAt(mailboxes: readonly Mailbox[], place: string): Mailbox | undefined {
  return byRole(mailboxes, place) ?? mailboxes.find(({ id }) => id === place)
}

export function withRoles(mailboxes: readonly Mailbox[]): Mailbox[] {
  return roleOrder.flatMap((role) => byRole(mailboxes, role) ?? [])
}

/** Own mailboxes as a tree laid flat, by sortOrder and name; `compare` knows the language. */
export function branches(mailboxes: readonly Mailbox[], compare: (a: string, b: string) => number): Branch[] {
  const isPlain = ({ role }: Mailbox): boolean => role === null || !roleOrder.includes(role)
  const known = new Set(mailboxes.map(({ id }) => id))
  const children = new Map<string | null, Mailbox[]>()
  for (const mailbox of mailboxes) {
    const parent = mailbox.parentId !== null && known.has(mailbox.parentId) ? mailbox.parentId : null
    children.set(parent, [...(children.get(parent) ?? []), mailbox])
  }
  const found: Branch[] = []
  const seen = new Set<string>()
  const walk = (parent: string | null, depth: number, path: string, above: readonly string[]): void => {
    const here = children.get(parent) ?? []
    here.sort((a, b) => a.sortOrder - b.sortOrder || compare(a.name, b.name))
    for (const mailbox of here) {
      if (seen.has(mailbox.id)) continue
      seen.add(mailbox.id)
      const own = path === '' ? mailbox.name : `${path} / ${mailbox.name}`
      const hasChildren = (children.get(mailbox.id) ?? []).length > 0
      if (isPlain(mailbox)) found.push({ mailbox, depth, path: own, hasChildren, above })
      walk(mailbox.id, isPlain(mailbox) ? depth + 1 : depth, own, [...above, mailbox.id])
    }
  }
  walk(null, 0, '', [])
  return found
}

/** The name of each mailbox with those above it, 'A/B', by its id. */
export function pathsOf(mailboxes: readonly Mailbox[]): Map<string, string> {
  const byId = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]))
  const pathOf = ({ name, parentId }: Mailbox, depth: number): string => {
    const parent = parentId === null ? undefined : byId.get(parentId)
    return parent && depth < mailboxes.length ? `${pathOf(parent, depth + 1)}/${name}` : name
  }
  return new Map(mailboxes.map((mailbox) => [mailbox.id, pathOf(mailbox, 0)]))
}
