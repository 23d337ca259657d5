// What a MultiplayerAPI is given, and what it tells.

import type { Clock } from '../../net/clock.ts'
import type { NetError } from '../../net/errors.ts'
import type { Random } from '../../net/random.ts'
import type { MultiplayerPeer, MultiplayerPeerEvents } from '../multiplayer-peer.ts'
import type { PeerAuthentication } from './authentication.ts'

/** What a MultiplayerAPI tells. Of peers it tells when they are admitted. */
export type MultiplayerAPIEvents = Pick<
  MultiplayerPeerEvents,
  'peerConnected' | 'peerDisconnected' | 'packet' | 'progress' | 'connectionFailed' | 'error'
> & {
  /** The server of this client's star is there (Godot: connected_to_server). `peerConnected(1)` follows. */
  connectedToServer: () => void
  /** It is gone (Godot: server_disconnected). `peerDisconnected(1)` came before. */
  serverDisconnected: () => void
  /** A peer connected, and is not admitted yet: it is to be authenticated. */
  peerAuthenticating: (id: number) => void
  /** A peer was refused, took too long, or left meanwhile. Of it no `peerConnected` came. */
  peerAuthenticationFailed: (id: number, error: NetError) => void
  /** A peer defines RPCs otherwise than this one, so those cannot be called there: what differs, in sentences. */
  rpcMismatch: (id: number, differences: readonly string[]) => void
}

/** What `new MultiplayerAPI` takes. */
export interface MultiplayerAPIOptions {
  /** Default: an OfflineMultiplayerPeer. */
  readonly multiplayerPeer?: MultiplayerPeer
  /** Default: everyone is admitted. */
  readonly authentication?: PeerAuthentication
  /** How long both sides may take for it, in ms, to 2,147,483,647; 0 for ever. Default 3,000. */
  readonly authTimeoutMs?: number
  readonly clock?: Clock
  readonly random?: Random
  /** The peer whose word counts. Default: 1. */
  readonly host?: () => number
  /** What the peers have in common, such as the room's code: for authentication. Default: nothing. */
  readonly session?: string
  /**
   * This side did not let a peer in. `via`: who passed on what it said, and may have said it itself; then nothing speaks against a
   * connection with it.
   */
  readonly refused?: (id: number, via: number | undefined) => void
  /** The time of `timed` RPCs, in ms; `undefined` while it is not known. Default: that of `clock`. */
  readonly time?: () => number | undefined
}
