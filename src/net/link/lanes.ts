// What waits to be sent reliably: a queue for each lane. Urgent lanes go first; lanes of the same priority share by weight,
// a piece at a time. A lane keeps its own order.

import { MAX_MESSAGE, PROGRESS_STEP } from './constants.ts'
import { FRAME_HEADER, type MessageWriter } from './frames.ts'
import { STREAM_HEADER } from './wire.ts'

/** A packet on its way out. One object for all the peers that it goes to. */
export interface OutgoingPacket {
  readonly kind: number
  readonly payload: Uint8Array
  /** Reliable: called when nothing of it waits any more. Not called when the link ends. */
  readonly gone?: () => void
  /** Unreliable: on whose behalf it is passed on. What waits for one such peer does not take the room of the others. */
  readonly source?: number
}

/** How a lane stands beside the others: after those of a smaller priority, and with its share of its own. */
export interface LaneSettings {
  /** Lanes with a smaller number go first; 0 to 255. Ours have 0 (control), 1 (gameplay) and 2 (bulk). */
  readonly priority: number
  /** The share among lanes of the same priority, 1 to 1,000. Default 1. */
  readonly weight?: number
}

/** A packet of this size or less is never cut: it waits for the next message. */
const WHOLE = MAX_MESSAGE - FRAME_HEADER - STREAM_HEADER
/** Less room than this is not worth a piece, in bytes. */
const MIN_PIECE = 64

class Lane {
  readonly id: number
  readonly priority: number
  readonly weight: number
  readonly packets: OutgoingPacket[] = []
  head = 0
  /** How much of the first packet is gone. */
  offset = 0
  /** Bytes that wait. */
  bytes = 0
  /** What was sent, by weight: the lane with the least goes next. */
  served = 0

  constructor(id: number, { priority, weight = 1 }: LaneSettings) {
    this.id = id
    this.priority = priority
    this.weight = weight
  }

  get first(): OutgoingPacket | undefined {
    return this.packets[this.head]
  }

  shift(): void {
    this.head += 1
    this.offset = 0
    // Not `shift`: of a long array it moves all the rest.
    if (this.head === this.packets.length) {
      this.packets.length = 0
      this.head = 0
    } else if (this.head >= 1024 && this.head * 2 >= this.packets.length) {
      this.packets.splice(0, this.head)
      this.head = 0
    }
  }
}

export type Sending = (lane: number, sentBytes: number, totalBytes: number) => void

export class Lanes {
  /** The most urgent first. */
  readonly #lanes: readonly Lane[]
  readonly #sending: Sending
  /** Packets and bytes that wait. */
  packets = 0
  bytes = 0

  constructor(lanes: ReadonlyMap<number, LaneSettings>, sending: Sending) {
    this.#lanes = [...lanes].map(([id, settings]) => new Lane(id, settings)).sort((a, b) => a.priority - b.priority)
    this.#sending = sending
  }

  has(id: number): boolean {
    return this.#lanes.some((lane) => lane.id === id)
  }

  /** Bytes that wait in a lane. */
  waiting(id: number): number {
    return this.#lanes.find((lane) => lane.id === id)?.bytes ?? 0
  }

  add(id: number, packet: OutgoingPacket): void {
    const lane = this.#lanes.find((each) => each.id === id)!
    if (lane.first === undefined) this.#begin(lane)
    lane.packets.push(packet)
    lane.bytes += packet.payload.length
    this.packets += 1
    this.bytes += packet.payload.length
  }

  /** Fills a message with what is next. Returns whether anything was written. */
  fill(writer: MessageWriter): boolean {
    let any = false
    for (;;) {
      const lane = this.#next()
      if (!lane || !this.#write(lane, writer)) return any
      any = true
    }
  }

  clear(): void {
    for (const lane of this.#lanes) {
      lane.packets.length = 0
      lane.head = 0
      lane.offset = 0
      lane.bytes = 0
    }
    this.packets = 0
    this.bytes = 0
  }

  #write(lane: Lane, writer: MessageWriter): boolean {
    const packet = lane.first!
    const { kind, payload } = packet
    let gone = payload.length
    if (lane.offset === 0 && writer.fits(payload.length)) writer.laneFrame(kind, lane.id, payload)
    else if (payload.length <= WHOLE || writer.room < MIN_PIECE) return false
    else {
      const from = lane.offset
      lane.offset = writer.lanePiece(kind, lane.id, payload, from)
      gone = lane.offset - from
      const crossed = Math.floor(lane.offset / PROGRESS_STEP) > Math.floor(from / PROGRESS_STEP)
      if (crossed || lane.offset === payload.length) this.#sending(lane.id, lane.offset, payload.length)
    }
    lane.bytes -= gone
    this.bytes -= gone
    lane.served += (gone + FRAME_HEADER) / lane.weight
    if (gone === payload.length || lane.offset === payload.length) {
      lane.shift()
      this.packets -= 1
      packet.gone?.()
    }
    return true
  }

  #next(): Lane | undefined {
    let best: Lane | undefined
    for (const lane of this.#lanes) {
      if (best && lane.priority > best.priority) break
      if (lane.first !== undefined && (!best || lane.served < best.served)) best = lane
    }
    return best
  }

  /** A lane that was idle has saved nothing up; where all of its priority were, none owes anything. */
  #begin(lane: Lane): void {
    let least = Number.POSITIVE_INFINITY
    for (const { priority, first, served } of this.#lanes) {
      if (priority === lane.priority && first !== undefined) least = Math.min(least, served)
    }
    if (least < Number.POSITIVE_INFINITY) lane.served = Math.max(lane.served, least)
    else for (const each of this.#lanes) if (each.priority === lane.priority) each.served = 0
  }
}
