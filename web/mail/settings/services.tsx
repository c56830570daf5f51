// What a mail program needs to know: the account, and the doors that are open now.

import { useMail } from '../words.ts'
import { Connections } from './connections.tsx'
import { CopyButton } from './copybutton.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

export function Services() {
  const mail = useMail()
  const values: [name: string, value: string][] = [
    [w.account, mail.me.address],
    [w.jmap, `${location.origin}/.well-known/jmap`],
  ]
  return (
    <div className={css['form']}>
      <section aria-label={w.programs} className="stack">
        <h3>{w.programs}</h3>
        <p className="meta">{w.programsHint}</p>
        <dl className={css['values']}>
          {values.map(([name, value]) => (
            <Value key={name} name={name} value={value} />
          ))}
        </dl>
      </section>
      <Connections />
    </div>
  )
}

function Value({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="code">{value}</dd>
      <dd>
        <CopyButton name={name} value={value} />
      </dd>
    </>
  )
}
