// What a RELAY frame holds: a packet for somebody else, one from somebody else, or a word between the two that pass them on.
// Little-endian. docs/STANDARD.md, section 7.
//
//   to whoever passes on      head:u8 target:i32 packet
//                             head:u8 LIST:i32 count:u16 target:u32 … packet
//   from whoever passes on    head:u8 source:u32 packet
//   a word                    head:u8 command:u8 …
//
//   head   what (bits 0, 1) | PASSED (bit 2) | SEALED (bit 3: see seal.ts) | lane (bits 4 to 7)

import { NetError } from '../../net/errors.ts'
import { u16At, u32At } from '../../net/link/frames.ts'
import { GAMEPLAY_LANE } from '../../net/link/lane-table.ts'
import { Kind } from '../../net/link/wire.ts'
import { MAX_PEER_ID } from '../constants.ts'
import { type DisconnectReason, TransferMode } from '../types.ts'
import { MAX_RELAY_TARGETS } from './constants.ts'

/** What a relayed packet is, by the bits of its head. */
const KINDS = [Kind.Value, Kind.Bytes, Kind.Service] as const
const COMMAND = 3
const WHAT = 0x03
const PASSED = 0x04
const SEALED = 0x08

/** A target that says that a list follows. */
const LIST = -0x8000_0000

export const Command = {
  /** id:u32 … From whoever passes on: these are there. */
  Add: 0,
  /** id:u32 reason:u8 count:u32. It is gone, after so many reliable packets of it. */
  Remove: 1,
  /** id:u32. Reliable packets for it wait: send no more … */
  Hold: 2,
  /** id:u32. … and go on. */
  Release: 3,
  /** id:u32. To whoever passes on: nothing more to it and from it. */
  Part: 4,
  /** id:u32. Do you reach it? */
  Query: 5,
  /** id:u32 ms:u32. The round trip to it takes so long; NO_WAY: it is not reached from here, or nothing is passed on. */
  Reach: 6,
  /** id:u32. Pass packets on between it and me. */
  Open: 7,
  /** count:u32. Over the new connection: so many reliable packets went by way of the third. */
  Switch: 8,
  /** Over the new connection: all of those are here. */
  Done: 9,
} as const
export type Command = (typeof Command)[keyof typeof Command]

/** How packets travel, in words. */
export const RELAY_MODES = {
  [TransferMode.Reliable]: 'reliable',
  [TransferMode.UnreliableOrdered]: 'ordered',
  [TransferMode.Unreliable]: 'unreliable',
} as const

/** Reasons for which a peer is gone, by their numbers. */
const REASONS: readonly DisconnectReason[] = [
  'left',
  'kicked',
  'disconnected_by_remote',
  'timeout',
  'connection_lost',
  'protocol_error',
  'buffer_overflow',
]

export type RelayedKind = (typeof KINDS)[number]

/** 0 everyone, n that peer, -n everyone but that peer, or a list. */
export type RelayTarget = number | readonly number[]

export type RelayMessage =
  | {
      readonly type: 'toOthers'
      readonly kind: RelayedKind
      readonly lane: number
      readonly sealed: boolean
      readonly target: RelayTarget
      readonly packet: Uint8Array
    }
  | {
      readonly type: 'fromOther'
      readonly kind: RelayedKind
      readonly lane: number
      readonly sealed: boolean
      readonly source: number
      readonly packet: Uint8Array
    }
  | { readonly type: 'command'; readonly command: number; readonly body: Uint8Array }

export type ToOthers = Extract<RelayMessage, { type: 'toOthers' }>
export type FromOther = Extract<RelayMessage, { type: 'fromOther' }>

/** @throws {NetError} ERR_INVALID_DATA */
export function readRelay(payload: Uint8Array): RelayMessage {
  const head = payload[0]
  if (head === undefined) throw invalid('A relayed packet without a byte.')
  const what = head & WHAT
  const lane = head >>> 4
  if (what === COMMAND) {
    if (head !== COMMAND || payload.length < 2) throw invalid(`A word about relaying began with ${head}.`)
    return { type: 'command', command: payload[1]!, body: payload.subarray(2) }
  }
  const common = { kind: KINDS[what]!, lane, sealed: (head & SEALED) !== 0 }
  if (head & PASSED) return { type: 'fromOther', ...common, source: idAt(payload, 1), packet: payload.subarray(5) }
  const target = u32At(payload, 1) | 0
  if (target !== LIST) return { type: 'toOthers', ...common, target, packet: payload.subarray(5) }
  const count = u16At(payload, 5)
  if (count === 0 || count > MAX_RELAY_TARGETS) throw invalid(`A relayed packet has ${count} targets.`)
  const targets = new Set<number>()
  for (let i = 0; i < count; i++) targets.add(idAt(payload, 7 + 4 * i))
  if (targets.size < count) throw invalid('A relayed packet has a target twice.')
  return { type: 'toOthers', ...common, target: [...targets], packet: payload.subarray(7 + 4 * count) }
}

