// The room as its users see it. Entered by join-room.ts, implemented by room.ts.

import type { Clock } from '../net/clock.ts'
import type { IceServer, NodeConfiguration, WebRTCDriver } from '../net/drivers/driver.ts'
import type { Emitter } from '../net/emitter.ts'
import type { NetError } from '../net/errors.ts'
import type { LaneSettings } from '../net/link/lanes.ts'
import type { Random } from '../net/random.ts'
import type { SignalingTransport } from '../net/signaling/transport.ts'
import type { DisconnectReason, PacketValue, PeerStats, SendOptions, TransferMode } from './types.ts'

export type RoomEvents = {
  /** A peer can be sent to. Never after one of its packets. */
  peerConnected: (id: number) => void
  /** A peer that was connected is gone. */
  peerDisconnected: (id: number, reason: DisconnectReason) => void
  /** A packet: the value that the remote sent, or a Uint8Array for `sendBytes`. */
  packet: (value: PacketValue, from: number, mode: TransferMode, channel: number) => void
  /** A peer of the room could not be reached. `error` says in which phase it failed, see `error.diagnosis`. */
  connectionFailed: (id: number, error: NetError) => void
  /** Something that is not fatal: a bad packet, a refused request. */
  error: (error: NetError) => void
  /** The link to signaling is gone. Peers that are connected stay so; nobody new can come. */
  signalingLost: (error: NetError) => void
  /** The room's host or seal changed. */
  roomChanged: () => void
  /** The room is over for this peer. `error` is undefined after `leave()`. Always the last event. */
  closed: (error: NetError | undefined) => void
}

export interface Room extends Pick<Emitter<RoomEvents>, 'on' | 'once'> {
  /** This peer's id. */
  readonly id: number
  /** What others need to join. */
  readonly code: string
  readonly topology: 'mesh' | 'star'
  /** The peer that opened the room or took it over. In a star it is 1. */
  readonly host: number
  /** No newcomers are let in. */
  readonly sealed: boolean
  /** How many peers the room takes. */
  readonly maxPeers: number
  /** The ids of the connected peers, in ascending order, without this one. */
  readonly peers: readonly number[]
  /** Sends a value (anything msgpack can carry). Returns whether to go on; false: the peer's buffer is filling. */
  send(value: PacketValue, options?: SendOptions): boolean
  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array, options?: SendOptions): boolean
  /** Figures about one connected peer. @throws {NetError} ERR_DOES_NOT_EXIST */
  stats(id: number): PeerStats
  /** With `autoPoll: false`: delivers the events and packets that wait. */
  poll(): void
  /** Ends the connection to one peer. It is told. */
  disconnectPeer(id: number): void
  /** Closes the room for newcomers (host only). */
  seal(sealed?: boolean): void
  /** Says goodbye to everyone and closes all connections. Resolves when done, within half a second. */
  leave(): Promise<void>
}

export interface JoinRoomOptions {
  /** A `ws:` or `wss:` URL of a signaling server, or any SignalingTransport. */
  readonly signaling: string | SignalingTransport
  /** The code of the room to join. Left out: a new room is opened. */
  readonly room?: string | undefined
  /** For a new room. Default 'mesh'. */
  readonly topology?: 'mesh' | 'star' | undefined
  /** For a new room: how many peers it takes, this one included. */
  readonly maxPeers?: number | undefined
  /** Shown to the signaling server. */
  readonly token?: string | undefined
  /** STUN and TURN servers. Default: those that signaling recommends. */
  readonly iceServers?: readonly IceServer[] | undefined
  readonly iceTransportPolicy?: 'all' | 'relay' | undefined
  /** Lanes beside `control`, `gameplay` and `bulk`: see WebRTCMultiplayerPeerOptions. */
  readonly lanes?: Readonly<Record<string, LaneSettings>> | undefined
  /** Whether bulk gets a connection of its own: see WebRTCMultiplayerPeerOptions. Default true. */
  readonly bulkConnection?: boolean | undefined
  /** Channels beyond the default pair, each with its mode; `channel: n` in `send` is the n-th. */
  readonly channels?: readonly TransferMode[] | undefined
  /** True (default): events and packets arrive as they come. False: they wait, bounded, for `poll()`. */
  readonly autoPoll?: boolean | undefined
  /** Aborting it rejects with ERR_ABORTED; afterwards it has no effect. */
  readonly signal?: AbortSignal | undefined
  /** Options of the Node driver. */
  readonly node?: NodeConfiguration | undefined
  /** The WebRTC implementation. Default: that of `setDefaultExtension`, or the platform's own. */
  readonly driver?: WebRTCDriver
  /** Time and chance, for tests. */
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}
