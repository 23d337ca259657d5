// What is told of a connection to a peer that could not be made: the phase, the likely cause, and the whole diagnosis.

import { inWords } from '../net/diagnosis.ts'
import { NetError, type NetErrorCode } from '../net/errors.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'

/** @param what The beginning of the sentence: that it failed, and with whom. */
export function connectionFailure(
  code: NetErrorCode,
  what: string,
  connection: WebRTCPeerConnection,
  cause?: unknown,
): NetError {
  const diagnosis = connection.diagnose()
  const { phase, outcome } = diagnosis
  let why = diagnosis.cause
  if (phase !== undefined) why = `it failed in ${inWords(phase)}. ${why}`
  else if (outcome !== 'new') {
    why =
      'the connection stood, but not all of its channels were opened and greeted on. Do both sides run the same version?'
  }
  return new NetError(code, `${what}: ${why}`, { diagnosis, ...(cause !== undefined && { cause }) })
}
