// SieveScript/validate                                                           RFC 9661 §2.6

import { directoryLimits } from '../../directory/limits.ts'
import { readText } from '../arguments.ts'
import { method, MethodError, SetRefusal } from '../method.ts'
import { readScript, sieveCapability } from '../scriptobjects.ts'

export const sieveScriptValidate = method<string>({
  name: 'SieveScript/validate',
  capability: sieveCapability,
  read: (args) => readText(args, 'blobId'),

  async run(call, blobId) {
    try {
      await readScript(call, blobId, directoryLimits.scriptBytes)
      return { accountId: call.accountId, error: null }
    } catch (error) {
      if (!(error instanceof SetRefusal)) throw error
      if (error.error.type === 'blobNotFound') throw new MethodError('invalidArguments', 'There is no such blob')
      return { accountId: call.accountId, error: error.error }
    }
  },
})
