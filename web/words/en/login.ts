// The sign-in page.

import type { words as chinese } from '../zh-Hant/login.ts'
import type { Same } from '../words.ts'

export const words: Same<typeof chinese> = {
  title: (place) => `Sign in · ${place}`,
  heading: 'Sign in',
  product: 'Postern mail',
  wall: 'Announcements',
  promise: 'We never ask for your password by mail.',
  warning:
    'A message that asks you to “verify your mailbox” or “extend your quota” is a trick: do not follow its link and do not send a password; ask your IT office.',
  account: 'Account',
  accountHint: 'Your whole mail address, such as name@uni.example',
  password: 'Password',
  showPassword: 'Show password',
  hidePassword: 'Hide password',
  signIn: 'Sign in',
  signingIn: 'Signing in…',
  otherLanguage: '中文',
  missing: 'Enter your account and password.',
  unreachable: 'The server cannot be reached. Check the network and press “Sign in” again.',
  keyboard: 'On-screen keyboard',
  keyboardIs: 'On-screen keyboard; the keys are shuffled each time it opens',
  capitals: 'Capitals',
  symbols: 'Symbols',
  typed: (n) => `${n} ${n === 1 ? 'character' : 'characters'} typed`,
  backspace: 'Backspace',
  clear: 'Clear',
  ended: 'You were signed out after inactivity. Sign in again; what you were writing is kept.',
}
