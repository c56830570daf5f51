// Where one is signed in, and the way to end it.

import { useCallback, useEffect, useState } from 'react'
import { ask } from '../../parts/api.ts'
import { fullDate } from '../../parts/dates.ts'
import { useMail } from '../words.ts'
import { agentName } from './agents.ts'
import { useKeeping } from './fields.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

interface Session {
  id: string
  current: boolean
  agent: string
  address: string
  used: string
}

export function Sessions() {
  const { zone, language } = useMail()
  const [found, setFound] = useState<readonly Session[]>()
  const [isLost, setIsLost] = useState(false)
  const { keep } = useKeeping()
  const read = useCallback(
    () =>
      ask<{ sessions: Session[] }>('GET', '/api/sessions').then(
        ({ sessions }) => setFound(sessions),
        () => setIsLost(true),
      ),
    [],
  )
  useEffect(() => void read(), [read])
  if (isLost) return <p role="alert">{w.notRead}</p>
  if (!found) return null

  const others = found.filter(({ current }) => !current).length

  async function end(path: string, count: number): Promise<void> {
    if (await keep(() => ask('DELETE', path), w.endedSessions(count))) await read()
  }

  return (
    <div className={css['form']}>
      <section aria-label={w.sessions} className="stack t">
        <h3>{w.sessions}</h3>
        <p className="meta">{w.sessionsHint}</p>
        <div className="scroll-x">
          <table className="tb">
            <thead>
              <tr>
                <th scope="col">{w.device}</th>
                <th scope="col">{w.address}</th>
                <th scope="col">{w.lastUsed}</th>
                <th scope="col">
                  <span className="sr">{w.end}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.map(({ id, agent, address, used, current }) => {
                const device = agentName(agent) || w.unknownDevice
                return (
                  <tr key={id}>
                    <td>{device}</td>
                    <td className="code">{address}</td>
                    <td className="num">{fullDate(Date.parse(used), zone, language)}</td>
                    <td className="r">
                      {current ? (
                        <span className="tag green">{w.thisOne}</span>
                      ) : (
                        <button
                          type="button"
                          className="btn sm"
                          aria-label={w.endSession(device)}
                          onClick={() => void end(`/api/sessions/${id}`, 1)}
                        >
                          {w.end}
                        </button>
                      )}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
        {others > 0 && (
          <div>
            <button type="button" className="btn stop" onClick={() => void end('/api/sessions', others)}>
              {w.endOthers}
            </button>
          </div>
        )}
      </section>
      <section aria-label={w.password} className="stack t">
        <h3>{w.password}</h3>
        <p className="quiet">{w.passwordHint}</p>
      </section>
    </div>
  )
}
