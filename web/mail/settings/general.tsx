// Language, time zone, looks of this device, shortcuts.

import { useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { composition } from '../../parts/composing.ts'
import { chooseLanguage, languages, type Language } from '../../words/words.ts'
import { chooseDensity, chooseTheme, density, theme, type Density, type Theme } from '../look.ts'
import { choose, isZone, preferences } from '../preferences.ts'
import { useMail } from '../words.ts'
import { OneOf, useKeeping, YesNo } from './fields.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

export function General() {
  const mail = useMail()
  const { shortcuts } = useCell(preferences)
  const { keep } = useKeeping()
  const [look, setLook] = useState<{ theme: Theme; density: Density }>({ theme: theme(), density: density() })
  return (
    <div className={css['form']}>
      <OneOf<Language>
        legend={w.language}
        options={[
          ['zh-Hant', languages['zh-Hant'].name],
          ['en', languages.en.name],
        ]}
        chosen={mail.language}
        choose={(language) => {
          chooseLanguage(language)
          location.reload()
        }}
      />
      <Zone />
      <OneOf<Theme>
        legend={w.theme}
        options={[
          ['system', w.themeSystem],
          ['light', w.themeLight],
          ['dark', w.themeDark],
        ]}
        chosen={look.theme}
        choose={(wanted) => {
          chooseTheme(wanted)
          setLook({ ...look, theme: wanted })
        }}
        hint={w.perDevice}
      />
      <OneOf<Density>
        legend={w.density}
        options={[
          ['normal', w.densityNormal],
          ['dense', w.densityDense],
        ]}
        chosen={look.density}
        choose={(wanted) => {
          chooseDensity(wanted)
          setLook({ ...look, density: wanted })
        }}
        hint={w.perDevice}
      />
      <YesNo
        label={w.shortcuts}
        isOn={shortcuts}
        choose={(isOn) => void keep(() => choose({ shortcuts: isOn }))}
        hint={w.shortcutsHint}
      />
    </div>
  )
}

const zones = Intl.supportedValuesOf('timeZone')

function Zone() {
  const { zone } = useCell(preferences)
  const [typed, setTyped] = useState(zone)
  const [problem, setProblem] = useState('')
  const { isBusy, keep } = useKeeping()

  async function accept(): Promise<void> {
    const wanted = typed.normalize('NFKC').trim()
    if (!isZone(wanted)) return setProblem(w.zoneBad)
    setProblem('')
    // Dates all over the page are made with it: the page begins anew.
    if (await keep(() => choose({ zone: wanted }))) location.reload()
  }

  return (
    <form
      className={css['set']}
      {...composition}
      onSubmit={(event) => {
        event.preventDefault()
        void accept()
      }}
    >
      <label htmlFor="settings-zone">{w.zone}</label>
      <div className="row">
        <input
          id="settings-zone"
          className={`in ${css['short']}`}
          list="settings-zones"
          autoComplete="off"
          spellCheck={false}
          aria-describedby="settings-zone-hint"
          aria-invalid={problem !== ''}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <button className="btn" aria-disabled={isBusy}>
          {w.save}
        </button>
      </div>
      <datalist id="settings-zones">
        {zones.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <p className="meta" id="settings-zone-hint">
        {w.zoneHint}
      </p>
      {problem !== '' && (
        <p className="err" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}
