// What a WebRTCMultiplayerPeer is given, and what it tells those who make its connections meet.

import type { Clock } from '../net/clock.ts'
import type { IceServer } from '../net/drivers/driver.ts'
import type { NetError } from '../net/errors.ts'
import type { LaneSettings } from '../net/link/lanes.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import type { Random } from '../net/random.ts'
import type { DisconnectReason, PatienceOptions } from './types.ts'

/** What `new WebRTCMultiplayerPeer` takes. */
export interface WebRTCMultiplayerPeerOptions extends PatienceOptions {
  /** True (default): events and packets come as they arrive. False: they wait, bounded, for `poll`. */
  readonly autoPoll?: boolean
  readonly clock?: Clock
  readonly random?: Random
  /**
   * Lanes beside `control` (priority 0), `gameplay` (1) and `bulk` (2), by name; at most 13. Lanes of priority 2 and more
   * are paced like bulk. Both sides need the same names only where a lane's name is looked at (`tap`, `progress`).
   */
  readonly lanes?: Readonly<Record<string, LaneSettings>>
  /**
   * Whether bulk gets a connection of its own when it is first sent (default), so that the game does not wait for the
   * transfer when packets are lost. Without it, or where it cannot be made, bulk is paced on the first one.
   */
  readonly bulkConnection?: boolean
  /** A server: whether it passes packets on between its clients (Godot: server_relay). Default true. */
  readonly serverRelay?: boolean
  /** A member of a mesh: whether it passes packets on between others that cannot connect. Default true. */
  readonly relay?: boolean
  /**
   * Whether what goes to and from others by way of a third is sealed: see docs/relay.md. All peers need the same, and whoever
   * knows who they are: MultiplayerAPI with `identify`. Default false.
   */
  readonly sealRelayed?: boolean
  /** Called at once, also with `autoPoll: false`: for those who make the connections meet. */
  readonly hooks?: ConnectionHooks
}

/** How it is with a peer that was added. */
export interface ConnectedPeer {
  /** The one in use: another may take its place. */
  readonly connection: WebRTCPeerConnection
  readonly connected: boolean
  /** Connected, but nothing is heard of it for the moment. */
  readonly reconnecting: boolean
}

/** For those who make connections meet, such as `joinRoom`: what they are told and asked. */
export interface ConnectionHooks {
  connected?(id: number): void
  /** A peer that was added could not be connected to. True: it is dialled again, and nobody else is told. */
  failed?(id: number, error: NetError): boolean
  /** In a mesh: whether a peer belongs here, which another one offers to pass packets on for. Without it none does. */
  wantsRelayed?(id: number): boolean
  /** A peer that was reached over another one is not any more. `isSpoiled`: the other one changed or withheld what is sealed. */
  relayLost?(id: number, reason: DisconnectReason, isSpoiled: boolean): void
  /** A peer is to be reached again: by `connection.restartIce`, or by `replaceConnection`. Without it a lost connection ends it. */
  reconnecting?(id: number): void
  /** It is there again, or gone. */
  settled?(id: number): void
  /**
   * The ICE servers for a peer's bulk connection, which may be made long after the first: a relay's credentials do not last.
   * `undefined`, or without it: those of the first.
   */
  iceServers?(): readonly IceServer[] | undefined
}
