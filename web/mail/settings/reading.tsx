// How mails are shown first.

import { useCell } from '../../parts/cell.ts'
import { choose, preferences } from '../preferences.ts'
import { OneOf, useKeeping } from './fields.tsx'
import { words as w } from './words.ts'
import css from './settings.module.css'

export function Reading() {
  const { reading } = useCell(preferences)
  const { keep } = useKeeping()
  return (
    <div className={css['form']}>
      <OneOf
        legend={w.readingMode}
        options={[
          ['plain', w.readPlain],
          ['html', w.readHtml],
        ]}
        chosen={reading}
        choose={(wanted) => void keep(() => choose({ reading: wanted }))}
        hint={w.readHint}
      />
    </div>
  )
}
