// The stream: bulk lanes as a sequence of messages with positions, which may travel over the first reliable channel or over
// a connection of their own, and may change from one to the other in between.

import { NetError } from '../errors.ts'
import type { LinkChannel } from './channel.ts'
import { LAST_HIGH_WATER, MAX_STREAM_AHEAD, RELIABLE_HIGH_WATER } from './constants.ts'
import { FrameReader, MessageWriter, u32At } from './frames.ts'
import { Joiner, type Receiving, type UnfinishedBudget } from './joiner.ts'
import { type LaneSettings, Lanes, type Sending } from './lanes.ts'
import { Kind, LAST, STREAM_HEADER } from './wire.ts'

export class StreamSender {
  readonly lanes: Lanes
  /** Bytes that the other side has not taken in yet. */
  flight = 0
  /** Position of the next message. Wraps after 2^32. */
  next = 0
  readonly writer = new MessageWriter()
  #put: (message: Uint8Array) => void
  #channel: LinkChannel
  /** Not taken in yet, from `#first` on: sent again when the way that they took is lost. */
  #sent: Uint8Array[] = []
  #first = 0
  /** Of these the next that is to be handed over: all have been, until a way is lost. */
  #again = 0

  /** @param put Sends over the first reliable channel, which is `channel`. */
  constructor(
    lanes: ReadonlyMap<number, LaneSettings>,
    channel: LinkChannel,
    put: (message: Uint8Array) => void,
    sending: Sending,
  ) {
    this.lanes = new Lanes(lanes, sending)
    this.#channel = channel
    this.#put = put
  }

  /** Hands over what waits, while no more than `window` bytes are on their way. */
  flush(window: number): void {
    while (this.waits && this.flight < window && this.#channel.bufferedAmount <= RELIABLE_HIGH_WATER) {
      if (this.#again === this.#sent.length && this.#sent.length - this.#first >= MAX_STREAM_AHEAD) return
      this.#next()
    }
  }

  /** Hands over everything that the channel takes: there is no later. */
  flushAll(): void {
    while (this.waits && this.#channel.bufferedAmount <= LAST_HIGH_WATER) this.#next()
  }

  /** There is something to hand over. */
  get waits(): boolean {
    return this.lanes.packets > 0 || this.#again < this.#sent.length
  }

  /** From now on over this channel. `again`: what was not taken in yet may be lost, and goes once more, at the pace of all. */
  use(channel: LinkChannel, put: (message: Uint8Array) => void, again: boolean): void {
    this.#channel = channel
    this.#put = put
    if (!again) return
    this.#again = this.#first
    this.flight = 0
  }

  /** The other side has everything before `position`. Returns the bytes of what is new, or -1 for what was never sent. */
  taken(position: number): number {
    const waiting = this.#sent.length - this.#first
    const news = (position - (this.next - waiting)) >>> 0
    if (news >= 0x8000_0000) return 0
    if (news > waiting) return -1
    let bytes = 0
    for (let i = 0; i < news; i++, this.#first++) {
      const { length } = this.#sent[this.#first]!
      bytes += length
      if (this.#first < this.#again) this.flight -= length
    }
    this.#again = Math.max(this.#again, this.#first)
    if (this.#first >= 256 && this.#first * 2 >= this.#sent.length) {
      this.#sent = this.#sent.slice(this.#first)
      this.#again -= this.#first
      this.#first = 0
    }
    return bytes
  }

  /** The other side goes on over another way, and has everything before `position`. False: it cannot have that. */
  resume(position: number): boolean {
    const behind = (this.next - (this.#sent.length - this.#first) - position) >>> 0
    // Less than it had before: what it has lost is not here any more.
    return (behind === 0 || behind >= 0x8000_0000) && this.taken(position) >= 0
  }

  close(): void {
    this.lanes.clear()
    this.#sent = []
    this.#first = 0
    this.#again = 0
    this.flight = 0
  }

  #next(): void {
    if (this.#again === this.#sent.length) this.#write()
    const message = this.#sent[this.#again++]!
    this.flight += message.length
    this.#put(message)
  }

  #write(): void {
    const { bytes } = this.writer
    bytes[0] = Kind.Stream | LAST
    for (let i = 0; i < 4; i++) bytes[1 + i] = (this.next >>> (8 * i)) & 0xff
    this.writer.start(STREAM_HEADER)
    this.lanes.fill(this.writer)
    this.#sent.push(this.writer.finish().slice())
    this.next = (this.next + 1) >>> 0
  }
}

export class StreamReceiver {
  /** Position up to which everything was taken in. */
  next = 0
  readonly joiner: Joiner
  readonly reader = new FrameReader(true)
  readonly #early = new Map<number, Uint8Array>()

  constructor(budget: UnfinishedBudget, receiving: Receiving) {
    this.joiner = new Joiner(budget, receiving)
  }

  /** Takes a message; `take`, which must not throw, is given it and those that waited for it, in order. @throws {NetError} ERR_INVALID_DATA */
  receive(message: Uint8Array, take: (message: Uint8Array) => void): void {
    if (message.length < STREAM_HEADER + 1) throw new NetError('ERR_INVALID_DATA', 'A stream message without content.')
    const position = u32At(message, 1)
    const ahead = (position - this.next) >>> 0
    // It came over the other way already.
    if (ahead >= 0x8000_0000) return
    if (ahead > 0) {
      if (ahead > MAX_STREAM_AHEAD) {
        throw new NetError('ERR_INVALID_DATA', `A stream message came ${ahead} places before its turn.`)
      }
      this.#early.set(position, message)
      return
    }
    let due: Uint8Array | undefined = message
    while (due) {
      const position = this.next
      this.next = (this.next + 1) >>> 0
      this.#early.delete(position)
      take(due)
      due = this.#early.get(this.next)
    }
  }

  close(): void {
    this.#early.clear()
    this.joiner.clear()
  }
}
