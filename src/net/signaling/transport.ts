// What brings peers together: the interface behind `joinRoom({ signaling })`. Its implementations lie beside it.

import type { Clock } from '../clock.ts'
import type { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { IceServer, ListedRoom, RoomFilter, RoomInfo, Signal, Topology } from './messages.ts'
import type { PlayerPresence, PresenceChange, Properties } from './presence.ts'

/** What a peer asks for when it comes: a new room, or one that exists. */
export type SignalingRequest = {
  /** Shown to the server. */
  readonly token?: string
  /** What the others see of this player. */
  readonly presence?: PresenceChange
} & (
  | ({
      readonly action: 'create'
      /** Whether the room is listed, and found by a quick match. */
      readonly public?: boolean
      readonly password?: string
    } & NewRoom)
  | { readonly action: 'join'; readonly room: string; readonly password?: string }
  /** Any open public room of this topology (and size, where `maxPeers` is given) with this metadata; else a new one. */
  | ({ readonly action: 'match' } & NewRoom)
  /** The place that this peer had before, with the connections of then gone. `place` is `SignalingSession.place`. */
  | { readonly action: 'resume'; readonly place: string }
)

/** What a new room is like. */
export interface NewRoom {
  readonly topology: Topology
  readonly maxPeers?: number
  readonly metadata?: Properties
  /** Of a star: whether it ends when its host leaves, or waits for the host to come back. Default 'close'. */
  readonly whenHostLeaves?: 'close' | 'wait'
}

/** What a member may ask for beside signaling. What is refused becomes an `error` event. */
export type MemberRequest =
  /** Tells the others about this player. */
  | { readonly type: 'presence'; readonly presence: PresenceChange }
  /** Describes the room anew (host only). */
  | { readonly type: 'update'; readonly metadata?: Properties; readonly public?: boolean }
  /** Throws a peer out; with `ban` it cannot come back (host only). */
  | { readonly type: 'kick'; readonly id: number; readonly ban: boolean }

/** Which public rooms are wanted, and which part of them. */
export interface RoomQuery extends RoomFilter {
  /** `next` of the page before. */
  readonly after?: string
  /** Rooms on the page: 1 to 50, the default. */
  readonly limit?: number
}

/** One page of the public rooms. It may be empty although there is a next one. */
export interface RoomPage {
  readonly rooms: readonly ListedRoom[]
  /** Where the next page begins; undefined: there is none. */
  readonly next: string | undefined
}

/** What happens in the room, seen by one member. */
export type SignalingEvent =
  /** A peer to connect to. `offer` says that this side sends the offer; of each pair exactly one side is told so. */
  | {
      readonly type: 'peerJoined'
      readonly id: number
      readonly offer: boolean
      /** Left out by transports that have none. */
      readonly presence?: PlayerPresence
    }
  /** A peer is gone from signaling. An established connection to it may live on, unless it was thrown out. */
  | { readonly type: 'peerLeft'; readonly id: number; readonly kicked?: boolean }
  /** Signals between this peer and that one may have been lost: what does not stand yet has to be dialled anew. */
  | { readonly type: 'peerBack'; readonly id: number }
  /** A member that this one does not connect with: in a star the clients hear of each other. Left out by transports that have none. */
  | { readonly type: 'playerJoined'; readonly id: number; readonly presence: PlayerPresence }
  /** It is gone. */
  | { readonly type: 'playerLeft'; readonly id: number }
  /** What a peer or a player says of itself has changed. */
  | { readonly type: 'presence'; readonly id: number; readonly presence: PlayerPresence }
  | { readonly type: 'signal'; readonly from: number; readonly signal: Signal }
  /** The room itself changed: its host, its seal, its metadata. */
  | { readonly type: 'room'; readonly room: RoomInfo }
  /** The link to signaling broke; it is being made again, and requests are refused meanwhile. */
  | { readonly type: 'interrupted'; readonly error: NetError }
  /** It stands again, with the same id in the same room. */
  | { readonly type: 'restored' }
  /** The server refused something that this side did; the session goes on. */
  | { readonly type: 'error'; readonly error: NetError }
  /**
   * The session is over: the room ended (ERR_ROOM_CLOSED), this peer was thrown out (ERR_KICKED), or the link to the server
   * could not be made again. Always the last event.
   */
  | { readonly type: 'closed'; readonly error: NetError }

/** A member's place in a room. */
export interface SignalingSession {
  /** This peer's id, given by signaling: 1 to 2^31 - 1; 1 is the host of a star. */
  readonly id: number
  /** The room as it is now. */
  readonly room: RoomInfo
  /** STUN and TURN servers that signaling recommends for a connection that is made now: the newest that it told. */
  readonly iceServers: readonly IceServer[]
  /** Asks for fresh ones: resolves to them, or to those known where no answer comes. Never rejects. Left out: they never change. */
  refreshIceServers?(): Promise<readonly IceServer[]>
  /** Starts delivery. What happened before the call is delivered first, in order: nothing is lost. */
  listen(listener: (event: SignalingEvent) => void): void
  /** Sends to another member. Nothing happens when that one is gone. */
  send(to: number, signal: Signal): void
  /** Peers are not heard of any more: looks now whether the way to signaling still stands. Left out: it has no way of its own. */
  check?(): void
  /** Closes the room for newcomers, or opens it again. Only the host may: otherwise an `error` event follows. */
  seal(sealed: boolean): void
  /** Does more than that. Left out by transports that cannot. @throws {NetError} ERR_INVALID_PARAMETER, ERR_UNAVAILABLE */
  request?(request: MemberRequest): void
  /** With which this peer can come back (`action: 'resume'`), until it changes: after each interruption. */
  readonly place?: string
  /** Leaves. No event follows. */
  close(): void
}

/** What a signaling transport is given beside the request. */
export interface SignalingContext {
  readonly clock: Clock
  readonly random: Random
  /** Aborting it rejects a pending `open` with ERR_ABORTED. */
  readonly signal?: AbortSignal
}

/** A way to find peers. */
export interface SignalingTransport {
  /**
   * Enters a room.
   * @throws {NetError} ERR_ROOM_NOT_FOUND, ERR_ROOM_FULL, ERR_ROOM_SEALED, ERR_TOKEN_REFUSED, ERR_RATE_LIMITED,
   * ERR_SIGNALING_URL, ERR_SIGNALING_UNREACHABLE, ERR_SIGNALING_PROTOCOL, ERR_TIMEOUT, ERR_ABORTED,
   * ERR_INVALID_PARAMETER, ERR_DRIVER_MISSING; ERR_KICKED (the host keeps this peer out); ERR_DOES_NOT_EXIST (no such
   * place to resume); ERR_UNAVAILABLE (this transport has no such thing, or the room waits for its host).
   */
  open(request: SignalingRequest, context: SignalingContext): Promise<SignalingSession>
  /**
   * A page of the public rooms. Left out by transports that have none.
   * @throws {NetError} as `open` does.
   */
  list?(query: RoomQuery & { readonly token?: string }, context: SignalingContext): Promise<RoomPage>
}
