// The room as its users see it. Entered by join-room.ts, implemented by room.ts.

import type { Clock } from '../net/clock.ts'
import type { NodeConfiguration, WebRTCDriver } from '../net/drivers/driver.ts'
import type { Emitter } from '../net/emitter.ts'
import type { NetError } from '../net/errors.ts'
import type { LaneSettings } from '../net/link/lanes.ts'
import type { Random } from '../net/random.ts'
import type { PlayerPresence, PresenceChange, Properties } from '../net/signaling/presence.ts'
import type { RoomQuery, SignalingTransport } from '../net/signaling/transport.ts'
import type { PeerAuthentication } from './api/authentication.ts'
import type { IceServersOption } from './ice-servers.ts'
import type { LaneName } from './lane-names.ts'
import type { RpcStats } from './rpc/rpc-service.ts'
import type { RpcDefinitions, RpcSetOptions, Rpcs } from './rpc/types.ts'
import type { RoomClock } from './time/room-clock.ts'
import type { Ticker, TickerOptions } from './time/ticker.ts'
import type {
  DisconnectReason,
  PacketValue,
  PatienceOptions,
  PeerStats,
  SendOptions,
  TapEvent,
  TransferMode,
  TransferProgress,
} from './types.ts'

/** What a room tells. */
export type RoomEvents = {
  /** A peer can be sent to. Never after one of its packets. */
  peerConnected: (id: number) => void
  /**
   * Nothing is heard of a peer that is connected. It is tried to reach it again: what is sent reliably waits meanwhile, what
   * is not is dropped. `peerReconnected` or `peerDisconnected` follows.
   */
  peerReconnecting: (id: number) => void
  /** It is there again, and nothing reliable was lost. */
  peerReconnected: (id: number) => void
  /** A peer that was connected is gone. */
  peerDisconnected: (id: number, reason: DisconnectReason) => void
  /** A peer connected, and is to be authenticated before it is let in. Only with `authentication`. */
  peerAuthenticating: (id: number) => void
  /** It was refused, took too long, or left meanwhile. Of it no `peerConnected` came. */
  peerAuthenticationFailed: (id: number, error: NetError) => void
  /** A peer defines RPCs otherwise than this one, so those cannot be called there: what differs, in sentences. */
  rpcMismatch: (id: number, differences: readonly string[]) => void
  /** A packet: the value that the remote sent, or a Uint8Array for `sendBytes`. */
  packet: (value: PacketValue, from: number, mode: TransferMode, channel: number) => void
  /** How far a large reliable packet has come, in or out: each 64 KiB, and at its end. */
  progress: (progress: TransferProgress) => void
  /** A peer of the room could not be reached. `error` says in which phase it failed, see `error.diagnosis`. */
  connectionFailed: (id: number, error: NetError) => void
  /** Something that is not fatal: a bad packet, a refused request. */
  error: (error: NetError) => void
  /**
   * The link to signaling broke. It is being made again by itself; peers that are connected stay so, nobody new can come
   * meanwhile. `signalingRestored` or `signalingLost` follows.
   */
  signalingInterrupted: (error: NetError) => void
  /** The link to signaling stands again: this peer kept its place, and the room learns what happened meanwhile. */
  signalingRestored: () => void
  /** The link to signaling is gone for good. Peers that are connected stay so; nobody new can come. */
  signalingLost: (error: NetError) => void
  /** The room's host, seal, metadata or publicity changed. */
  roomChanged: () => void
  /** What `players` says of a player changed, or it is new there. */
  presenceChanged: (id: number, presence: PlayerPresence) => void
  /** A player is in the room no more, and no longer in `players`. */
  playerLeft: (id: number) => void
  /** The room is over for this peer. `error` is undefined after `leave()`. Always the last event. */
  closed: (error: NetError | undefined) => void
}

