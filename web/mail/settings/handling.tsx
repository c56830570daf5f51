// What is done with mail that comes: rules, and the automatic reply.

import { Absence } from './absence.tsx'
import { Rules } from './rules.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

export function Handling() {
  return (
    <div className={css['form']}>
      <Rules />
      <section className="stack" aria-labelledby="settings-absence">
        <h3 id="settings-absence">{w.absence}</h3>
        <Absence />
      </section>
    </div>
  )
}
