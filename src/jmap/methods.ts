// The methods of JMAP, all of them: a method that is not in this list does not exist.

import type { Method } from './method.ts'
import { coreEcho } from './methods/core-echo.ts'

export const methods: readonly Method[] = [coreEcho]