/** A room that this peer is in: who else is there, what goes to them, and what comes from them. See `joinRoom`. */
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
  /** Whether it is listed, and found by a quick match. */
  readonly public: boolean
  /** Whether it asks newcomers for a password. */
  readonly locked: boolean
  /** What the room is, for those who look for one. */
  readonly metadata: Properties
  /**
   * What the others in the room say of themselves, by id: everybody that signaling knows, connected or not, in a star the
   * other clients too. Without this peer. The names were chosen by players: show them as text.
   */
  readonly players: ReadonlyMap<number, PlayerPresence>
  /**
   * With which this peer can come back: `joinRoom({ signaling, place })` takes its place over, with the same id, after its
   * page was loaded anew or its process restarted. A secret, good for one return within the server's grace time (30 s), and
   * another one after each `signalingRestored`. Undefined where signaling keeps no places.
   */
  readonly place: string | undefined
  /** The ids of the connected peers, in ascending order, without this one. */
  readonly peers: readonly number[]
  /**
   * The room's time, the same for all but for a few ms: it is the host's, and goes on when the host changes. From the first use
   * on this peer asks the host for it, so use it on every peer that plays. See docs/time.md.
   */
  readonly clock: RoomClock
  /**
   * Steps of equal length in the room's time, with the same number on every peer. It ticks from its `start()` until its
   * `stop()` or the end of the room. @throws {NetError} ERR_INVALID_PARAMETER
   */
  ticker(options: TickerOptions): Ticker
  /** Sends a value (anything msgpack can carry). Returns whether to go on; false: the peer's buffer is filling. */
  send(value: PacketValue, options?: SendOptions): boolean
  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array, options?: SendOptions): boolean
  /**
   * Defines RPCs and returns the functions that call them: see `rpc`. All peers define the same, in any order; further ones
   * can follow at any time, each set under a name of its own.
   * @throws {NetError} ERR_ALREADY_IN_USE: there is such a set. ERR_INVALID_PARAMETER, ERR_OUT_OF_MEMORY: what cannot be.
   */
  rpcs<Definitions extends RpcDefinitions>(definitions: Definitions, options?: RpcSetOptions): Rpcs<Definitions>
  /** Counters about RPCs. They only grow. */
  readonly rpcStats: RpcStats
  /** Hands over what was sent now, not at the end of the task. */
  flush(): void
  /**
   * Resolves when a lane takes more, after `send` returned false: for everyone, or for the peers that `to` means, as in
   * `send`. Default lane: `gameplay`. Peers that are gone are not waited for.
   * @throws {NetError} ERR_INVALID_PARAMETER: no such lane. ERR_UNCONFIGURED: the room is over.
   */
  drained(lane?: LaneName, to?: number): Promise<void>
  /** Figures about one connected peer. @throws {NetError} ERR_DOES_NOT_EXIST */
  stats(id: number): PeerStats
  /**
   * Hears of every frame to and from a peer, with time, size, lane and mode, for inspectors and captures. One listener a
   * peer; `undefined` ends it. It costs nothing while nobody listens. @throws {NetError} ERR_DOES_NOT_EXIST
   */
  tap(id: number, listener: ((frame: TapEvent) => void) | undefined): void
  /** With `autoPoll: false`: delivers the events and packets that wait. */
  poll(): void
  /** Ends the connection to one peer. It is told. */
  disconnectPeer(id: number): void
  /** Closes the room for newcomers, or opens it (host only). @throws {NetError} ERR_UNAUTHORIZED, ERR_UNAVAILABLE (`signalingLost`) */
  seal(sealed?: boolean): void
  /**
   * Throws a peer out of the room: everyone ends the connection to it, and its room closes with ERR_KICKED (host only).
   * With `ban` it cannot come back: the server holds on to the subject of its ticket, or to its address.
   * @throws {NetError} ERR_UNAUTHORIZED, ERR_UNAVAILABLE (signaling cannot)
   */
  kick(id: number, options?: { readonly ban?: boolean }): void
  /** Describes the room anew, altogether (host only). @throws {NetError} ERR_UNAUTHORIZED, ERR_INVALID_PARAMETER, ERR_UNAVAILABLE */
  setMetadata(metadata: Properties): void
  /** Lists the room, or hides it (host only). @throws {NetError} ERR_UNAUTHORIZED, ERR_UNAVAILABLE */
  setPublic(isPublic: boolean): void
  /**
   * Tells the others this player's name or properties. What is left out stays; whether the page is visible is told by
   * itself.
   * @throws {NetError} ERR_INVALID_PARAMETER (too long), ERR_UNAVAILABLE (signaling cannot, or is gone: `signalingLost`)
   */
  setPresence(presence: Pick<PresenceChange, 'name' | 'properties'>): void
  /** Says goodbye to everyone and closes all connections. Resolves when done, within half a second. */
  leave(): Promise<void>
}

