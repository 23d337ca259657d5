// One reliable channel of a link. Packets wait in lanes on our side and are handed over late and little: what SCTP has
// taken, nothing can overtake.

import type { LinkChannel, TrafficCounters } from './channel.ts'
import { LAST_HIGH_WATER, RELIABLE_HIGH_WATER } from './constants.ts'
import { FrameReader, MessageWriter } from './frames.ts'
import { Joiner, type Receiving, type UnfinishedBudget } from './joiner.ts'
import { type LaneSettings, Lanes, type OutgoingPacket, type Sending } from './lanes.ts'

export class ReliablePort {
  readonly reliable = true
  open = false
  /** The remote said on this channel that nothing follows. */
  ended = false
  readonly channel: LinkChannel
  readonly lanes: Lanes
  readonly joiner: Joiner
  readonly reader = new FrameReader(true)
  readonly writer = new MessageWriter()
  /** Bytes that the other side has not taken in yet, where that is known. */
  flight = 0
  /** Messages that were handed over. Does not wrap. */
  handedOver = 0
  readonly #counters: TrafficCounters
  /** Of the first channel the other side tells what it has taken in. */
  readonly #isFirst: boolean
  /** Sizes of the messages in `flight`, from `#firstSize` on. */
  #sizes: number[] = []
  #firstSize = 0

  constructor(
    channel: LinkChannel,
    lanes: ReadonlyMap<number, LaneSettings>,
    budget: UnfinishedBudget,
    counters: TrafficCounters,
    sending: Sending,
    receiving: Receiving,
    isFirst: boolean,
  ) {
    this.#isFirst = isFirst
    this.channel = channel
    this.lanes = new Lanes(lanes, sending)
    this.joiner = new Joiner(budget, receiving)
    this.#counters = counters
  }

  /** There is something for `flush` to do. */
  get hasWork(): boolean {
    return this.lanes.packets > 0
  }

  get bufferedBytes(): number {
    return this.lanes.bytes + this.channel.bufferedAmount
  }

  /** Hands over what waits, while no more than `window` bytes are on their way. */
  flush(window: number): void {
    while (this.lanes.packets > 0 && this.flight < window && this.channel.bufferedAmount <= RELIABLE_HIGH_WATER)
      this.#next()
  }

  /** Hands over everything that the channel takes. */
  flushAll(): void {
    while (this.lanes.packets > 0 && this.channel.bufferedAmount <= LAST_HIGH_WATER) this.#next()
  }

  /** Hands over one last frame, whatever waits: there is no later. */
  say(lane: number, packet: OutgoingPacket): void {
    this.lanes.clear()
    this.lanes.add(lane, packet)
    this.#next()
  }

  /** Hands over a message that did not come from the lanes. `flight`: what of it counts here as on its way. */
  put(message: Uint8Array, flight: number): void {
    this.channel.putPacket(message)
    this.handedOver += 1
    if (this.#isFirst) {
      this.flight += flight
      this.#sizes.push(flight)
    }
    this.#counters.bytesOut += message.length
  }

  /**
   * The other side has taken in `count` messages (16 bits of it). Returns the bytes of those that are new, or -1 when
   * that is more than were sent.
   */
  taken(count: number): number {
    const waiting = this.#sizes.length - this.#firstSize
    const before = this.handedOver - waiting
    const news = (count - before) & 0xffff
    // Messages may overtake each other: an older count is no news.
    if (news >= 0x8000) return 0
    if (news > waiting) return -1
    let bytes = 0
    for (let i = 0; i < news; i++) bytes += this.#sizes[this.#firstSize++]!
    if (this.#firstSize >= 1024 && this.#firstSize * 2 >= this.#sizes.length) {
      this.#sizes = this.#sizes.slice(this.#firstSize)
      this.#firstSize = 0
    }
    this.flight -= bytes
    return bytes
  }

  close(): void {
    this.lanes.clear()
    this.joiner.clear()
  }

  #next(): void {
    this.writer.start(0)
    this.lanes.fill(this.writer)
    const message = this.writer.finish()
    this.put(message, message.length)
  }
}
