// Writes frames into messages of bounded size, and reads them back.

import { NetError } from '../errors.ts'
import { MAX_MESSAGE } from './constants.ts'
import type { Frame } from './tap.ts'
import { FIRST_PIECE, HAS_LANE, KIND_MASK, LAST, LAST_PIECE, ORDERED, PIECE } from './wire.ts'

/** The lane whose number is left out. */
export const GAMEPLAY_LANE = 1

/** Head, lane and length: what a frame takes beside its content, at most. */
export const FRAME_HEADER = 4
/** The header of a reliable packet's first piece; the further ones have the first byte of it. */
const FIRST_PIECE_HEADER = 5
const UNRELIABLE_PIECE_HEADER = 3

/** The message that is handed over, of whatever writer. Views of it are kept by their length: each would be garbage of 100 bytes. */
const outgoing = new Uint8Array(MAX_MESSAGE)
const views = new Array<Uint8Array | undefined>(MAX_MESSAGE + 1).fill(undefined)

/** A message that is being put together. */
export class MessageWriter {
  readonly bytes = new Uint8Array(MAX_MESSAGE)
  length = 0
  /** Hears of each frame. */
  onFrame: ((frame: Frame) => void) | undefined
  /** Where the head of the last frame is, whose length may be left out. */
  #lastHead = -1

  get room(): number {
    return MAX_MESSAGE - this.length
  }

  /** Starts a message. The caller writes the header. */
  start(headerBytes: number): void {
    this.length = headerBytes
    this.#lastHead = -1
  }

  /** Whether a whole frame with that content fits. */
  fits(payloadBytes: number): boolean {
    return payloadBytes + FRAME_HEADER <= this.room
  }

  frame(kind: number, ordered: boolean, payload: Uint8Array): void {
    this.#head(ordered ? kind | ORDERED : kind, undefined, payload.length)
    this.#content(payload, 0, payload.length)
  }

  laneFrame(kind: number, lane: number, payload: Uint8Array): void {
    this.#head(kind, lane, payload.length)
    this.#content(payload, 0, payload.length)
  }

  /** A piece of a reliable packet, from `offset` on, as much as fits. Returns where the next one begins. */
  lanePiece(kind: number, lane: number, payload: Uint8Array, offset: number): number {
    const first = offset === 0
    const header = first ? FIRST_PIECE_HEADER : 1
    const end = Math.min(payload.length, offset + this.room - FRAME_HEADER - header)
    this.#head(kind | PIECE, lane, header + end - offset)
    this.#byte((first ? FIRST_PIECE : 0) | (end === payload.length ? LAST_PIECE : 0))
    if (first) this.#u32(payload.length)
    this.#content(payload, offset, end)
    return end
  }

  /** A piece of an unreliable packet, in a message of its own. */
  piece(kind: number, ordered: boolean, packet: number, index: number, count: number, part: Uint8Array): void {
    this.#head((ordered ? kind | ORDERED : kind) | PIECE, undefined, UNRELIABLE_PIECE_HEADER + part.length)
    this.#byte(packet & 0xff)
    this.#byte((packet >>> 8) & 0xff)
    this.#byte((index << 4) | (count - 1))
    this.#content(part, 0, part.length)
  }

  /**
   * The message, whose bytes are used again for the next of any writer: whoever keeps it copies it. The last frame's length is
   * left out: the message has an end of its own.
   */
  finish(): Uint8Array {
    const { bytes } = this
    const at = this.#lastHead
    if (at >= 0) {
      const head = bytes[at]!
      const lengthAt = at + this.#lengthOffset
      const lengthBytes = bytes[lengthAt]! & 0x80 ? 2 : 1
      bytes[at] = head | LAST
      bytes.copyWithin(lengthAt, lengthAt + lengthBytes, this.length)
      this.length -= lengthBytes
    }
    outgoing.set(bytes)
    views[this.length] ??= outgoing.subarray(0, this.length)
    return views[this.length]!
  }

