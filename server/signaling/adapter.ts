// Where rooms are kept, and how the processes that serve one room hear of each other. Three methods, so that a store
// shared by many processes can be put behind them; memory-adapter.ts is the one for a single process.

import type { NetErrorCode } from '../../src/net/errors.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
import type { RoomRecord } from '../../src/net/signaling/room.ts'

/** What is published to everyone who serves a member of a room. Plain data: it can be sent as JSON. */
export type RoomMessage =
  /** The room after a change. These may overtake each other: the record's revision says which is newer. */
  | { readonly type: 'room'; readonly room: RoomRecord }
  /** The room is no more. */
  | { readonly type: 'ended'; readonly code: NetErrorCode; readonly message: string }
  | { readonly type: 'signal'; readonly from: number; readonly to: number; readonly signal: Signal }

/** Decides what becomes of a room: its next record, or undefined to end it. What it throws leaves the room as it is. */
export type RoomUpdate = (room: RoomRecord | undefined) => RoomRecord | undefined

export interface SignalingAdapter {
  /**
   * Replaces the record of room `code` by what `update` makes of it, atomically among all processes, and resolves to
   * the result. `update` may be called again when another process was faster. Rejects with what `update` throws.
   * @throws {NetError} also ERR_RATE_LIMITED when no more rooms can be kept.
   */
  transact(code: string, update: RoomUpdate): Promise<RoomRecord | undefined>
  /** Sends to every subscriber of `code`. Messages of one publisher, each awaited, arrive in their order. */
  publish(code: string, message: RoomMessage): Promise<void>
  /** Once this has resolved `listener` hears everything published to `code`, until the returned function is called. */
  subscribe(code: string, listener: (message: RoomMessage) => void): Promise<() => void>
}
