// How mails are written, how long they wait, and who they are from.

import { useEffect, useState } from 'react'
import { useCell } from '../../parts/cell.ts'
import { composition } from '../../parts/composing.ts'
import { readIdentities, type Identity } from '../compose/identities.ts'
import type { SetAnswer } from '../jmap/types.ts'
import { choose, preferences } from '../preferences.ts'
import { useMail } from '../words.ts'
import { OneOf, useKeeping, YesNo } from './fields.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

const seconds = [0, 5, 10, 15, 20, 30]

export function Writing() {
  const { writing, undoSeconds, quote, signOnAnswers, receipts } = useCell(preferences)
  const { keep } = useKeeping()
  return (
    <div className={css['form']}>
      <OneOf
        legend={w.writingMode}
        options={[
          ['plain', w.writePlain],
          ['rich', w.writeRich],
        ]}
        chosen={writing}
        choose={(wanted) => void keep(() => choose({ writing: wanted }))}
      />
      <div className={css['set']}>
        <label htmlFor="settings-undo">{w.undo}</label>
        <select
          id="settings-undo"
          className={`in ${css['short']}`}
          value={undoSeconds}
          onChange={(event) => void keep(() => choose({ undoSeconds: Number(event.target.value) }))}
        >
          {[...new Set([...seconds, undoSeconds])]
            .sort((a, b) => a - b)
            .map((n) => (
              <option key={n} value={n}>
                {w.undoSeconds(n)}
              </option>
            ))}
        </select>
      </div>
      <YesNo label={w.quote} isOn={quote} choose={(isOn) => void keep(() => choose({ quote: isOn }))} />
      <YesNo
        label={w.signOnAnswers}
        isOn={signOnAnswers}
        choose={(isOn) => void keep(() => choose({ signOnAnswers: isOn }))}
      />
      <YesNo label={w.receipts} isOn={receipts} choose={(isOn) => void keep(() => choose({ receipts: isOn }))} />
      <Identities />
    </div>
  )
}

function Identities() {
  const { jmap } = useMail()
  const [found, setFound] = useState<readonly Identity[]>()
  const [attempt, setAttempt] = useState(0)
  const [isLost, setIsLost] = useState(false)
  useEffect(() => {
    readIdentities(jmap).then(setFound, () => setIsLost(true))
  }, [jmap, attempt])
  return (
    <section aria-labelledby="settings-identities">
      <h3 id="settings-identities">{w.identities}</h3>
      <p className="meta">{w.identityHint}</p>
      {isLost && (
        <p className="err" role="alert">
          {w.notRead}
          <button
            type="button"
            className="btn sm"
            onClick={() => {
              setIsLost(false)
              setAttempt(attempt + 1)
            }}
          >
            {w.retry}
          </button>
        </p>
      )}
      {found && found.length > 1 && <First identities={found} />}
      {found?.map((identity) => (
        <IdentityForm key={identity.id} identity={identity} />
      ))}
    </section>
  )
}

function First({ identities }: { identities: readonly Identity[] }) {
  const { identity } = useCell(preferences)
  const { keep } = useKeeping()
  const chosen = identities.some(({ id }) => id === identity) ? identity : identities[0]!.id
  return (
    <div className={css['set']}>
      <label htmlFor="settings-identity">{w.firstIdentity}</label>
      <select
        id="settings-identity"
        className={`in ${css['short']}`}
        value={chosen}
        onChange={(event) => void keep(() => choose({ identity: event.target.value }))}
      >
        {identities.map(({ id, name, email }) => (
          <option key={id} value={id}>
            {name === '' ? email : `${name} <${email}>`}
          </option>
        ))}
      </select>
    </div>
  )
}

function IdentityForm({ identity }: { identity: Identity }) {
  const { jmap } = useMail()
  const { id, email } = identity
  const [name, setName] = useState(identity.name)
  const [signature, setSignature] = useState(identity.textSignature)
  const { isBusy, keep } = useKeeping()

  async function write(): Promise<void> {
    const update = { [id]: { name: name.trim(), textSignature: signature.trimEnd() } }
    const answer = await jmap.call<SetAnswer>('Identity/set', { accountId: jmap.account, update })
    const refused = answer.notUpdated?.[id]
    if (refused) throw new Error(refused.description ?? refused.type)
  }

  return (
    <form
      className={css['identity']}
      aria-label={email}
      {...composition}
      onSubmit={(event) => {
        event.preventDefault()
        void keep(write)
      }}
    >
      <b className="fn">{email}</b>
      <div className="field">
        <label htmlFor={`name-${id}`}>{w.identityName}</label>
        <input
          id={`name-${id}`}
          className="in"
          maxLength={200}
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor={`signature-${id}`}>{w.textSignature}</label>
        <textarea
          id={`signature-${id}`}
          className="in"
          rows={4}
          value={signature}
          onChange={(event) => setSignature(event.target.value)}
        />
      </div>
      <div>
        <button className="btn" aria-disabled={isBusy} aria-label={w.saveIdentity(email)}>
          {isBusy ? w.saving : w.save}
        </button>
      </div>
    </form>
  )
}
