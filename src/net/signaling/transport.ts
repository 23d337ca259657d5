// What brings peers together: the interface behind `joinRoom({ signaling })`. Its implementations lie beside it.

import type { Clock } from '../clock.ts'
import type { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { IceServer, RoomInfo, Signal, Topology } from './messages.ts'

/** What a peer asks for when it comes: a new room, or one that exists. */
export type SignalingRequest =
  | { readonly action: 'create'; readonly topology: Topology; readonly maxPeers?: number; readonly token?: string }
  | { readonly action: 'join'; readonly room: string; readonly token?: string }

/** What happens in the room, seen by one member. */
export type SignalingEvent =
  /** A peer to connect to. `offer` says that this side sends the offer; of each pair exactly one side is told so. */
  | { readonly type: 'peerJoined'; readonly id: number; readonly offer: boolean }
  /** A peer is gone from signaling. An established connection to it may live on. */
  | { readonly type: 'peerLeft'; readonly id: number }
  | { readonly type: 'signal'; readonly from: number; readonly signal: Signal }
  /** The room's host or seal changed. */
  | { readonly type: 'room'; readonly room: RoomInfo }
  /** The server refused something that this side did; the session goes on. */
  | { readonly type: 'error'; readonly error: NetError }
  /** The session is over: the room ended (ERR_ROOM_CLOSED), or the link to the server broke. Always the last event. */
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
  /** Closes the room for newcomers, or opens it again. Only the host may: otherwise an `error` event follows. */
  seal(sealed: boolean): void
  /** Leaves. No event follows. */
  close(): void
}

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
   * ERR_INVALID_PARAMETER, ERR_DRIVER_MISSING.
   */
  open(request: SignalingRequest, context: SignalingContext): Promise<SignalingSession>
}
