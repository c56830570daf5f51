// Keys while an input method composes belong to the input method, never to us.      design/ui.md section 4
//
// Browsers differ: most say isComposing or keyCode 229; Safari ends the composition before the keydown of the
// Enter that ended it, so a field that acts on Enter also asks `justComposed`.

import type { CompositionEvent, KeyboardEvent } from 'react'

type AnyKey = Pick<globalThis.KeyboardEvent, 'isComposing' | 'keyCode'>

/** Whether a key was pressed to the input method. */
export function isComposing(event: KeyboardEvent | globalThis.KeyboardEvent): boolean {
  const native: AnyKey = 'nativeEvent' in event ? event.nativeEvent : event
  return native.isComposing || native.keyCode === 229 || justComposed
}

let justComposed = false

/** Handlers for a field or a form: they see the end of a composition before its last key comes. */
export const composition = {
  onCompositionEnd(_event: CompositionEvent): void {
    justComposed = true
    setTimeout(() => (justComposed = false))
  },
}
