// How mail programs reach the house: what listens at this moment, and the same as a profile for Apple's systems.

import { useEffect, useState } from 'react'
import { ask } from '../../parts/api.ts'
import { Icon } from '../../parts/icon.tsx'
import { CopyButton } from './copybutton.tsx'
import { words as w } from './words.ts'

interface Connection {
  protocol: string
  host: string
  port: number
  security: 'tls' | 'starttls'
}

export function Connections() {
  const [found, setFound] = useState<readonly Connection[]>()
  const [isLost, setIsLost] = useState(false)
  useEffect(() => {
    ask<{ connections: Connection[] }>('GET', '/api/connections').then(
      ({ connections }) => setFound(connections),
      () => setIsLost(true),
    )
  }, [])
  if (isLost) return <p role="alert">{w.notRead}</p>
  if (!found) return null
  const isThere = (wanted: string): boolean => found.some(({ protocol }) => protocol === wanted)
  return (
    <section aria-label={w.connections} className="stack">
      <h3>{w.connections}</h3>
      {found.length === 0 ? <p className="quiet">{w.noConnections}</p> : <Table connections={found} />}
      {isThere('imap') && isThere('smtp') && (
        <div className="stack t">
          <div>
            <a className="btn" href="/api/mobileconfig" download="mail.mobileconfig">
              <Icon name="download" />
              {w.profile}
            </a>
          </div>
          <p className="meta">{w.profileHint}</p>
        </div>
      )}
    </section>
  )
}

function Table({ connections }: { connections: readonly Connection[] }) {
  return (
    <div className="scroll-x">
      <table className="tb">
        <thead>
          <tr>
            <th scope="col">{w.purpose}</th>
            <th scope="col">{w.server}</th>
            <th scope="col">{w.port}</th>
            <th scope="col">{w.encryption}</th>
            <th scope="col">
              <span className="sr">{w.copy}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {connections.map(({ protocol, host, port, security }) => {
            const name = w.protocolNames[protocol] ?? protocol.toUpperCase()
            const how = security === 'tls' ? 'SSL/TLS' : 'STARTTLS'
            return (
              <tr key={`${protocol} ${port}`}>
                <td>{name}</td>
                <td className="code">{host}</td>
                <td className="num">{port}</td>
                <td>{how}</td>
                <td className="r">
                  <CopyButton name={`${name} ${how}`} value={host} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
