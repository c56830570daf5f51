// Choosing a template, and making one of what is written.

import { useState, type RefObject } from 'react'
import type { BodyHandle } from './body.tsx'
import type { Composition } from './composition.ts'
import { reasonOf } from './dispatch.ts'
import { htmlOfText, textOfHtml } from './htmltext.ts'
import { Menu } from './menu.tsx'
import { sign } from './signing.ts'
import { readTemplates, saveTemplate, type Template } from './templatebox.ts'
import { words as w } from './words.ts'

interface Props {
  composition: Composition
  body: RefObject<BodyHandle | null>
}

export function Templates({ composition, body }: Props) {
  const { desk, mail } = composition
  const [found, setFound] = useState<readonly Template[]>()

  function take({ subject, text, html }: Template): void {
    body.current?.insert(
      text === '' ? textOfHtml(html) : text.trimEnd(),
      html === '' ? htmlOfText(text.trimEnd()) : html,
    )
    if (composition.draft.get().subject.trim() === '') composition.change({ subject })
  }

  async function save(): Promise<void> {
    composition.gather.current()
    try {
      const draft = composition.draft.get()
      const unsigned = { ...draft, ...(await sign(draft, undefined)) } // each mail has a signature of its own
      await saveTemplate(desk, unsigned, w.templateBox)
      mail.toast.set({ text: w.templateSaved })
      void mail.sync().catch(() => undefined)
    } catch (error) {
      mail.toast.set({ text: reasonOf(error) })
    }
  }

  return (
    <Menu label={w.template} opened={() => void readTemplates(desk).then(setFound, () => setFound([]))}>
      {(close) => (
        <>
          {found?.length === 0 && <p>{w.noTemplates}</p>}
          {found?.map((one) => (
            <button
              key={one.id}
              type="button"
              className="btn quiet"
              onClick={() => {
                close()
                take(one)
              }}
            >
              {one.subject || w.untitled}
            </button>
          ))}
          <button
            type="button"
            className="btn quiet"
            onClick={() => {
              close()
              void save()
            }}
          >
            {w.saveTemplate}
          </button>
        </>
      )}
    </Menu>
  )
}
