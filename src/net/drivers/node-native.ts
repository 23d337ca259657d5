// node-datachannel itself: loaded when it is first needed, with what it needs so as not to take the process with it. It
// aborts when a callback throws, and may crash when a connection or channel that is still alive is garbage collected.

import { createRequire } from 'node:module'
import type * as ndc from 'node-datachannel'
import { reportUncaught } from '../emitter.ts'
import { NetError } from '../errors.ts'
import { SCTP_SEND_BUFFER_SIZE } from './constants.ts'

/** Everything that is not closed yet: what the native library needs to be kept from garbage collection. */
export const alive = new Set<object>()

let native: typeof ndc | undefined

export function loadNative(): typeof ndc {
  if (native) return native
  try {
    native = createRequire(import.meta.url)('node-datachannel') as typeof ndc
  } catch (cause) {
    throw new NetError(
      'ERR_DRIVER_MISSING',
      'WebRTC in Node needs the package node-datachannel: run `npm install node-datachannel`.',
      { cause },
    )
  }
  // Global to the process, and only for connections made afterwards.
  native.setSctpSettings({ sendBufferSize: SCTP_SEND_BUFFER_SIZE })
  return native
}

/** What a native callback runs: nothing may be thrown into the native library. */
export function guarded<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (error) {
      reportUncaught(error)
    }
  }
}
