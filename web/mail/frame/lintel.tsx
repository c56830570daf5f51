// The bar over the page: where one is, the search, help, how things look, the person.

import { useId } from 'react'
import { signOut } from '../../parts/api.ts'
import { Icon } from '../../parts/icon.tsx'
import { sealOf, displayName } from '../../parts/names.ts'
import { chooseLanguage } from '../../words/words.ts'
import { chooseDensity, chooseTheme, density, theme } from '../look.ts'
import { SearchField } from '../search/field.tsx'
import { useMail } from '../words.ts'
import css from './lintel.module.css'

export function Lintel() {
  const mail = useMail()
  const { words: w, me } = mail
  const menu = useId()
  const person = { name: me.name, email: me.address }
  return (
    <header className={`lintel ${css['lintel']}`}>
      <a className="brand" href="#/inbox" aria-label={w.home}>
        <Icon name="gate" size="l" />
        <span className="hide-s">{w.product}</span>
      </a>
      <nav className="faces hide-s" aria-label={w.faces}>
        <a href="/mail/" aria-current="page">
          {w.mailFace}
        </a>
        <a href="/self/">{w.selfFace}</a>
        {me.administrator && <a href="/admin/">{w.adminFace}</a>}
      </nav>
      <SearchField />
      <button
        type="button"
        className="btn quiet icon hide-s"
        aria-label={w.help}
        title={w.help}
        onClick={() => mail.dialog.set('help')}
      >
        <Icon name="help" />
      </button>
      <button type="button" className={`btn quiet ${css['me']}`} popoverTarget={menu}>
        <span className="seal s" aria-hidden="true">
          {sealOf(person)}
        </span>
        <span className="hide-s">{displayName(person)}</span>
        <span className="sr">{w.accountMenu}</span>
        <Icon name="down" size="s" className="hide-s" />
      </button>
      <div id={menu} popover="auto" className={css['menu']}>
        <p className={css['who']}>
          <b>{displayName(person)}</b>
          <span className="meta">{me.address}</span>
        </p>
        <Choice
          legend={w.theme}
          options={[
            ['system', w.themeSystem],
            ['light', w.themeLight],
            ['dark', w.themeDark],
          ]}
          chosen={theme()}
          choose={chooseTheme}
        />
        <Choice
          legend={w.density}
          options={[
            ['normal', w.densityNormal],
            ['dense', w.densityDense],
          ]}
          chosen={density()}
          choose={chooseDensity}
        />
        <button
          type="button"
          className="btn quiet"
          lang={mail.language === 'en' ? 'zh-Hant-TW' : 'en'}
          onClick={() => {
            chooseLanguage(mail.language === 'en' ? 'zh-Hant' : 'en')
            location.reload()
          }}
        >
          <Icon name="globe" />
          {w.otherLanguage}
        </button>
        <a className="btn quiet" href="#/settings/general" onClick={() => document.getElementById(menu)?.hidePopover()}>
          <Icon name="tune" />
          {w.settings}
        </a>
        <button
          type="button"
          className="btn quiet"
          onClick={() => void signOut().finally(() => location.replace('/login/'))}
        >
          <Icon name="out" />
          {w.signOut}
        </button>
      </div>
    </header>
  )
}

interface ChoiceProps<Value extends string> {
  legend: string
  options: [Value, string][]
  chosen: Value
  choose(value: Value): void
}

function Choice<Value extends string>({ legend, options, chosen, choose }: ChoiceProps<Value>) {
  const name = useId()
  return (
    <fieldset className={css['choice']}>
      <legend className="meta">{legend}</legend>
      {options.map(([value, label]) => (
        <label key={value}>
          <input type="radio" name={name} defaultChecked={value === chosen} onChange={() => choose(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  )
}
