// One error class for everything that the user can meet. `code` is for programs, `message` for people.

import type { Diagnosis } from './diagnosis.ts'

/**
 * Why something was refused or failed. Names that begin with `ERR_` and exist in Godot's `Error` enum mean the same here.
 *
 * | code | meaning | try again? |
 * |---|---|---|
 * | ERR_UNCONFIGURED | called before it was set up, or after it was closed | after setting up |
 * | ERR_INVALID_PARAMETER | an argument is outside its range | with another argument |
 * | ERR_INVALID_DATA | bytes or text that cannot be understood | no |
 * | ERR_ALREADY_IN_USE | an id, a name or an object is taken | with another |
 * | ERR_UNAVAILABLE | nothing there now (no packet waits) | later |
 * | ERR_UNAUTHORIZED | refused by rights | no |
 * | ERR_DOES_NOT_EXIST | no such peer | no |
 * | ERR_FILE_CANT_WRITE | nothing can follow what was said (Godot's name for a late `send_auth`) | no |
 * | ERR_OUT_OF_MEMORY | larger than a limit | with less |
 * | ERR_CONNECTION_ERROR | a peer connection failed | yes |
 * | ERR_TIMEOUT | no answer in time | yes |
 * | ERR_ABORTED | the caller's `signal` was aborted | no |
 * | ERR_WEBRTC_UNSUPPORTED | this browser has no WebRTC, or it is switched off | in another browser |
 * | ERR_DRIVER_MISSING | no WebRTC driver, or `node-datachannel` is not installed | after installing it |
 * | ERR_SIGNALING_URL | the signaling URL is not a `ws:` or `wss:` URL | with another URL |
 * | ERR_SIGNALING_UNREACHABLE | the signaling server does not answer, or the link to it broke | yes |
 * | ERR_SIGNALING_PROTOCOL | the signaling server and this client do not understand each other | after an update |
 * | ERR_ROOM_NOT_FOUND | no room has that code | with another code |
 * | ERR_ROOM_FULL | the room holds as many peers as it may | later |
 * | ERR_ROOM_SEALED | the room takes no more peers | no |
 * | ERR_ROOM_CLOSED | the room ended | no |
 * | ERR_KICKED | the host removed this peer from the room, or keeps it out | no |
 * | ERR_TOKEN_REFUSED | the token was not accepted | with a new token |
 * | ERR_RATE_LIMITED | too many requests | later |
 * | ERR_RPC_MISMATCH | the peer defines an RPC otherwise, see the message | after an update |
 * | ERR_RPC_FAILED | the handler of an RPC threw an error | no |
 */
export type NetErrorCode =
  | 'ERR_UNCONFIGURED'
  | 'ERR_INVALID_PARAMETER'
  | 'ERR_INVALID_DATA'
  | 'ERR_ALREADY_IN_USE'
  | 'ERR_UNAVAILABLE'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_DOES_NOT_EXIST'
  | 'ERR_FILE_CANT_WRITE'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_CONNECTION_ERROR'
  | 'ERR_TIMEOUT'
  | 'ERR_ABORTED'
  | 'ERR_WEBRTC_UNSUPPORTED'
  | 'ERR_DRIVER_MISSING'
  | 'ERR_SIGNALING_URL'
  | 'ERR_SIGNALING_UNREACHABLE'
  | 'ERR_SIGNALING_PROTOCOL'
  | 'ERR_ROOM_NOT_FOUND'
  | 'ERR_ROOM_FULL'
  | 'ERR_ROOM_SEALED'
  | 'ERR_ROOM_CLOSED'
  | 'ERR_KICKED'
  | 'ERR_TOKEN_REFUSED'
  | 'ERR_RATE_LIMITED'
  | 'ERR_RPC_MISMATCH'
  | 'ERR_RPC_FAILED'

/** The error that Skein throws, rejects with and reports in events. */
export class NetError extends Error {
  override readonly name = 'NetError'
  /** What went wrong, for programs. */
  readonly code: NetErrorCode
  /** Of a peer connection that could not be made: in which phase it failed, and the likely cause. */
  readonly diagnosis: Diagnosis | undefined

  /** @param message A sentence that says what to do. */
  constructor(code: NetErrorCode, message: string, options: { cause?: unknown; diagnosis?: Diagnosis } = {}) {
    const { diagnosis, ...rest } = options
    super(message, rest)
    this.code = code
    this.diagnosis = diagnosis
  }
}

/** `error` as a NetError: itself if it is one, otherwise wrapped with `code` and `message`. */
export function toNetError(error: unknown, code: NetErrorCode, message: string): NetError {
  return error instanceof NetError ? error : new NetError(code, message, { cause: error })
}
