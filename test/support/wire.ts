// Messages between two links, put together by hand.

import { LINK_VERSION } from '../../src/net/link/constants.ts'
import { type TakenIn, writeGreeting, writeTakenIn } from '../../src/net/link/greeting.ts'
import { CONTROL_LANE } from '../../src/net/link/lane-table.ts'
import { drawHalf } from '../../src/net/link/session.ts'
import { FIRST_PIECE, Flag, HAS_LANE, Kind, LAST, LAST_PIECE, ORDERED, PIECE } from '../../src/net/link/wire.ts'
import { seededRandom } from '../../src/net/random.ts'

type Content = string | readonly number[] | Uint8Array

function bytesOf(content: Content): number[] {
  return typeof content === 'string' ? [...Buffer.from(content, 'latin1')] : [...content]
}

export function u16(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff]
}

export function u32(value: number): number[] {
  return [...u16(value), ...u16(value >>> 16)]
}

/** A message of one frame, which runs to its end. */
export function reliable(kind: number, content: Content = [], lane?: number): Uint8Array {
  const head = lane === undefined ? [kind | LAST] : [kind | LAST | HAS_LANE, lane]
  return Uint8Array.of(...head, ...bytesOf(content))
}

export function packet(text: string, lane?: number): Uint8Array {
  return reliable(Kind.Bytes, text, lane)
}

export function hello(modes: readonly number[] = [], version: number = LINK_VERSION): Uint8Array {
  return greeting(drawHalf(seededRandom(99)), modes, version)
}

/** The halves of the session that the ends of a LinkPair draw. */
export const HALF_A = drawHalf(seededRandom(1))
export const HALF_B = drawHalf(seededRandom(2))

export function greeting(half: Uint8Array, modes: readonly number[] = [], version: number = LINK_VERSION): Uint8Array {
  return reliable(Kind.Hello, [version, ...writeGreeting(modes, half).subarray(1)], CONTROL_LANE)
}

/** What is said on further channels. */
export function resume(takenIn: TakenIn): Uint8Array {
  return reliable(Kind.Resume, writeTakenIn(takenIn), CONTROL_LANE)
}

export function goodbye(reason: number, streamEnd = 0): Uint8Array {
  return reliable(Kind.Goodbye, [reason, ...u32(streamEnd)])
}

export interface PieceOptions {
  /** Of the packet: this is its first piece. */
  readonly total?: number
  readonly last?: boolean
  readonly lane?: number
  readonly kind?: number
}

/** A piece of a reliable packet. */
export function piece(
  content: Content,
  { total, last = false, lane, kind = Kind.Bytes }: PieceOptions = {},
): Uint8Array {
  const flags = (total === undefined ? 0 : FIRST_PIECE) | (last ? LAST_PIECE : 0)
  return reliable(kind | PIECE, [flags, ...(total === undefined ? [] : u32(total)), ...bytesOf(content)], lane)
}

/** A message of the stream, with the frame of a message that `reliable` or `piece` made. */
export function streamed(position: number, message: Uint8Array): Uint8Array {
  return Uint8Array.of(Kind.Stream | LAST, ...u32(position), ...message)
}

export interface UnreliableOptions {
  readonly ordered?: boolean
  readonly kind?: number
  readonly asks?: boolean
  readonly acknowledges?: { readonly newest: number; readonly history?: number; readonly heldFor?: number }
  readonly progress?: { readonly reliable: number; readonly stream: number }
}

/** A message of an unreliable channel with one frame; none where there is no content. */
export function unreliable(
  sequence: number,
  content: Content | undefined,
  options: UnreliableOptions = {},
): Uint8Array {
  const { ordered = false, kind = Kind.Bytes, asks, acknowledges, progress } = options
  const flags = (acknowledges ? Flag.Acknowledges : 0) | (progress ? Flag.Progress : 0) | (asks ? Flag.Asks : 0)
  return Uint8Array.of(
    flags,
    ...u16(sequence),
    ...(acknowledges
      ? [...u16(acknowledges.newest), ...u32(acknowledges.history ?? 0), 0, 0, acknowledges.heldFor ?? 0]
      : []),
    ...(progress ? [...u16(progress.reliable), ...u32(progress.stream)] : []),
    ...(content === undefined ? [] : [kind | LAST | (ordered ? ORDERED : 0), ...bytesOf(content)]),
  )
}

/** A message with a piece of an unreliable packet. */
export function unreliablePiece(
  sequence: number,
  { packet, index, count, kind = Kind.Bytes }: { packet: number; index: number; count: number; kind?: number },
  content: Content,
): Uint8Array {
  return unreliable(sequence, [...u16(packet), (index << 4) | (count - 1), ...bytesOf(content)], { kind: kind | PIECE })
}
