// How many mails wait to leave, told anew when the server has news of them.

import { useEffect, useState } from 'react'
import { useMail } from '../words.ts'
import { countWaiting } from './submissions.ts'

export function useWaiting(): number {
  const { jmap } = useMail()
  const [count, setCount] = useState(0)
  useEffect(() => {
    const read = (): void => void countWaiting(jmap).then(setCount, () => undefined)
    read()
    return jmap.watch((accountId, states) => {
      if (accountId === jmap.account && states['EmailSubmission'] !== undefined) read()
    })
  }, [jmap])
  return count
}
