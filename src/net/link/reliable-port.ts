// One reliable channel of a link. Packets wait in lanes on our side and are handed over late and little: what SCTP has
// taken, nothing can overtake. What was handed over is kept until the other side has it, and goes again over another
// channel when that one is lost.

import { type LinkChannel, NO_TRAFFIC, type TrafficCounters } from './channel.ts'
import { LAST_HIGH_WATER, MAX_UNACKNOWLEDGED, RELIABLE_HIGH_WATER } from './constants.ts'
import { FrameReader, MessageWriter } from './frames.ts'
import { Joiner, type Receiving, type UnfinishedBudget } from './joiner.ts'
import { type LaneSettings, Lanes, type OutgoingPacket, type Sending } from './lanes.ts'

/** In place of a message of the stream, which keeps its own. */
const OF_THE_STREAM = undefined

export class ReliablePort {
  readonly reliable = true
  open = false
  readonly counters: TrafficCounters = { ...NO_TRAFFIC }
  /** The remote said on this channel that nothing follows. */
  ended = false
  readonly lanes: Lanes
  readonly joiner: Joiner
  readonly reader = new FrameReader(true)
  readonly writer = new MessageWriter()
  /** Bytes that the other side has not taken in yet. */
  flight = 0
  /** Messages of the other side that were taken in. 16 bits of it travel. */
  takenIn = 0
  /** What the other side was told of these last. */
  toldTakenIn = 0
  #channel: LinkChannel
  /** Messages that the other side is known to have. */
  #acknowledged = 0
  /** Messages that it is not known to have, from `#first` on. */
  #sent: (Uint8Array | undefined)[] = []
  #first = 0
  /** Of these the next that is to be handed over: all have been, until a channel is lost. */
  #again = 0

  constructor(
    channel: LinkChannel,
    lanes: ReadonlyMap<number, LaneSettings>,
    budget: UnfinishedBudget,
    sending: Sending,
    receiving: Receiving,
  ) {
    this.#channel = channel
    this.lanes = new Lanes(lanes, sending)
    this.joiner = new Joiner(budget, receiving)
  }

  get channel(): LinkChannel {
    return this.#channel
  }

  /** There is something for `flush` to do. */
  get hasWork(): boolean {
    return this.lanes.packets > 0 || this.#again < this.#sent.length
  }

  /** The other side has so many messages not yet that no more may follow. */
  get isFull(): boolean {
    return this.#sent.length - this.#first >= MAX_UNACKNOWLEDGED
  }

  get bufferedBytes(): number {
    return this.lanes.bytes + this.#channel.bufferedAmount
  }

  /** Hands over what waits, while no more than `window` bytes are on their way. */
  flush(window: number): void {
    while (this.hasWork && this.flight < window && this.#channel.bufferedAmount <= RELIABLE_HIGH_WATER) {
      if (this.#again === this.#sent.length && this.isFull) return
      this.#next()
    }
  }

  /** Hands over everything that the channel takes. */
  flushAll(): void {
    while (this.hasWork && this.#channel.bufferedAmount <= LAST_HIGH_WATER) this.#next()
  }

  /** Hands over one last frame, whatever waits: there is no later. */
  say(lane: number, packet: OutgoingPacket): void {
    this.#sent.length = this.#again
    this.lanes.clear()
    this.lanes.add(lane, packet)
    this.#next()
  }

  /** Hands over a message of the stream. */
  putStream(message: Uint8Array): void {
    this.#sent.splice(this.#again++, 0, OF_THE_STREAM)
    this.#put(message)
  }

  /**
   * The other side has taken in `count` messages (16 bits of it). Returns the bytes of those that are new, or -1 when
   * that is more than were sent.
   */
  taken(count: number): number {
    const news = (count - this.#acknowledged) & 0xffff
    // Messages may overtake each other: an older count is no news.
    if (news >= 0x8000) return 0
    if (news > this.#again - this.#first) return -1
    let bytes = 0
    for (let i = 0; i < news; i++) {
      bytes += this.#sent[this.#first]?.length ?? 0
      this.#sent[this.#first++] = undefined
    }
    this.#acknowledged += news
    if (this.#first >= 1024 && this.#first * 2 >= this.#sent.length) {
      this.#sent = this.#sent.slice(this.#first)
      this.#again -= this.#first
      this.#first = 0
    }
    this.flight -= bytes
    return bytes
  }

  /**
   * From now on over `channel`. Of what went over the one before, the other side has `count` messages (16 bits of it); the
   * rest goes again. False: it cannot have them.
   */
  resume(channel: LinkChannel, count: number): boolean {
    this.#channel = channel
    const behind = (this.#acknowledged - count) & 0xffff
    // Less than it had before: what it has lost is not here any more.
    if ((behind > 0 && behind < 0x8000) || this.taken(count) < 0) return false
    this.#sent = this.#sent.slice(this.#first).filter((message) => message !== OF_THE_STREAM)
    this.#first = 0
    this.#again = 0
    this.flight = 0
    return true
  }

  close(): void {
    this.lanes.clear()
    this.joiner.clear()
    this.#sent = []
    this.#first = 0
    this.#again = 0
  }

  #next(): void {
    if (this.#again === this.#sent.length) {
      this.writer.start(0)
      this.lanes.fill(this.writer)
      this.#sent.push(this.writer.finish().slice())
    }
    const message = this.#sent[this.#again++]!
    this.flight += message.length
    this.#put(message)
  }

  #put(message: Uint8Array): void {
    this.counters.bytesOut += message.length
    this.#channel.putPacket(message)
  }
}
