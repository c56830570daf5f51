// The keys, and the switch for them.                                      WCAG 2.1.4

import { Fragment } from 'react'
import { useCell } from '../../parts/cell.ts'
import { bindings } from '../keys/map.ts'
import { choose, preferences } from '../preferences.ts'
import { useMail } from '../words.ts'
import { Modal } from './modal.tsx'
import css from './modal.module.css'

export function Help() {
  const mail = useMail()
  const { words: w } = mail
  const { shortcuts } = useCell(preferences)
  const rows = new Map<string, string[]>()
  for (const { keys, command } of bindings) rows.set(command, [...(rows.get(command) ?? []), keys])
  return (
    <Modal title={w.helpTitle}>
      <label className="opt">
        <input
          type="checkbox"
          className="checkbox"
          checked={shortcuts}
          onChange={(event) => {
            choose({ shortcuts: event.target.checked }).catch(() => mail.toast.set({ text: w.notDone('') }))
          }}
        />
        {w.keysOn}
      </label>
      <dl className={css['keys']}>
        {[...rows].map(([command, keys]) => (
          <Fragment key={command}>
            <dt>
              {keys.map((one) => (
                <kbd key={one} className="kbd">
                  {one}
                </kbd>
              ))}
            </dt>
            <dd>{w.command(command)}</dd>
          </Fragment>
        ))}
      </dl>
      <p className="meta">{w.searchHelp}</p>
    </Modal>
  )
}
