// The keys, and the switch for them.                                      WCAG 2.1.4

import { Fragment, useState } from 'react'
import { areKeysOn, switchKeys } from '../keys/usekeys.ts'
import { bindings } from '../keys/map.ts'
import { useMail } from '../words.ts'
import { Modal } from './modal.tsx'
import css from './modal.module.css'

export function Help() {
  const { words: w } = useMail()
  const [isOn, setIsOn] = useState(areKeysOn())
  const rows = new Map<string, string[]>()
  for (const { keys, command } of bindings) rows.set(command, [...(rows.get(command) ?? []), keys])
  return (
    <Modal title={w.helpTitle}>
      <label className="opt">
        <input
          type="checkbox"
          className="checkbox"
          checked={isOn}
          onChange={(event) => {
            switchKeys(event.target.checked)
            setIsOn(event.target.checked)
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