  /** From the head to the length of the last frame. */
  #lengthOffset = 1

  #head(head: number, lane: number | undefined, length: number): void {
    if (this.onFrame) this.onFrame(describe(head, lane === undefined && (head & ORDERED) !== 0, lane, length))
    this.#lastHead = this.length
    this.#lengthOffset = 1
    if (lane === undefined || lane === GAMEPLAY_LANE) this.#byte(head)
    else {
      this.#byte(head | HAS_LANE)
      this.#byte(lane)
      this.#lengthOffset = 2
    }
    if (length < 0x80) this.#byte(length)
    else {
      this.#byte((length & 0x7f) | 0x80)
      this.#byte(length >>> 7)
    }
  }

  #content(payload: Uint8Array, start: number, end: number): void {
    const { bytes } = this
    let to = this.length
    // A call of `set` costs more than a few bytes.
    if (end - start < 48) for (let i = start; i < end; i++) bytes[to++] = payload[i]!
    else bytes.set(start === 0 && end === payload.length ? payload : payload.subarray(start, end), to)
    this.length += end - start
  }

  #byte(value: number): void {
    this.bytes[this.length++] = value
  }

  #u32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#byte((value >>> shift) & 0xff)
  }
}

/** The frame that was read last. One object for all frames, so that reading leaves no garbage. */
export class FrameReader {
  kind = 0
  ordered = false
  lane = GAMEPLAY_LANE
  isPiece = false
  payload: Uint8Array = new Uint8Array(0)
  /** Hears of each frame. */
  onFrame: ((frame: Frame) => void) | undefined
  readonly #reliable: boolean
  #message: Uint8Array = this.payload
  #at = 0

  constructor(reliable: boolean) {
    this.#reliable = reliable
  }

  /** Begins with a message, at `offset`. */
  open(message: Uint8Array, offset: number): void {
    this.#message = message
    this.#at = offset
  }

  /** Goes to the next frame. False: there is none. @throws {NetError} ERR_INVALID_DATA */
  next(): boolean {
    const message = this.#message
    let at = this.#at
    if (at >= message.length) return false
    const head = message[at++]!
    if (head & 0x10) throw new NetError('ERR_INVALID_DATA', `A frame began with ${head}.`)
    this.kind = head & KIND_MASK
    this.isPiece = (head & PIECE) !== 0
    this.ordered = !this.#reliable && (head & ORDERED) !== 0
    this.lane = GAMEPLAY_LANE
    if (this.#reliable && (head & HAS_LANE) !== 0) this.lane = byteAt(message, at++)
    let end = message.length
    if ((head & LAST) === 0) {
      let length = byteAt(message, at++)
      if (length >= 0x80) {
        const high = byteAt(message, at++)
        if (high >= 0x80) throw new NetError('ERR_INVALID_DATA', 'The length of a frame has more than 2 bytes.')
        length = (length & 0x7f) | (high << 7)
      }
      end = at + length
      if (end > message.length) throw new NetError('ERR_INVALID_DATA', 'A frame is longer than its message.')
    }
    if (at > message.length) throw cutOff()
    this.payload = message.subarray(at, end)
    this.#at = end
    if (this.onFrame) this.onFrame(describe(head, this.ordered, this.lane, end - at))
    return true
  }
}

function describe(head: number, ordered: boolean, lane: number | undefined, bytes: number): Frame {
  return { kind: head & KIND_MASK, bytes, ordered, lane: lane ?? GAMEPLAY_LANE, isPiece: (head & PIECE) !== 0 }
}

export function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw cutOff()
  return byte
}

export function u16At(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8)
}

export function u32At(bytes: Uint8Array, at: number): number {
  return (u16At(bytes, at) | (u16At(bytes, at + 2) << 16)) >>> 0
}

function cutOff(): NetError {
  return new NetError('ERR_INVALID_DATA', 'A message ended too early.')
}
