// Does something that may fail, and says what became of it where every act of the page is told.

import { useState } from 'react'
import { Problem } from '../../parts/api.ts'
import type { Toast } from '../mailstate.ts'
import { useMail } from '../words.ts'
import { words as w } from './words.ts'

export function useActing(): { isBusy: boolean; act(deed: () => Promise<Toast | undefined>): Promise<boolean> } {
  const mail = useMail()
  const [isBusy, setIsBusy] = useState(false)
  return {
    isBusy,
    async act(deed) {
      setIsBusy(true)
      try {
        const toast = await deed()
        if (toast) mail.toast.set(toast)
        return true
      } catch (error) {
        mail.toast.set({ text: w.failed(reasonOf(error)) })
        return false
      } finally {
        setIsBusy(false)
      }
    },
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Problem && error.status === 0) return w.unreachable
  return error instanceof Error ? error.message : ''
}
