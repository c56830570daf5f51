// Format, signature, templates, options, files.

import { useRef, type RefObject } from 'react'
import { useCell } from '../../parts/cell.ts'
import { isComposing } from '../../parts/composing.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import type { BodyHandle } from './body.tsx'
import type { Composition } from './composition.ts'
import { Menu } from './menu.tsx'
import { Options } from './options.tsx'
import { sign } from './signing.ts'
import { Templates } from './templates.tsx'
import { words as w } from './words.ts'
import css from './composer.module.css'

interface Props {
  composition: Composition
  body: RefObject<BodyHandle | null>
  attach(): void
}

const formats = [
  ['bold', 'bold', w.bold],
  ['underline', 'under', w.underline],
  ['bullets', 'list', w.bullets],
  ['numbers', 'ol', w.numbers],
] as const satisfies readonly (readonly [string, IconName, string])[]

export function Toolbar({ composition, body, attach }: Props) {
  const draft = useCell(composition.draft)
  const picture = useRef<HTMLInputElement>(null)

  async function put(identity: Composition['identities'][number] | undefined): Promise<void> {
    composition.gather.current()
    composition.rewrite(await sign(composition.draft.get(), identity))
    body.current?.focus()
  }

  return (
    <div className={css['fmt']} role="group" aria-label={w.format}>
      {draft.isRich && (
        <>
          {formats.map(([command, icon, label]) => (
            <button
              key={command}
              type="button"
              className="btn quiet icon"
              aria-label={label}
              title={label}
              onClick={() => body.current?.run(command)}
            >
              <Icon name={icon} />
            </button>
          ))}
          <Menu label={w.link} icon="link" className="btn quiet icon" hidesLabel>
            {(close) => (
              <LinkField
                take={(link) => {
                  close()
                  body.current?.run({ link })
                }}
              />
            )}
          </Menu>
          <button
            type="button"
            className="btn quiet icon"
            aria-label={w.image}
            title={w.image}
            onClick={() => picture.current?.click()}
          >
            <Icon name="image" />
          </button>
          <input
            ref={picture}
            type="file"
            accept="image/*"
            hidden
            aria-label={w.image}
            onChange={(event) => {
              for (const image of event.target.files ?? []) body.current?.run({ image })
              event.target.value = ''
            }}
          />
        </>
      )}
      <button
        type="button"
        className="btn quiet sm"
        aria-keyshortcuts="Control+Shift+D"
        onClick={() => body.current?.toggle()}
      >
        {draft.isRich ? w.plainText : w.richText}
      </button>
      <Menu label={w.signature}>
        {(close) => (
          <>
            {composition.identities
              .filter(({ textSignature, htmlSignature }) => `${textSignature}${htmlSignature}`.trim() !== '')
              .map((identity) => (
                <button
                  key={identity.id}
                  type="button"
                  className="btn quiet"
                  onClick={() => {
                    close()
                    void put(identity)
                  }}
                >
                  <span className="cut">{identity.textSignature.trim().split('\n')[0] || identity.email}</span>
                </button>
              ))}
            <button
              type="button"
              className="btn quiet"
              onClick={() => {
                close()
                void put(undefined)
              }}
            >
              {w.noSignature}
            </button>
          </>
        )}
      </Menu>
      <Templates composition={composition} body={body} />
      <Options composition={composition} />
      <button type="button" className="btn quiet sm push" onClick={attach}>
        <Icon name="clip" size="s" />
        {w.attach}
      </button>
    </div>
  )
}

function LinkField({ take }: { take(link: string): void }) {
  const field = useRef<HTMLInputElement>(null)
  function accept(): void {
    const typed = field.current!.value.normalize('NFKC').trim()
    if (typed === '') return
    take(/^[a-z][a-z0-9+.-]*:/i.test(typed) ? typed.replace(/^(?!https?:|mailto:|tel:).*$/i, '') : `https://${typed}`)
  }
  return (
    <div className="pad stack">
      <div className="field">
        <label htmlFor="compose-link">{w.linkAddress}</label>
        <input
          id="compose-link"
          ref={field}
          className="in"
          inputMode="url"
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || isComposing(event)) return
            event.preventDefault()
            accept()
          }}
        />
      </div>
      <button type="button" className="btn" onClick={accept}>
        {w.insert}
      </button>
    </div>
  )
}
