// Puts the pieces of reliable packets together, one packet at a time for each lane. What a packet claims to be is fixed by
// its first piece; memory is taken as content comes.

import { NetError } from '../errors.ts'
import {
  FIRST_ALLOCATION,
  MAX_LANES,
  MAX_RELAY_HEADER,
  MAX_RELIABLE_PACKET,
  MAX_SIGNAL,
  MAX_UNFINISHED_BYTES,
  MAX_UNFINISHED_BYTES_IN_ALL,
  PROGRESS_STEP,
} from './constants.ts'
import { byteAt, u32At } from './frames.ts'
import { FIRST_PIECE, Kind, LAST_PIECE } from './wire.ts'

/** Memory of unfinished packets: of all channels of one link, within that of the links of one multiplayer peer. */
export class UnfinishedBudget {
  bytes = 0
  readonly #limit: number
  readonly #all: UnfinishedBudget | undefined
  readonly #giveUp: () => void
  /** Who has taken something of the whole. */
  readonly #parts = new Set<UnfinishedBudget>()

  /**
   * @param all What it is a part of. Without: it is the whole.
   * @param giveUp Gives everything back at once: others need the room.
   */
  constructor(all?: UnfinishedBudget, giveUp = () => {}) {
    this.#all = all
    this.#limit = all ? MAX_UNFINISHED_BYTES : MAX_UNFINISHED_BYTES_IN_ALL
    this.#giveUp = giveUp
  }

  /** @throws {NetError} ERR_OUT_OF_MEMORY */
  take(bytes: number): void {
    if (this.bytes + bytes > this.#limit) throw full(this.bytes)
    if (this.#all) this.#all.#takeFor(this, bytes)
    this.bytes += bytes
  }

  give(bytes: number): void {
    this.bytes -= bytes
    if (!this.#all) return
    if (this.bytes === 0) this.#all.#parts.delete(this)
    this.#all.give(bytes)
  }

  /** Where there is no room, whoever has taken most goes: a few that finish nothing do not shut out all others. */
  #takeFor(part: UnfinishedBudget, bytes: number): void {
    while (this.bytes + bytes > this.#limit) {
      let most = part
      for (const each of this.#parts) if (each.bytes > most.bytes) most = each
      if (most === part) throw full(this.bytes)
      this.#parts.delete(most)
      most.#giveUp()
    }
    this.#parts.add(part)
    this.bytes += bytes
  }
}

function full(bytes: number): NetError {
  return new NetError('ERR_OUT_OF_MEMORY', `Unfinished packets of more than ${bytes} bytes.`)
}

interface Unfinished {
  readonly kind: number
  readonly total: number
  content: Uint8Array
  length: number
}

export type Receiving = (lane: number, receivedBytes: number, totalBytes: number) => void

export class Joiner {
  readonly #budget: UnfinishedBudget
  readonly #receiving: Receiving
  readonly #unfinished = new Map<number, Unfinished>()
  /** Lanes whose packet was refused: its further pieces are passed over. */
  readonly #skipping = new Set<number>()

  constructor(budget: UnfinishedBudget, receiving: Receiving) {
    this.#budget = budget
    this.#receiving = receiving
  }

  /** Takes a piece. Returns the packet when it is whole. @throws {NetError} ERR_INVALID_DATA, ERR_OUT_OF_MEMORY */
  add(lane: number, kind: number, piece: Uint8Array): Uint8Array | undefined {
    const flags = byteAt(piece, 0)
    const first = (flags & FIRST_PIECE) !== 0
    const last = (flags & LAST_PIECE) !== 0
    if (flags > (FIRST_PIECE | LAST_PIECE)) throw invalid(`A piece began with ${flags}.`)
    if (this.#skipping.has(lane) && !first) {
      if (last) this.#skipping.delete(lane)
      return undefined
    }
    this.#skipping.delete(lane)
    const packet = first ? this.#begin(lane, kind, u32At(piece, 1), last) : this.#unfinished.get(lane)
    if (!packet) return this.#refuse(lane, last, 'A piece of a packet without its first piece.')
    if (packet.kind !== kind) return this.#refuse(lane, last, 'A piece of another kind than its packet.')
    const content = piece.subarray(first ? 5 : 1)
    const length = packet.length + content.length
    if (content.length === 0) return this.#refuse(lane, last, 'An empty piece.')
    if (length > packet.total || last !== (length === packet.total)) {
      return this.#refuse(lane, last, `The pieces of a packet of ${packet.total} bytes have another length.`)
    }
    this.#append(packet, content)
    const { total } = packet
    if (last || Math.floor(length / PROGRESS_STEP) > Math.floor((length - content.length) / PROGRESS_STEP)) {
      this.#receiving(lane, length, total)
    }
    if (!last) return undefined
    this.#drop(lane)
    return packet.content
  }

  clear(): void {
    for (const lane of [...this.#unfinished.keys()]) this.#drop(lane)
  }

  #begin(lane: number, kind: number, total: number, alone: boolean): Unfinished {
    if (this.#unfinished.has(lane))
      return this.#refuse(lane, alone, 'A packet began before the one before it was whole.')
    if (total > limitOf(kind)) return this.#refuse(lane, alone, `A packet of ${total} bytes.`)
    if (this.#unfinished.size >= MAX_LANES) return this.#refuse(lane, alone, `More than ${MAX_LANES} lanes.`)
    const packet = { kind, total, content: new Uint8Array(0), length: 0 }
    this.#unfinished.set(lane, packet)
    return packet
  }

  #append(packet: Unfinished, content: Uint8Array): void {
    const needed = packet.length + content.length
    if (needed > packet.content.length) {
      const size = Math.min(packet.total, Math.max(needed, FIRST_ALLOCATION, packet.content.length * 2))
      this.#budget.take(size - packet.content.length)
      const larger = new Uint8Array(size)
      larger.set(packet.content.subarray(0, packet.length))
      packet.content = larger
    }
    packet.content.set(content, packet.length)
    packet.length = needed
  }

  /** The rest of the packet is passed over. */
  #refuse(lane: number, last: boolean, message: string): never {
    this.#drop(lane)
    if (!last) this.#skipping.add(lane)
    throw invalid(message)
  }

  #drop(lane: number): void {
    const packet = this.#unfinished.get(lane)
    if (!packet) return
    this.#unfinished.delete(lane)
    this.#budget.give(packet.content.length)
  }
}

function limitOf(kind: number): number {
  if (kind === Kind.Signal) return MAX_SIGNAL
  return kind === Kind.Relay ? MAX_RELIABLE_PACKET + MAX_RELAY_HEADER : MAX_RELIABLE_PACKET
}

function invalid(message: string): NetError {
  return new NetError('ERR_INVALID_DATA', message)
}
