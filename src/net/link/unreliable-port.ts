// One unreliable channel of a link. Outwards packets travel in batches; while the path takes no more they wait for a moment,
// and the newest win. Inwards late ordered packets are dropped and pieces put together.

import type { Acknowledger } from './acknowledger.ts'
import { type LinkChannel, NO_TRAFFIC, type TrafficCounters } from './channel.ts'
import {
  MAX_MESSAGE,
  MAX_UNRELIABLE_WAIT_MS,
  MAX_WAITING_RELAYED_BYTES,
  MAX_WAITING_UNRELIABLE_BYTES,
  UNRELIABLE_HIGH_WATER,
} from './constants.ts'
import { FRAME_HEADER, FrameReader, MessageWriter } from './frames.ts'
import type { OutgoingPacket } from './lanes.ts'
import type { Receipt } from './sent-log.ts'
import { UnreliableJoiner } from './unreliable-joiner.ts'
import { ACKNOWLEDGEMENT_BYTES, PROGRESS_BYTES, UNRELIABLE_HEADER } from './wire.ts'

/** What always fits one message. */
const HEADERS = UNRELIABLE_HEADER + ACKNOWLEDGEMENT_BYTES + PROGRESS_BYTES + FRAME_HEADER
const WHOLE = MAX_MESSAGE - HEADERS
/** Beside the headers a piece has one of its own. */
const PIECE_CONTENT = WHOLE - 3

interface Waiting {
  packet: OutgoingPacket
  ordered: boolean
  readonly key: string | number | undefined
  receipt: Receipt | undefined
  at: number
}

export class UnreliablePort {
  readonly reliable = false
  open = false
  readonly counters: TrafficCounters = { ...NO_TRAFFIC }
  readonly reader = new FrameReader(false)
  readonly writer = new MessageWriter()
  #channel: LinkChannel
  readonly #joiner = new UnreliableJoiner()
  readonly #acknowledger: Acknowledger
  readonly #refused: (error: unknown) => void
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  /** Packets in the message that is being put together. */
  #packets = 0
  #receipts: Receipt[] | undefined
  #nextPiece = 0
  #newestOrdered = -1

  /** @param refused The channel took no more. Not to be acted upon before what is under way here is done. */
  constructor(channel: LinkChannel, acknowledger: Acknowledger, refused: (error: unknown) => void) {
    this.#channel = channel
    this.#acknowledger = acknowledger
    this.#refused = refused
  }

  get channel(): LinkChannel {
    return this.#channel
  }

  /** Nothing waits. */
  get ready(): boolean {
    return this.#waiting.length === 0
  }

  /** There is something for `flush` to do. */
  get hasWork(): boolean {
    return this.#packets > 0 || this.#waiting.length > 0
  }

  get bufferedBytes(): number {
    return this.#waitingBytes + this.#channel.bufferedAmount
  }

