// What importing a file would do, and what may be set right before: charset, heading, the meaning of columns.

import type { Corrected } from './importing.tsx'
import { words as w } from './words.ts'
import css from './contacts.module.css'

/** The server's answer, whether it only looked or did it. */
export interface Seen {
  kind: 'csv' | 'vcard'
  charset: string
  hasHeading: boolean
  columns: { heading: string; field: string }[]
  fields: string[]
  rows: string[][]
  names: string[]
  contacts: number
  empty: number
  groups: number
  twice: number
  cut: boolean
  added: number
  updated: number
  skipped: number
}

const charsets = ['utf-8', 'big5', 'gb18030', 'utf-16le', 'shift_jis', 'windows-1252']

interface Props {
  seen: Seen
  corrected: Corrected
  correct(how: Corrected): void
}

export function Preview({ seen, corrected, correct }: Props) {
  const { kind, charset, hasHeading, names, contacts, added, updated, skipped } = seen
  const { mode } = corrected
  const others = [
    seen.twice > 0 && w.twice(seen.twice),
    seen.empty > 0 && w.empty(seen.empty),
    seen.groups > 0 && w.groupsLeft(seen.groups),
  ].filter((one) => one !== false)
  return (
    <>
      <div className={css['two']}>
        <div className="field">
          <label htmlFor="import-charset">{w.charset}</label>
          <select
            id="import-charset"
            className="in"
            aria-describedby="import-charset-hint"
            value={charset}
            onChange={(event) => correct({ charset: event.target.value, mode })}
          >
            {[...new Set([charset, ...charsets])].map((one) => (
              <option key={one} value={one}>
                {one.toUpperCase()}
              </option>
            ))}
          </select>
          <span className="hint" id="import-charset-hint">
            {w.charsetHint}
          </span>
        </div>
        {kind === 'csv' && (
          <label className="opt">
            <input
              type="checkbox"
              className="checkbox"
              checked={hasHeading}
              onChange={(event) => correct({ charset, hasHeading: event.target.checked, mode })}
            />
            {w.hasHeading}
          </label>
        )}
      </div>
      {kind === 'csv' ? (
        <Columns seen={seen} map={(mapping) => correct({ charset, hasHeading, mapping, mode })} />
      ) : (
        <div className="stack t">
          <h3>{w.people}</h3>
          <ul>
            {names.map((name, i) => (
              <li key={i}>{name || w.unnamed}</li>
            ))}
          </ul>
        </div>
      )}
      <fieldset className={css['set']}>
        <legend>{w.known}</legend>
        <div className="row wrap">
          {(['skip', 'update'] as const).map((one) => (
            <label key={one} className="opt">
              <input
                type="radio"
                name="import-mode"
                className="checkbox"
                checked={mode === one}
                onChange={() => correct({ ...corrected, mode: one })}
              />
              {one === 'skip' ? w.skip : w.update}
            </label>
          ))}
        </div>
      </fieldset>
      <div className={`note ${seen.cut ? 'warn' : 'blue'} ${css['counts']}`} role="status">
        <div>
          <p>{w.counts(contacts, added, updated + skipped)}</p>
          {others.length > 0 && <p className="meta">{others.join(' · ')}</p>}
          {seen.cut && <p>{w.cut}</p>}
        </div>
      </div>
    </>
  )
}

function Columns({ seen: { columns, fields, rows }, map }: { seen: Seen; map(mapping: string[]): void }) {
  const name = (n: number): string => columns[n]?.heading || w.column(n + 1)
  return (
    <div className="stack t">
      <h3 id="import-columns">{w.columns}</h3>
      <p className="meta">{w.columnsHint}</p>
      <div className="scroll-x" role="region" aria-labelledby="import-columns" tabIndex={0}>
        <table className={`tb ${css['rows']}`}>
          <thead>
            <tr>
              {columns.map(({ field }, n) => (
                <th key={n} scope="col">
                  <span>{name(n)}</span>
                  <select
                    className="in"
                    aria-label={w.meaningOf(name(n))}
                    value={field}
                    onChange={(event) => map(columns.map((column, i) => (i === n ? event.target.value : column.field)))}
                  >
                    <option value="">{w.noField}</option>
                    {fields.map((one) => (
                      <option key={one} value={one}>
                        {w.fieldNames[one] ?? one}
                      </option>
                    ))}
                  </select>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                {columns.map((_, n) => (
                  <td key={n}>{row[n] ?? ''}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
