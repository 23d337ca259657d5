// The second decoder of link messages, written from docs/STANDARD.md (section 2) alone and without any of the library.

import { createHmac } from 'node:crypto'
import { Refused } from './decoder.ts'
import type { LinkVectors } from './link-vectors.ts'

export interface Piece {
  readonly first?: boolean
  readonly last?: boolean
  /** Of the whole packet; with the first piece of a reliable one. */
  readonly length?: number
  /** Unreliable. */
  readonly packet?: number
  readonly index?: number
  readonly count?: number
}

export interface Frame {
  readonly kind: string
  /** Reliable. */
  readonly lane?: number
  /** Unreliable. */
  readonly ordered?: boolean
  readonly piece?: Piece
  readonly payload: Uint8Array
}

export interface Header {
  readonly sequence: number
  readonly asks: boolean
  readonly acknowledgement?: { newest: number; history: number; receivedAt: number; heldFor: number }
  readonly progress?: { reliable: number; stream: number }
}

const KINDS = [
  'VALUE',
  'BYTES',
  'HELLO',
  'GOODBYE',
  'GOODBYE_ACK',
  '',
  '',
  'SIGNAL',
  '',
  'SERVICE',
  'RELAY',
  'TAKEN',
  'PROOF',
  'RESUME',
]

class Cursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    if (bytes.length > 1_150) throw new Refused('too long')
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new Refused('cut off')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** An unsigned number, little-endian. */
  whole(size: number): number {
    return this.take(size).reduceRight((value, byte) => value * 256 + byte, 0)
  }
}

/** One after the other: those before a bad one count. @throws {Refused} */
function* frames(cursor: Cursor, reliable: boolean): Generator<Frame> {
  while (cursor.left > 0) {
    const head = cursor.whole(1)
    if (head & 0x10) throw new Refused('bit 4')
    const bit5 = (head & 0x20) !== 0
    const which = reliable ? { lane: bit5 ? cursor.whole(1) : 1 } : { ordered: bit5 }
    const content = new Cursor(cursor.take(head & 0x80 ? cursor.left : leb128(cursor)))
    const piece = head & 0x40 ? { piece: reliable ? reliablePiece(content) : unreliablePiece(content) } : {}
    yield { kind: KINDS[head & 0x0f] || 'none', ...which, ...piece, payload: content.take(content.left) }
  }
}

function leb128(cursor: Cursor): number {
  const low = cursor.whole(1)
  if (low < 0x80) return low
  const high = cursor.whole(1)
  if (high >= 0x80) throw new Refused('a length of more than 2 bytes')
  return low - 0x80 + high * 128
}

function reliablePiece(cursor: Cursor): Piece {
  const bits = cursor.whole(1)
  if (bits > 3) throw new Refused('a bit that is not defined')
  const first = (bits & 1) !== 0
  return { first, last: (bits & 2) !== 0, ...(first && { length: cursor.whole(4) }) }
}

function unreliablePiece(cursor: Cursor): Piece {
  const packet = cursor.whole(2)
  const place = cursor.whole(1)
  return { packet, index: place >> 4, count: (place & 15) + 1 }
}

/** STANDARD 2.1. With a position it is a stream message. */
export function readReliable(message: Uint8Array): { position?: number; frames: Iterable<Frame> } {
  const cursor = new Cursor(message)
  if (cursor.left === 0) throw new Refused('no byte at all')
  if ((message[0]! & 0x0f) !== 8) return { frames: frames(cursor, true) }
  cursor.take(1)
  const position = cursor.whole(4)
  if (cursor.left === 0) throw new Refused('a stream message without a frame')
  return { position, frames: frames(cursor, true) }
}

/** STANDARD 2.1, 2.3. */
export function readUnreliable(message: Uint8Array): { header: Header; frames: Iterable<Frame> } {
  const cursor = new Cursor(message)
  const flags = cursor.whole(1)
  if (flags > 7) throw new Refused('a flag that is not defined')
  const header = { sequence: cursor.whole(2), asks: (flags & 4) !== 0 }
  const acknowledgement = flags & 1 && {
    newest: cursor.whole(2),
    history: cursor.whole(4),
    receivedAt: cursor.whole(2),
    heldFor: cursor.whole(1),
  }
  const progress = flags & 2 && { reliable: cursor.whole(2), stream: cursor.whole(4) }
  return {
    header: { ...header, ...(acknowledgement && { acknowledgement }), ...(progress && { progress }) },
    frames: frames(cursor, false),
  }
}

/** The sequence numbers that an acknowledgement tells of. */
export function acknowledged({ newest, history }: NonNullable<Header['acknowledgement']>): number[] {
  const before = Array.from({ length: 32 }, (_, i) => i).filter((i) => Math.floor(history / 2 ** i) % 2 === 1)
  return [newest, ...before.map((i) => (newest - i - 1 + 65_536) % 65_536)]
}

/** What a HELLO says (STANDARD 2.6). */
export interface Greeting {
  readonly version: number
  readonly half: string
  readonly modes: readonly number[]
}

export function readGreeting(payload: Uint8Array): Greeting {
  const cursor = new Cursor(payload)
  const version = cursor.whole(1)
  const half = Buffer.from(cursor.take(16)).toString('hex')
  const modes = Array.from({ length: cursor.whole(1) }, () => cursor.whole(1))
  if (cursor.left > 0) throw new Refused('longer than a greeting')
  return { version, half, modes }
}

/** What a RESUME says (STANDARD 2.10). */
export function readReturn(payload: Uint8Array): { messages: readonly number[]; stream: number } {
  const cursor = new Cursor(payload)
  const messages: number[] = []
  while (cursor.left > 4) messages.push(cursor.whole(2))
  return { messages, stream: cursor.whole(4) }
}