export function writeToOthers(
  kind: number,
  lane: number,
  target: RelayTarget,
  packet: Uint8Array,
  sealed = false,
): Uint8Array {
  const list = typeof target === 'number' ? [] : target
  const start = typeof target === 'number' ? 5 : 7 + 4 * list.length
  const { bytes, view } = started(headOf(kind, lane, sealed), start, packet)
  view.setInt32(1, typeof target === 'number' ? target : LIST, true)
  if (typeof target !== 'number') view.setUint16(5, list.length, true)
  for (const [i, id] of list.entries()) view.setUint32(7 + 4 * i, id, true)
  return bytes
}

export function writeFromOther(
  kind: number,
  lane: number,
  source: number,
  packet: Uint8Array,
  sealed = false,
): Uint8Array {
  const { bytes, view } = started(headOf(kind, lane, sealed) | PASSED, 5, packet)
  view.setUint32(1, source, true)
  return bytes
}

export function writeCommand(command: Command, ...ids: number[]): Uint8Array {
  const bytes = new Uint8Array(2 + 4 * ids.length)
  bytes.set([COMMAND, command])
  const view = new DataView(bytes.buffer)
  for (const [i, id] of ids.entries()) view.setUint32(2 + 4 * i, id, true)
  return bytes
}

export function writeRemove(id: number, reason: DisconnectReason, count: number): Uint8Array {
  const bytes = new Uint8Array(11)
  bytes.set([COMMAND, Command.Remove])
  const view = new DataView(bytes.buffer)
  view.setUint32(2, id, true)
  bytes[6] = REASONS.indexOf(reason)
  view.setUint32(7, count, true)
  return bytes
}

/** The ids that a command is about. @throws {NetError} ERR_INVALID_DATA */
export function idsOf(body: Uint8Array): number[] {
  if (body.length === 0 || body.length % 4 !== 0) throw invalid('A word about relaying names no peers.')
  return Array.from({ length: body.length / 4 }, (_, i) => idAt(body, 4 * i))
}

/** A peer and a number. @throws {NetError} ERR_INVALID_DATA */
export function readReach(body: Uint8Array): { id: number; ms: number } {
  if (body.length !== 8) throw invalid('A way has a peer and a time.')
  return { id: idAt(body, 0), ms: u32At(body, 4) }
}

/** @throws {NetError} ERR_INVALID_DATA */
export function readCount(body: Uint8Array): number {
  if (body.length !== 4) throw invalid('A count has 4 bytes.')
  return u32At(body, 0)
}

/** The one id that a command is about. @throws {NetError} ERR_INVALID_DATA */
export function idOf(body: Uint8Array): number {
  if (body.length !== 4) throw invalid('A word about relaying is about one peer.')
  return idAt(body, 0)
}

/** @throws {NetError} ERR_INVALID_DATA */
export function readRemove(body: Uint8Array): { id: number; reason: DisconnectReason; count: number } {
  const reason = REASONS[body[4] ?? -1]
  if (body.length !== 9 || !reason) throw invalid('A peer was taken away without a reason.')
  return { id: idAt(body, 0), reason, count: u32At(body, 5) }
}

export function invalid(message: string): NetError {
  return new NetError('ERR_INVALID_DATA', message)
}

function headOf(kind: number, lane: number, sealed: boolean): number {
  return KINDS.indexOf(kind as RelayedKind) | (sealed ? SEALED : 0) | (lane << 4)
}

function started(head: number, start: number, packet: Uint8Array): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(start + packet.length)
  bytes[0] = head
  bytes.set(packet, start)
  return { bytes, view: new DataView(bytes.buffer) }
}

function idAt(bytes: Uint8Array, at: number): number {
  const id = u32At(bytes, at)
  if (id < 1 || id > MAX_PEER_ID) throw invalid(`${id} is no peer's id.`)
  return id
}

/** Lanes are for reliable packets on port 0; everything else is on lane 1. @throws {NetError} ERR_INVALID_DATA */
export function checkLane(lane: number, port: number): void {
  if (port !== 0 && lane !== GAMEPLAY_LANE) throw invalid(`A relayed packet names lane ${lane} where there are none.`)
}