  /**
   * Takes a packet, which must not change any more. It goes at the next `flush`, or sooner.
   * @param key A packet that waits with the same key is replaced.
   */
  send(packet: OutgoingPacket, ordered: boolean, now: number, key?: string | number, receipt?: Receipt): void {
    // A full message goes; whether another may is asked for each.
    if (this.#packets > 0 && !this.writer.fits(packet.payload.length)) this.#finish(now, true)
    if (this.#waiting.length === 0 && (this.#packets > 0 || this.#mayGo(now)))
      this.#write(packet, ordered, now, receipt)
    else this.#wait(packet, ordered, now, key, receipt)
  }

  /** Sends what is there, as far as the path takes it. */
  flush(now: number): void {
    this.#finish(now, this.#waiting.length > 0)
    if (this.#waiting.length === 0) return
    this.expire(now)
    let gone = 0
    for (const { packet, ordered, receipt } of this.#waiting) {
      if (this.#packets === 0 && !this.#mayGo(now)) break
      this.#write(packet, ordered, now, receipt)
      this.#waitingBytes -= packet.payload.length
      gone += 1
    }
    if (gone > 0) this.#waiting.splice(0, gone)
    this.#finish(now, false)
  }

  /** Nothing goes for a while: what was put together is dropped, too. */
  giveUp(now: number): void {
    for (const receipt of this.#receipts ?? []) receipt(false)
    this.counters.dropped += this.#packets
    this.#receipts = undefined
    this.#packets = 0
    this.expire(now)
  }

  /** Drops what waits for too long. A packet that replaced another is newer than those behind it. */
  expire(now: number): void {
    let kept = 0
    for (const each of this.#waiting) {
      if (now - each.at <= MAX_UNRELIABLE_WAIT_MS) this.#waiting[kept++] = each
      else this.#drop(each)
    }
    this.#waiting.length = kept
  }

  /** Sends what is there, and a header alone where nothing is. Not into a full channel: it would come too late. */
  sendNow(now: number, asks: boolean): void {
    this.#finish(now, asks)
    if (this.#channel.bufferedAmount > UNRELIABLE_HIGH_WATER) return
    this.#acknowledger.start(this.writer, now, asks)
    this.#handOver(now, asks)
  }

  /** What is to become of a frame that the reader is at: its packet, or `undefined` where there is none (yet). */
  take(number: number, now: number): Uint8Array | undefined {
    const { reader } = this
    const packet = reader.isPiece ? this.#joiner.add(reader.kind, reader.payload, now) : reader.payload
    if (packet === undefined || !reader.ordered) return packet
    if (number < this.#newestOrdered) {
      this.counters.dropped += 1
      return undefined
    }
    this.#newestOrdered = number
    return packet
  }

  /** From now on over `channel`. What was on its way over the one before may be lost. Always true. */
  resume(channel: LinkChannel): true {
    this.#channel = channel
    return true
  }

  close(): void {
    for (const { receipt } of this.#waiting.splice(0)) receipt?.(false)
    for (const receipt of this.#receipts ?? []) receipt(false)
    this.#receipts = undefined
    this.#waitingBytes = 0
    this.#packets = 0
    this.#joiner.clear()
  }

  #mayGo(now: number): boolean {
    if (this.#channel.bufferedAmount > UNRELIABLE_HIGH_WATER) return false
    const { sent, path } = this.#acknowledger
    if (this.#acknowledger.isStuck(now)) return false
    if (sent.flight === 0) return true
    path.silent(sent.overdue(now), sent.flight, now)
    if (sent.flight + MAX_MESSAGE <= path.unreliableWindow) return true
    return sent.expire(now) && sent.flight + MAX_MESSAGE <= path.unreliableWindow
  }

  #write(packet: OutgoingPacket, ordered: boolean, now: number, receipt: Receipt | undefined): void {
    const { payload, kind } = packet
    if (payload.length > WHOLE) {
      this.#writePieces(packet, ordered, now, receipt)
      return
    }
    if (this.#packets > 0 && !this.writer.fits(payload.length)) this.#finish(now, true)
    if (this.#packets === 0) this.#acknowledger.start(this.writer, now, false)
    this.writer.frame(kind, ordered, payload)
    this.#packets += 1
    if (!receipt) return
    this.#receipts ??= []
    this.#receipts.push(receipt)
  }

  #writePieces({ kind, payload }: OutgoingPacket, ordered: boolean, now: number, receipt: Receipt | undefined): void {
    this.#finish(now, true)
    const count = Math.ceil(payload.length / PIECE_CONTENT)
    const size = Math.ceil(payload.length / count)
    const id = this.#nextPiece
    this.#nextPiece = (id + 1) & 0xffff
    // All pieces must arrive; the first that does not decides.
    let missing = count
    const piece =
      receipt &&
      ((delivered: boolean) => {
        missing -= 1
        if (!delivered && missing >= 0) {
          missing = -1
          receipt(false)
        } else if (missing === 0) receipt(true)
      })
    for (let index = 0; index < count; index++) {
      this.#acknowledger.start(this.writer, now, false)
      this.writer.piece(kind, ordered, id, index, count, payload.subarray(index * size, (index + 1) * size))
      if (piece) this.#receipts = [piece]
      this.#acknowledger.askWhereNeeded(this.writer, index + 1 < count)
      this.#handOver(now, true)
    }
  }

  /** @param more Another message follows now. */
  #finish(now: number, more: boolean): void {
    if (this.#packets === 0) return
    this.#acknowledger.lastPacketAt = now
    this.#acknowledger.askWhereNeeded(this.writer, more)
    this.#handOver(now, true)
  }

  #handOver(now: number, tells: boolean): void {
    const receipts = this.#receipts
    this.#packets = 0
    this.#receipts = undefined
    const message = this.#acknowledger.finish(this.writer, now, tells, receipts)
    this.counters.bytesOut += message.length
    try {
      this.#channel.putPacket(message)
    } catch (error) {
      this.#refused(error)
    }
  }

  #wait(
    packet: OutgoingPacket,
    ordered: boolean,
    now: number,
    key: string | number | undefined,
    receipt: Receipt | undefined,
  ): void {
    const replaced = key === undefined ? undefined : this.#waiting.find((each) => each.key === key)
    if (replaced) {
      // In its place, so that none waits for ever.
      this.#waitingBytes += packet.payload.length - replaced.packet.payload.length
      this.counters.dropped += 1
      replaced.receipt?.(false)
      Object.assign(replaced, { packet, ordered, receipt, at: now })
    } else {
      this.#waiting.push({ packet, ordered, key, receipt, at: now })
      this.#waitingBytes += packet.payload.length
    }
    if (packet.source !== undefined) this.#boundSource(packet.source)
    let tooMany = 0
    while (this.#waitingBytes > MAX_WAITING_UNRELIABLE_BYTES) this.#drop(this.#waiting[tooMany++]!)
    if (tooMany > 0) this.#waiting.splice(0, tooMany)
  }

  /** Of what is passed on for one peer the newest stays. */
  #boundSource(source: number): void {
    let bytes = 0
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const each = this.#waiting[i]!
      if (each.packet.source !== source) continue
      bytes += each.packet.payload.length
      if (bytes <= MAX_WAITING_RELAYED_BYTES || bytes === each.packet.payload.length) continue
      bytes -= each.packet.payload.length
      this.#drop(each)
      this.#waiting.splice(i, 1)
    }
  }

  #drop({ packet, receipt }: Waiting): void {
    this.#waitingBytes -= packet.payload.length
    this.counters.dropped += 1
    receipt?.(false)
  }
}
