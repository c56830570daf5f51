// Settings: groups on the left, the chosen one beside them. On phones the groups stand over it.
//
// Invariant: what is chosen is kept at once where it is one choice, and by a button where something is typed; what was
// not kept says so and stays as it was.

import { useEffect, useState, type ComponentType } from 'react'
import { Icon } from '../../parts/icon.tsx'
import { loadPreferences } from '../preferences.ts'
import { useMail } from '../words.ts'
import { General } from './general.tsx'
import { Grants } from './grants.tsx'
import { Handling } from './handling.tsx'
import { Reading } from './reading.tsx'
import { Services } from './services.tsx'
import { Sessions } from './sessions.tsx'
import { words as w } from './words.ts'
import { Writing } from './writing.tsx'
import css from './settings.module.css'

const groups = {
  general: General,
  reading: Reading,
  writing: Writing,
  handling: Handling,
  grants: Grants,
  security: Sessions,
  services: Services,
} as const satisfies Record<string, ComponentType>

type Group = keyof typeof groups

const names = Object.keys(groups) as Group[]

export function Settings({ group }: { group: string | undefined }) {
  const mail = useMail()
  const chosen = names.find((name) => name === group) ?? 'general'
  const Panel = groups[chosen]
  const [isRead, setIsRead] = useState(false)
  useEffect(() => {
    document.title = `${w[chosen]} · ${w.title} · ${location.hostname}`
  }, [chosen])
  useEffect(() => {
    void loadPreferences().finally(() => setIsRead(true))
  }, [mail])
  return (
    <section className={css['settings']} aria-labelledby="settings-title">
      <nav className={`nav ${css['groups']}`} aria-label={w.groups}>
        <h1 id="settings-title">{w.title}</h1>
        <a className={css['back']} href="#/inbox" aria-label={w.back}>
          <Icon name="left" />
        </a>
        {names.map((name) => (
          <a key={name} href={`#/settings/${name}`} aria-current={name === chosen ? 'page' : undefined}>
            {w[name]}
          </a>
        ))}
      </nav>
      {/* Where the way past the navigation leads, as to the list elsewhere. */}
      <div className={css['panel']} key={chosen} id="list" tabIndex={-1}>
        <h2>{w[chosen]}</h2>
        {isRead && <Panel />}
      </div>
    </section>
  )
}
