// Who may act for one, and for whom one may.

import { useCallback, useEffect, useState } from 'react'
import { ask } from '../../parts/api.ts'
import { fullDate } from '../../parts/dates.ts'
import { useMail } from '../words.ts'
import { useKeeping } from './fields.tsx'
import { GrantForm } from './grantform.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

interface Delegation {
  id: string
  owner: string
  ownerName: string
  delegate: string
  delegateName: string
  rights: string[]
  until: string | null
  inForce: boolean
}

interface Delegations {
  given: Delegation[]
  had: Delegation[]
}

export function Grants() {
  const [found, setFound] = useState<Delegations>()
  const [isLost, setIsLost] = useState(false)
  const { keep } = useKeeping()
  const read = useCallback(() => ask<Delegations>('GET', '/api/delegations').then(setFound, () => setIsLost(true)), [])
  useEffect(() => void read(), [read])
  if (isLost) return <p role="alert">{w.notRead}</p>
  if (!found) return null

  async function end(id: string): Promise<void> {
    if (await keep(() => ask('DELETE', `/api/delegations/${id}`), w.ended)) await read()
  }

  return (
    <div className={css['form']}>
      <List title={w.given} none={w.noneGiven} list={found.given} isGiven end={(id) => void end(id)} />
      <GrantForm given={() => void read()} />
      <List title={w.had} none={w.noneHad} list={found.had} />
    </div>
  )
}

interface ListProps {
  title: string
  none: string
  list: readonly Delegation[]
  isGiven?: boolean
  end?(id: string): void
}

function List({ title, none, list, isGiven = false, end }: ListProps) {
  const { zone, language } = useMail()
  return (
    <section aria-label={title} className="stack t">
      <h3>{title}</h3>
      {list.length === 0 ? (
        <p className="quiet">{none}</p>
      ) : (
        <div className="scroll-x">
          <table className="tb">
            <thead>
              <tr>
                <th scope="col">{w.person}</th>
                <th scope="col">{w.rights}</th>
                <th scope="col">{w.until}</th>
                {end && (
                  <th scope="col">
                    <span className="sr">{w.end}</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {list.map(({ id, owner, ownerName, delegate, delegateName, rights, until, inForce }) => {
                const [name, address] = isGiven ? [delegateName, delegate] : [ownerName, owner]
                return (
                  <tr key={id}>
                    <td>
                      {name} <span className="meta fn">{address}</span>
                      {!inForce && <span className="tag">{w.notInForce}</span>}
                    </td>
                    <td>{rights.map((right) => w.rightNames[right] ?? right).join(' · ')}</td>
                    <td>{until === null ? w.noEnd : fullDate(Date.parse(until) - 1, zone, language)}</td>
                    {end && (
                      <td className="r">
                        <button
                          type="button"
                          className="btn sm"
                          aria-label={w.endGrant(name || address)}
                          onClick={() => end(id)}
                        >
                          {w.end}
                        </button>
                      </td>
                    )}
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
