// Listens to the keyboard for the whole page.
//
// Invariants: nothing happens while an input method composes, while a dialog is open or a field has the focus (but
// for Ctrl and a letter); the list's own keys (arrows, Space) are the list's.

import { useEffect } from 'react'
import { isComposing } from '../../parts/composing.ts'
import type { Mail } from '../mailstate.ts'
import { preferences } from '../preferences.ts'
import { acts, isInReader } from './commands.ts'
import { openKeymap } from './map.ts'

export function useKeys(mail: Mail): void {
  useEffect(() => {
    const find = openKeymap()
    function pressed(event: KeyboardEvent): void {
      if (event.defaultPrevented || isComposing(event)) return
      const target = event.target instanceof HTMLElement ? event.target : document.body
      const isCtrl = event.ctrlKey || event.metaKey
      if (document.querySelector('dialog[open]') || (!isCtrl && isField(target))) return
      const { compose, place } = mail.route.get()
      const isList = place !== 'settings' && place !== 'contacts' && place !== 'outbox'
      if ((compose || !isList) && !isCtrl) return // there is no list to act on
      if (event.key === 'Escape' && document.querySelector(':popover-open')) return
      // Enter and Space press what has the focus.
      if ((event.key === 'Enter' || event.key === ' ') && target.id !== 'list' && target !== document.body) return
      if (!isCtrl && event.key !== 'Escape' && event.key !== 'Enter' && !preferences.get().shortcuts) return
      if (event.key === ' ' && isInReader()) return
      const command = find(event, performance.now(), isInReader() ? 'reader' : 'list')
      if (!command) return
      event.preventDefault()
      void acts[command](mail)
    }
    document.addEventListener('keydown', pressed)
    return () => document.removeEventListener('keydown', pressed)
  }, [mail])
}

function isField(target: HTMLElement): boolean {
  return (
    target.isContentEditable ||
    /^(?:TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && !/^(?:checkbox|radio|button)$/.test(target.type))
  )
}
