// Copies a value, and says so.

import { useMail } from '../words.ts'
import { words as w } from './words.ts'

export function CopyButton({ name, value }: { name: string; value: string }) {
  const { toast } = useMail()
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(value)
      toast.set({ text: w.copied })
    } catch {
      toast.set({ text: w.notCopied })
    }
  }
  return (
    <button type="button" className="btn sm" aria-label={`${w.copy} ${name}`} onClick={() => void copy()}>
      {w.copy}
    </button>
  )
}
