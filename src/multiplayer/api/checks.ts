// What a MultiplayerAPI cannot be given is refused, with what to give instead.

import { NetError } from '../../net/errors.ts'
import { MultiplayerPeer } from '../multiplayer-peer.ts'
import { ConnectionStatus } from '../types.ts'
import type { PeerAuthentication } from './authentication.ts'
import { MAX_AUTH_TIMEOUT_MS } from './constants.ts'

/** @throws {NetError} ERR_INVALID_PARAMETER */
export function checkAuthTimeout(ms: number): void {
  // Timers of more ring at once, again and again.
  if (ms >= 0 && ms <= MAX_AUTH_TIMEOUT_MS) return
  const range = `0 (for ever) to ${MAX_AUTH_TIMEOUT_MS}`
  throw new NetError('ERR_INVALID_PARAMETER', `authTimeoutMs is ${range}, not ${ms}.`)
}

/** @throws {NetError} ERR_INVALID_PARAMETER */
export function checkSealing(seals: boolean, authentication: PeerAuthentication | undefined): void {
  if (!seals || authentication?.signsBinding === true) return
  const what = 'Who passes on could put itself in between of two that seal and do not know who they are'
  throw new NetError('ERR_INVALID_PARAMETER', `${what}: \`sealRelayed\` needs \`authentication: identify(…)\`.`)
}

/** @throws {NetError} ERR_INVALID_PARAMETER */
export function checkPeer(peer: MultiplayerPeer): void {
  if (!(peer instanceof MultiplayerPeer)) {
    throw new NetError('ERR_INVALID_PARAMETER', '`multiplayerPeer` is a MultiplayerPeer.')
  }
  if (peer.connectionStatus === ConnectionStatus.Disconnected) {
    throw new NetError('ERR_INVALID_PARAMETER', 'The peer is disconnected: create or join something with it first.')
  }
}
