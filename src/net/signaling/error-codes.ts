// Error codes that come as text over the wire, checked against the union.

import type { NetErrorCode } from '../errors.ts'
import { NetError } from '../errors.ts'

/** Every code once; the type makes sure that none is missing. */
const CODES: Readonly<Record<NetErrorCode, true>> = {
  ERR_UNCONFIGURED: true,
  ERR_INVALID_PARAMETER: true,
  ERR_INVALID_DATA: true,
  ERR_ALREADY_IN_USE: true,
  ERR_UNAVAILABLE: true,
  ERR_UNAUTHORIZED: true,
  ERR_DOES_NOT_EXIST: true,
  ERR_FILE_CANT_WRITE: true,
  ERR_OUT_OF_MEMORY: true,
  ERR_CONNECTION_ERROR: true,
  ERR_TIMEOUT: true,
  ERR_ABORTED: true,
  ERR_WEBRTC_UNSUPPORTED: true,
  ERR_DRIVER_MISSING: true,
  ERR_SIGNALING_URL: true,
  ERR_SIGNALING_UNREACHABLE: true,
  ERR_SIGNALING_PROTOCOL: true,
  ERR_ROOM_NOT_FOUND: true,
  ERR_ROOM_FULL: true,
  ERR_ROOM_SEALED: true,
  ERR_ROOM_CLOSED: true,
  ERR_KICKED: true,
  ERR_TOKEN_REFUSED: true,
  ERR_RATE_LIMITED: true,
  ERR_RPC_MISMATCH: true,
  ERR_RPC_FAILED: true,
}

/** An error that the other side reported. A code that this version does not know becomes ERR_SIGNALING_PROTOCOL. */
export function remoteError(code: string, message: string): NetError {
  if (Object.hasOwn(CODES, code)) return new NetError(code as NetErrorCode, message)
  return new NetError('ERR_SIGNALING_PROTOCOL', `The signaling server reported "${code}": ${message}`)
}
