// What a mail program needs to know.

import { useMail } from '../words.ts'
import { words as w } from './words.ts'
import css from './settings.module.css'

export function Services() {
  const mail = useMail()
  const values: [name: string, value: string][] = [
    [w.account, mail.me.address],
    [w.server, location.hostname],
    [w.jmap, `${location.origin}/.well-known/jmap`],
  ]

  async function copy(value: string): Promise<void> {
    await navigator.clipboard.writeText(value)
    mail.toast.set({ text: w.copied })
  }

  return (
    <section aria-label={w.programs} className="stack">
      <h3>{w.programs}</h3>
      <p className="meta">{w.programsHint}</p>
      <dl className={css['values']}>
        {values.map(([name, value]) => (
          <Value key={name} name={name} value={value} copy={() => void copy(value)} />
        ))}
      </dl>
      <p className="meta">{w.portsHint}</p>
    </section>
  )
}

function Value({ name, value, copy }: { name: string; value: string; copy(): void }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="code">{value}</dd>
      <dd>
        <button type="button" className="btn sm" aria-label={`${w.copy} ${name}`} onClick={copy}>
          {w.copy}
        </button>
      </dd>
    </>
  )
}