/** How signaling is reached. */
export interface SignalingOptions {
  /** A `ws:` or `wss:` URL of a signaling server, or any SignalingTransport. */
  readonly signaling: string | SignalingTransport
  /** Shown to the signaling server. */
  readonly token?: string | undefined
  /** Aborting it rejects with ERR_ABORTED; afterwards it has no effect. */
  readonly signal?: AbortSignal | undefined
  /** Time and chance, for tests. */
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

/** Which of the public rooms `listRooms` gives. */
export interface ListRoomsOptions extends SignalingOptions, RoomQuery {}

/** See `quickMatch`. */
export type QuickMatchOptions = Omit<JoinRoomOptions, 'room' | 'place' | 'password' | 'public'>

/** What `joinRoom` and `hostRoom` take. */
export interface JoinRoomOptions extends SignalingOptions, PatienceOptions {
  /** The code of the room to join. Left out: a new room is opened. */
  readonly room?: string | undefined
  /** The place to come back to: what `room.place` was. Then nothing else is needed to enter. */
  readonly place?: string | undefined
  /** Of the room to join, or for a new one: 1 to 128 characters. */
  readonly password?: string | undefined
  /** What the others see of this player. */
  readonly presence?: Pick<PresenceChange, 'name' | 'properties'> | undefined
  /** For a new room. Default 'mesh'. */
  readonly topology?: 'mesh' | 'star' | undefined
  /** For a new room: how many peers it takes, this one included. 1 to 256, default 16. */
  readonly maxPeers?: number | undefined
  /** For a new room: whether it is listed, and found by a quick match. Default false. */
  readonly public?: boolean | undefined
  /** For a new room: what it is (mode, map, region …). At most 16 properties, and 1,024 characters as JSON. */
  readonly metadata?: Properties | undefined
  /**
   * For a new star: whether it ends when its host leaves ('close', the default), or waits for the host to come back to its
   * `place`, for the server's time for that (five minutes).
   */
  readonly whenHostLeaves?: 'close' | 'wait' | undefined
  /** STUN and TURN servers, or a function that is asked before every connection. Default: those that signaling recommends. */
  readonly iceServers?: IceServersOption | undefined
  /** `relay`: only TURN routes, so that the others learn no address of this peer. Default `all`. */
  readonly iceTransportPolicy?: 'all' | 'relay' | undefined
  /** Lanes beside `control`, `gameplay` and `bulk`: see WebRTCMultiplayerPeerOptions. */
  readonly lanes?: Readonly<Record<string, LaneSettings>> | undefined
  /** Whether bulk gets a connection of its own: see WebRTCMultiplayerPeerOptions. Default true. */
  readonly bulkConnection?: boolean | undefined
  /**
   * For the host of a star: whether it passes packets on between the others, who then are each other's peers (Godot:
   * server_relay). Default true.
   */
  readonly serverRelay?: boolean | undefined
  /**
   * For a mesh: whether this peer passes packets on between two others that cannot connect. Default true. Whether it is reached
   * over another one itself is not asked.
   */
  readonly relay?: boolean | undefined
  /**
   * Whether packets that another peer passes on are sealed from end to end, so that it can neither read nor change them: see
   * docs/relay.md. Needs `authentication: identify(…)`; all peers of the room give it, or none. Default false.
   */
  readonly sealRelayed?: boolean | undefined
  /** Channels beyond the default pair, each with its mode; `channel: n` in `send` is the n-th. */
  readonly channels?: readonly TransferMode[] | undefined
  /** True (default): events and packets arrive as they come. False: they wait, bounded, for `poll()`. */
  readonly autoPoll?: boolean | undefined
  /**
   * Whether a page that is closed or loaded anew keeps its place in the room, for the server's grace time, so that it can come
   * back with `room.place`. It says goodbye to its peers either way. Default false: it leaves the room, as with `leave`.
   */
  readonly keepPlace?: boolean | undefined
  /**
   * How this side finds out who a peer is before it is let in (Godot: auth_callback). All peers of the room need one. Default:
   * everyone whom signaling lets in.
   */
  readonly authentication?: PeerAuthentication | undefined
  /** How long two peers may take to authenticate each other, in ms; 0 for ever. Default 3,000. */
  readonly authTimeoutMs?: number | undefined
  /** Options of the Node driver. */
  readonly node?: NodeConfiguration | undefined
  /** The WebRTC implementation. Default: that of `setDefaultExtension`, or the platform's own. */
  readonly driver?: WebRTCDriver
}