/** The payload of a PROOF (STANDARD 2.10). */
export function proofFor({ mine, yours, localId, remoteId, first, now }: LinkVectors['proofs'][number]): Uint8Array {
  const names = ['skein session', 4, localId, now.local, first.local, remoteId, now.remote, first.remote]
  const key = Buffer.from(mine + yours, 'hex')
  return createHmac('sha256', key).update(JSON.stringify(names)).digest()
}

/** STANDARD 2.3. */
export function isNewer(a: number, b: number): boolean {
  const distance = (((a - b) % 65_536) + 65_536) % 65_536
  return distance >= 1 && distance <= 32_767
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

interface Unfinished {
  readonly kind: string
  readonly length: number
  readonly parts: Uint8Array[]
  size: number
}

/** Joins the pieces of one reliable channel, or of the stream (STANDARD 2.4). */
export class ReliableJoiner {
  readonly #unfinished = new Map<number, Unfinished>()
  readonly #skipping = new Set<number>()

  /** The packet that this frame is, or makes whole. */
  add({ kind, lane = 1, piece, payload }: Frame): Uint8Array | undefined {
    if (!piece) return payload
    const { first, last, length = 0 } = piece
    if (this.#skipping.has(lane) && !first) {
      if (last) this.#skipping.delete(lane)
      return undefined
    }
    this.#skipping.delete(lane)
    const before = this.#unfinished.get(lane)
    const packet = first ? { kind, length, parts: [], size: 0 } : before
    const size = (packet?.size ?? 0) + payload.length
    const isBad =
      !packet ||
      (first && (before || length > (kind === 'SIGNAL' ? 65_536 : 67_108_864) || this.#unfinished.size >= 16)) ||
      packet.kind !== kind ||
      payload.length === 0 ||
      size > packet.length ||
      last !== (size === packet.length)
    if (isBad) {
      this.#unfinished.delete(lane)
      if (!last) this.#skipping.add(lane)
      throw new Refused('a piece that does not fit')
    }
    packet.parts.push(payload)
    packet.size = size
    if (last) this.#unfinished.delete(lane)
    else this.#unfinished.set(lane, packet)
    return last ? joined(packet.parts) : undefined
  }
}

/** The stream (STANDARD 2.5): messages in the order of their positions. */
export class Stream {
  next = 0
  readonly #early = new Map<number, Iterable<Frame>>()

  /** The messages whose turn has come. */
  add(position: number, frames: Iterable<Frame>): Iterable<Frame>[] {
    const ahead = (((position - this.next) % 2 ** 32) + 2 ** 32) % 2 ** 32
    if (ahead >= 2 ** 31) return []
    if (ahead > 2_048) throw new Refused('too far ahead')
    this.#early.set(position, frames)
    const due: Iterable<Frame>[] = []
    for (let now = this.#early.get(this.next); now; now = this.#early.get(this.next)) {
      due.push(now)
      this.#early.delete(this.next)
      this.next = (this.next + 1) % 2 ** 32
    }
    return due
  }
}

/** All unreliable channels of a link: numbers, duplicates, order, pieces (STANDARD 2.3, 2.4). */
export class UnreliableChannels {
  readonly #seen = new Set<number>()
  #newest: number | undefined
  readonly #ordered = new Map<number, number>()
  readonly #pieces = new Map<string, { kind: string; parts: (Uint8Array | undefined)[]; at: number }>()
  readonly #whole = new Map<number, string[]>()

  /** The packets that a message on a channel brings at a time in ms. */
  receive(port: number, message: Uint8Array, now: number): Uint8Array[] {
    const { header, frames } = readUnreliable(message)
    const number = this.#numberOf(header.sequence)
    if (number < 0 || (this.#newest! - number < 128 && this.#seen.has(number))) return []
    this.#seen.add(number)
    return [...frames].flatMap((frame) => {
      const packet = frame.piece ? this.#join(port, frame, now) : frame.payload
      if (packet === undefined) return []
      if (frame.ordered) {
        if (number < (this.#ordered.get(port) ?? -1)) return []
        this.#ordered.set(port, number)
      }
      return [packet]
    })
  }

  #numberOf(sequence: number): number {
    if (this.#newest === undefined) {
      this.#newest = sequence
      return sequence
    }
    const ahead = (((sequence - this.#newest) % 65_536) + 65_536) % 65_536
    const number = this.#newest + (ahead >= 32_768 ? ahead - 65_536 : ahead)
    this.#newest = Math.max(this.#newest, number)
    return number
  }

  #join(port: number, { kind, piece, payload }: Frame, now: number): Uint8Array | undefined {
    const { packet, index = 0, count = 1 } = piece!
    const id = `${port} ${packet}`
    if (index >= count || payload.length === 0) throw new Refused('no such piece')
    const whole = this.#whole.get(port) ?? []
    if (whole.includes(id)) return undefined
    for (const [other, { at }] of this.#pieces) if (now - at > 500) this.#pieces.delete(other)
    const own = [...this.#pieces.keys()].filter((each) => each.startsWith(`${port} `))
    if (!this.#pieces.has(id) && own.length >= 8) this.#pieces.delete(own[0]!)
    const unfinished = this.#pieces.get(id) ?? { kind, parts: new Array(count).fill(undefined), at: now }
    this.#pieces.set(id, unfinished)
    if (unfinished.kind !== kind || unfinished.parts.length !== count) {
      this.#pieces.delete(id)
      throw new Refused('a piece of another packet')
    }
    unfinished.parts[index] ??= payload
    if (unfinished.parts.includes(undefined)) return undefined
    this.#pieces.delete(id)
    this.#whole.set(port, [...whole, id].slice(-8))
    return joined(unfinished.parts as Uint8Array[])
  }
}
