// What a search found in each mail, for the rows in view.                                    RFC 8621 §5

import { useEffect, useState } from 'react'
import type { Mail } from '../mailstate.ts'
import type { Listing } from './listing.ts'

export interface Snippet {
  emailId: string
  subject: string | null
  preview: string | null
}

const none: ReadonlyMap<string, Snippet> = new Map()
const most = 500

export function useSnippets(mail: Mail, listing: Listing, first: number, last: number): ReadonlyMap<string, Snippet> {
  const [state, setState] = useState<{ of: Listing; found: ReadonlyMap<string, Snippet> }>({ of: listing, found: none })
  const found = state.of === listing ? state.found : none
  const isSearch = !listing.query.collapse && listing.query.mailboxId === undefined
  const ids: string[] = []
  for (let at = first; isSearch && at <= last; at++) {
    const id = listing.idAt(at)
    if (id !== undefined && !found.has(id)) ids.push(id)
  }
  const wanted = ids.join(' ')
  useEffect(() => {
    if (wanted === '') return
    let isCurrent = true
    const { accountId, filter } = listing.query
    const emailIds = wanted.split(' ')
    mail.jmap.call<{ list: Snippet[] }>('SearchSnippet/get', { accountId, filter, emailIds }).then(
      ({ list }) => {
        if (!isCurrent) return
        setState((before) => {
          const kept = before.of === listing ? [...before.found].slice(-most) : []
          const empty: [string, Snippet][] = emailIds.map((id) => [id, { emailId: id, subject: null, preview: null }])
          return {
            of: listing,
            found: new Map([...kept, ...empty, ...list.map((one): [string, Snippet] => [one.emailId, one])]),
          }
        })
      },
      () => undefined, // the rows show their beginnings
    )
    return () => {
      isCurrent = false
    }
  }, [mail, listing, wanted])
  return found
}
