// The vocabulary of `multiplayer`: Godot's names (MultiplayerPeer), as constant objects with a type of the same name.

import type { PacketValue } from '../net/codec/codec.ts'
import type { StateChange } from '../net/connection-history.ts'
import type { TappedFrame } from '../net/link/tap.ts'
import type { ChannelStateChange, RouteStats, TrafficStats } from '../net/statistics.ts'
import type { LaneName } from './lane-names.ts'

/** How a packet travels (Godot: MultiplayerPeer.TransferMode). */
export const TransferMode = {
  /** May be lost, may overtake others; never waits. */
  Unreliable: 0,
  /** May be lost; a packet that comes later than a newer one is dropped. Never waits. */
  UnreliableOrdered: 1,
  /** Arrives once, in order. */
  Reliable: 2,
} as const
export type TransferMode = (typeof TransferMode)[keyof typeof TransferMode]

/** Godot: MultiplayerPeer.ConnectionStatus. */
export const ConnectionStatus = { Disconnected: 0, Connecting: 1, Connected: 2 } as const
export type ConnectionStatus = (typeof ConnectionStatus)[keyof typeof ConnectionStatus]

/** The target that means everyone (Godot: MultiplayerPeer.TARGET_PEER_BROADCAST). */
export const TARGET_PEER_BROADCAST = 0
/** The target that means the server or star host (Godot: MultiplayerPeer.TARGET_PEER_SERVER). */
export const TARGET_PEER_SERVER = 1

/** Where and how to send. */
export interface SendOptions {
  /** 0: every connected peer (default). n: that peer. -n: every one but that peer. A list: those peers. */
  readonly to?: number | readonly number[]
  /** Default: Reliable. On a user channel: that channel's mode. */
  readonly mode?: TransferMode
  /** 0 is the default pair of channels; n is the n-th channel of `channels`. Default 0. */
  readonly channel?: number
  /**
   * Reliable packets on channel 0: what goes before what. `control` before `gameplay` before `bulk`, which is paced so that
   * it is not felt in the game; each lane keeps its own order. Default: `bulk` from 32 KiB on, else `gameplay`.
   */
  readonly lane?: LaneName
  /** Unreliable: a packet that still waits with the same key is replaced, as an older state of the same ship. */
  readonly key?: string | number
  /**
   * Unreliable: called once for each peer that it goes to, with whether it arrived. Within a second and a half; what is
   * called lost may have come all the same, what is called delivered has.
   */
  readonly receipt?: (delivered: boolean, peer: number) => void
}

/** How long a peer of which nothing is heard is waited for. */
export interface PatienceOptions {
  /** Silence after which a peer is reconnecting, in ms, 1,000 to 30,000. Default 1,000. */
  readonly suspicionMs?: number | undefined
  /**
   * How long a peer may be reconnecting until it is gone, in ms, 0 to 120,000. Default 15,000. It counts on this side only:
   * give all peers the same.
   */
  readonly graceMs?: number | undefined
}

/** How far a large reliable packet has come. */
export interface TransferProgress {
  readonly peer: number
  readonly direction: 'in' | 'out'
  readonly lane: LaneName
  readonly bytes: number
  readonly totalBytes: number
}

/** A frame that went to a peer or came from it. */
export type TapEvent = Omit<TappedFrame, 'lane'> & { readonly peer: number; readonly lane: LaneName }

/**
 * Why a peer is gone.
 * - `left`: it said goodbye (it left the room or closed its page).
 * - `kicked`: this side disconnected it.
 * - `disconnected_by_remote`: it disconnected this side.
 * - `timeout`: nothing was heard from it for too long.
 * - `connection_lost`: the connection beneath failed or closed.
 * - `protocol_error`: it sent too much that could not be understood.
 * - `buffer_overflow`: it does not take what is sent, or does not stop sending.
 */
export type DisconnectReason =
  | 'left'
  | 'kicked'
  | 'disconnected_by_remote'
  | 'timeout'
  | 'connection_lost'
  | 'protocol_error'
  | 'buffer_overflow'

/** Figures about one of a peer's channels. */
export interface PeerChannelStats extends TrafficStats {
  /** As in `send`: 0 for the default pair, n for the n-th of `channels`. */
  readonly channel: number
  /** `Reliable`, or how a user channel was set up; for the default unreliable channel `Unreliable`. */
  readonly mode: TransferMode
  /** The states of the data channel, with their times; the last is the present one. */
  readonly history: readonly ChannelStateChange[]
}

/** Figures about one peer: its own, and the sums over its channels. Counters only grow; a rate is the difference of two. */
export interface PeerStats extends TrafficStats {
  readonly id: number
  /** `reconnecting`: connected, but nothing is heard of it for the moment, or of the peer over whom it is reached. */
  readonly state: 'connecting' | 'connected' | 'reconnecting'
  /** The peer that passes everything on, such as the host of a star; `undefined`: the connection is direct. */
  readonly via: number | undefined
  /** The changes of its connection's states, with their times in ms by the room's clock. The last 64 at most. */
  readonly history: readonly StateChange[]
  /** The types of the candidates in use. At most 2 s old; `undefined` until known. */
  readonly route: RouteStats | undefined
  /**
   * Smoothed round-trip time on the unreliable channel, ms. `undefined` until measured. With `via`: the whole way, of a room's
   * `stats` alone, measured each 2 s (of more than 16 such peers 8 a second in turn) while they are looked at, if the peer knows the room's time (it uses `room.clock`).
   */
  readonly roundTripTimeMs: number | undefined
  /** Mean deviation of the round-trip time, ms. */
  readonly roundTripVariationMs: number | undefined
  /** Share of the remote's recent unreliable messages that did not arrive here, 0 to 1. `undefined` with `via`. */
  readonly lossIn: number | undefined
  /** The same for ours, as the remote reports it. `undefined` with `via`. */
  readonly lossOut: number | undefined
  /** How long a packet waits in the path at the moment, in ms, beside the time that the way takes. With `via`: in the path to that peer. */
  readonly queueMs: number
  /** Whether bulk has a connection of its own: from the first bulk on, where one can be made. */
  readonly bulkRoute: 'own' | 'shared'
  /** An estimate of what the path takes, bytes a second: send less detail rather than late detail. With `via`: the path to that peer. */
  readonly capacityBytesPerSecond: number | undefined
  /** The default reliable channel, the default unreliable one, then the user channels. */
  readonly channels: readonly PeerChannelStats[]
}

export type { PacketValue }
