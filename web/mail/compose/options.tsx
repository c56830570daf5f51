// Priority and receipts.

import { useCell } from '../../parts/cell.ts'
import type { Composition } from './composition.ts'
import type { Priority } from './draft.ts'
import { Menu } from './menu.tsx'
import { words as w } from './words.ts'

const priorities: readonly Priority[] = ['high', 'normal', 'low']

export function Options({ composition }: { composition: Composition }) {
  const { priority, wantsReceipt } = useCell(composition.draft)
  return (
    <Menu label={w.options}>
      {() => (
        <>
          <fieldset>
            <legend>{w.priority}</legend>
            {priorities.map((one) => (
              <label key={one} className="opt">
                <input
                  type="radio"
                  className="checkbox"
                  name="compose-priority"
                  checked={priority === one}
                  onChange={() => composition.change({ priority: one })}
                />
                {w[one]}
              </label>
            ))}
          </fieldset>
          <fieldset>
            <label className="opt">
              <input
                type="checkbox"
                className="checkbox"
                checked={wantsReceipt}
                onChange={(event) => composition.change({ wantsReceipt: event.target.checked })}
              />
              {w.receipt}
            </label>
          </fieldset>
        </>
      )}
    </Menu>
  )
}
