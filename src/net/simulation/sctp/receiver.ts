// The receiving half of an association: puts messages together and in order, each stream for itself, and reports.

import type { CancelTimer, Clock } from '../../clock.ts'
import { DELAYED_SACK_MS, RECEIVE_WINDOW } from '../constants.ts'
import { TsnRanges } from './tsn-ranges.ts'
import type { DataChunk, ForwardTsn, Message, Sack } from './types.ts'

export interface ReceiverEvents {
  /** A whole message, in its order. */
  message(message: Message): void
  /** A report is due, and nothing else goes out that it could travel with. */
  report(): void
}

interface Stream {
  expected: number
  /** Whole messages that wait for an earlier one. */
  readonly waiting: Map<number, Message>
}

export class Receiver {
  readonly #clock: Clock
  readonly #events: ReceiverEvents
  readonly #arrived = new TsnRanges()
  readonly #streams = new Map<number, Stream>()
  /** Bytes that are there of messages that are not whole. */
  readonly #partial = new Map<Message, number>()
  /** Resets wait until everything before them is there. */
  #resets: DataChunk[] = []
  #held = 0
  /** Packets with data since the last report. */
  #unreported = 0
  #cancelReport: CancelTimer | undefined
  #closed = false

  constructor(clock: Clock, events: ReceiverEvents) {
    this.#clock = clock
    this.#events = events
  }

  /** Bytes held because something before them is missing. */
  get held(): number {
    return this.#held
  }

  receive(chunks: readonly DataChunk[], forward: ForwardTsn | undefined): void {
    if (forward) this.#forward(forward)
    let duplicates = false
    for (const chunk of chunks) {
      if (this.#closed) return
      if (this.#arrived.add(chunk.tsn)) this.#take(chunk)
      else duplicates = true
    }
    this.#runResets()
    if (this.#closed || (chunks.length === 0 && !forward)) return
    this.#unreported += 1
    // A gap or a duplicate is told at once, otherwise every second packet or a little later (RFC 9260, 6.2).
    if (this.#unreported >= 2 || duplicates || forward || this.#arrived.hasGaps) this.#events.report()
    else this.#cancelReport ??= this.#clock.setTimeout(() => this.#events.report(), DELAYED_SACK_MS)
  }

  /** The report that is due, if one is. */
  takeReport(): Sack | undefined {
    if (this.#unreported === 0) return undefined
    this.#unreported = 0
    this.#cancelReport?.()
    this.#cancelReport = undefined
    const window = Math.max(0, RECEIVE_WINDOW - this.#held)
    return { cumulative: this.#arrived.cumulative, ranges: this.#arrived.ranges, window }
  }

  close(): void {
    this.#closed = true
    this.#cancelReport?.()
    this.#partial.clear()
    this.#streams.clear()
    this.#resets = []
  }

  #take(chunk: DataChunk): void {
    const { message } = chunk
    if (message.payload.type === 'reset') {
      this.#resets.push(chunk)
      return
    }
    if (chunk.bytes < message.bytes) {
      const bytes = (this.#partial.get(message) ?? 0) + chunk.bytes
      this.#held += chunk.bytes
      if (bytes < message.bytes) {
        this.#partial.set(message, bytes)
        return
      }
      this.#partial.delete(message)
      this.#held -= message.bytes
    }
    if (!message.ordered) {
      this.#events.message(message)
      return
    }
    const stream = this.#stream(message.stream)
    if (message.sequence < stream.expected) return
    stream.waiting.set(message.sequence, message)
    this.#held += message.bytes
    this.#deliver(stream, stream.expected)
  }

  /** Delivers what is in order, and everything that waits below `from`. */
  #deliver(stream: Stream, from: number): void {
    for (;;) {
      const message = stream.waiting.get(stream.expected)
      if (!message && stream.expected >= from) return
      stream.waiting.delete(stream.expected)
      stream.expected += 1
      if (!message) continue
      this.#held -= message.bytes
      this.#events.message(message)
      if (this.#closed) return
    }
  }

  #forward({ tsn, sequences }: ForwardTsn): void {
    this.#arrived.forward(tsn)
    for (const [message, bytes] of this.#partial) {
      // The sender stops within a message that it gives up, so one that began before `tsn` is over.
      if (!message.abandoned || message.firstTsn > tsn) continue
      this.#partial.delete(message)
      this.#held -= bytes
    }
    for (const [id, sequence] of sequences) {
      if (!this.#closed) this.#deliver(this.#stream(id), sequence + 1)
    }
  }

  #runResets(): void {
    while (!this.#closed) {
      const index = this.#resets.findIndex(({ tsn }) => tsn <= this.#arrived.cumulative)
      if (index < 0) return
      const [chunk] = this.#resets.splice(index, 1)
      this.#events.message(chunk!.message)
    }
  }

  #stream(id: number): Stream {
    let stream = this.#streams.get(id)
    if (!stream) {
      stream = { expected: 0, waiting: new Map() }
      this.#streams.set(id, stream)
    }
    return stream
  }
}
