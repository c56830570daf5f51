// Signs in, and goes on to where the person was going.
//
// Invariants: what follows sign-in is a path of this site, never another's; the same words whether or not the
// account exists (they come from the server); a failed attempt keeps what was typed.

import { useEffect, useRef, useState, type FormEvent } from 'react'
import { Problem, signIn } from '../parts/api.ts'
import { composition } from '../parts/composing.ts'
import { Icon } from '../parts/icon.tsx'
import type { words as chinese } from '../words/zh-Hant/login.ts'
import { chooseLanguage, type Language, type Same } from '../words/words.ts'
import { Keyboard } from './keyboard.tsx'
import css from './page.module.css'

export type LoginWords = Same<typeof chinese>

interface Props {
  words: LoginWords
  language: Language
}

export function SignInPage({ words, language }: Props) {
  useEffect(() => {
    document.title = words.title(location.hostname)
  }, [words])
  return (
    <div className={css['page']}>
      <Wall words={words} />
      <main className={css['gatehouse']}>
        <div className={css['corner']}>
          <button
            type="button"
            className="btn quiet sm"
            lang={language === 'en' ? 'zh-Hant-TW' : 'en'}
            onClick={() => {
              chooseLanguage(language === 'en' ? 'zh-Hant' : 'en')
              location.reload()
            }}
          >
            {words.otherLanguage}
          </button>
        </div>
        <SignInForm words={words} />
      </main>
    </div>
  )
}

function Wall({ words }: { words: LoginWords }) {
  return (
    <aside className={css['wall']} aria-label={words.wall}>
      <span className={`${css['arch']} ${css['a']}`} />
      <span className={`${css['arch']} ${css['b']}`} />
      <span className={`${css['arch']} ${css['c']}`} />
      <span className={css['slot']} />
      <p className="brand">
        <Icon name="gate" size="l" />
        {words.product}
      </p>
      <div className={css['words']}>
        <h2>{words.promise}</h2>
        <p>{words.warning}</p>
      </div>
      <p className={css['fine']}>{location.hostname}</p>
    </aside>
  )
}

function SignInForm({ words }: { words: LoginWords }) {
  const query = new URLSearchParams(location.search)
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [isShown, setIsShown] = useState(false)
  const [hasKeyboard, setHasKeyboard] = useState(false)
  const [isBusy, setIsBusy] = useState(false)
  const [problem, setProblem] = useState(query.has('ended') ? words.ended : '')
  const field = useRef<HTMLInputElement>(null)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (isBusy) return
    const address = name.normalize('NFKC').trim() // full-width letters and ＠ of an input method; a password stays as it is
    if (address === '' || password === '') return setProblem(words.missing)
    setIsBusy(true)
    try {
      await signIn(address, password)
      location.replace(destination(query.get('next')))
    } catch (error) {
      setProblem(error instanceof Problem && error.status > 0 ? error.message : words.unreachable)
      setIsBusy(false)
      field.current?.focus()
      field.current?.select()
    }
  }

  return (
    <form className={css['form']} onSubmit={(event) => void submit(event)} {...composition} noValidate>
      <h1>{words.heading}</h1>
      {problem !== '' && (
        <div className="note no" role="alert" id="problem">
          <Icon name="stop" />
          <div>{problem}</div>
        </div>
      )}
      <div className="field">
        <label htmlFor="name">{words.account}</label>
        <input
          id="name"
          className="in big"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={name}
          aria-describedby="name-hint"
          onChange={(event) => setName(event.target.value)}
        />
        <span className="hint" id="name-hint">
          {words.accountHint}
        </span>
      </div>
      <div className="field">
        <label htmlFor="password">{words.password}</label>
        <div className={css['secret']}>
          <input
            id="password"
            ref={field}
            className="in big"
            type={isShown ? 'text' : 'password'}
            autoComplete="current-password"
            value={password}
            aria-describedby={problem === '' ? undefined : 'problem'}
            onChange={(event) => setPassword(event.target.value)}
          />
          <span className={css['acts']}>
            <button
              type="button"
              className="btn quiet icon"
              aria-label={isShown ? words.hidePassword : words.showPassword}
              aria-pressed={isShown}
              onClick={() => setIsShown(!isShown)}
            >
              <Icon name="eye" />
            </button>
            <button
              type="button"
              className="btn quiet icon"
              aria-label={words.keyboard}
              aria-expanded={hasKeyboard}
              aria-controls="keyboard"
              onClick={() => setHasKeyboard(!hasKeyboard)}
            >
              <Icon name="keyboard" />
            </button>
          </span>
        </div>
      </div>
      {hasKeyboard && <Keyboard words={words} typed={password} onType={setPassword} />}
      <button className={`btn go ${css['enter']}`} aria-disabled={isBusy}>
        {isBusy ? words.signingIn : words.signIn}
      </button>
    </form>
  )
}

/** A path of this site, or the mail page. */
function destination(next: string | null): string {
  const inside = next !== null && /^\/(?![/\\])[^\\]*$/.test(next) ? next : '/mail/'
  return new URL(inside, location.origin).origin === location.origin ? inside : '/mail/'
}
