// The header of unreliable messages, both ways: what arrived here rides on whatever goes out, and what the other side
// says has arrived there is handed to the log of what was sent and to the path.

import { NetError } from '../errors.ts'
import { DOUBT_MS, INITIAL_WINDOW, MAX_IN_DOUBT, MAX_MESSAGE } from './constants.ts'
import type { MessageWriter } from './frames.ts'
import { byteAt, u16At, u32At } from './frames.ts'
import { Path } from './path.ts'
import { ReceivedLog } from './received-log.ts'
import { RoundTripMeter } from './round-trip.ts'
import { type Receipt, SentLog } from './sent-log.ts'
import { ACKNOWLEDGEMENT_BYTES, Flag, PROGRESS_BYTES, UNRELIABLE_HEADER } from './wire.ts'

/** Times travel in eighths of a ms, in 16 bits: they wrap after 8 s, and only differences of neighbours count. */
const TICKS_PER_MS = 8
/** Longer delays cannot be told from shorter ones, in ms: half of what the 16 bits hold. */
const MAX_DELAY_MS = 0x8000 / TICKS_PER_MS
/** What `heldFor` counts in, in ms; 255: longer than can be said. */
const HELD_STEP_MS = 0.25

export interface AcknowledgerEvents {
  /** Everything that is on its way, in bytes. */
  flight(): number
  /** The other side has taken in so many messages of the first reliable channel (16 bits), and the stream up to `stream`. Whether that is news. */
  progress(reliable: number, stream: number): boolean
}

export class Acknowledger {
  readonly sent = new SentLog()
  readonly received = new ReceivedLog()
  path = new Path()
  readonly roundTrip = new RoundTripMeter()
  /** Messages that were taken in on the first reliable channel. */
  reliableIn = 0
  /** The position in the stream up to which everything was taken in. */
  streamIn = 0
  /** Something arrived of which the other side does not know yet. */
  owes = false
  /** Unreliable messages that came since the last acknowledgement, alone or with a packet. */
  unacknowledged = 0
  /** Nothing is heard of the other side: no packets go at all. */
  isHushed = false
  /** How often the other side was told what it did not know. */
  tellings = 0
  /** When the last unreliable message went out, in ms. */
  lastSentAt = Number.NEGATIVE_INFINITY
  /** When packets went out last, and not an acknowledgement or a question alone, in ms. */
  lastPacketAt = Number.NEGATIVE_INFINITY
  readonly #events: AcknowledgerEvents
  /** When something was read last, in ms. */
  #readAt = Number.NEGATIVE_INFINITY
  /** What was sent before went another way, and says nothing about this one. */
  #pathSince = Number.NEGATIVE_INFINITY
  #owesProgress = false
  #lastTicks = Number.NaN
  /** One-way delay in ticks, up to a constant: the difference of the clocks. */
  #delayTicks = 0

  constructor(events: AcknowledgerEvents) {
    this.#events = events
  }

  /**
   * The message that was started wants to be acknowledged at once: much is on its way, or the path is narrow. `more`: another
   * follows now. While there is room for it, and for one more if it gets lost, it will do: each acknowledgement costs both
   * sides as much as a message.
   */
  askWhereNeeded(writer: MessageWriter, more: boolean): void {
    const { path, sent } = this
    if (!path.isNarrow && sent.flight * 2 <= Math.max(path.window, INITIAL_WINDOW)) return
    if (more && sent.flight + writer.length + 2 * MAX_MESSAGE <= path.unreliableWindow) return
    writer.bytes[0]! |= Flag.Asks
  }

  /**
   * The other side does not answer: few packets or none go beside the questions. They would be lost, and fill the window that
   * SCTP has left after its timer rang, so that a question would wait for the next time when the path is back.
   */
  isStuck(now: number): boolean {
    if (this.isHushed) return true
    if (this.sent.flight < MAX_IN_DOUBT || now - this.#readAt < DOUBT_MS) return false
    return this.sent.overdue(now) > DOUBT_MS + (this.path.roundTripMs ?? 0)
  }

  /** The way beneath is another one: nothing is on its way, and nothing is known of it. */
  restart(now: number): void {
    this.sent.giveUp()
    this.path = new Path()
    this.#pathSince = now
    this.madeProgress()
  }

  /** Reliable messages arrived. */
  madeProgress(): void {
    this.#owesProgress = true
    this.owes = true
  }

  /** Starts a message with its header. `asks`: the other side is to acknowledge at once. */
  start(writer: MessageWriter, now: number, asks: boolean): void {
    const { bytes } = writer
    let flags = asks ? Flag.Asks : 0
    let at = UNRELIABLE_HEADER
    const { received } = this
    if (this.owes && received.newest >= 0) {
      flags |= Flag.Acknowledges
      this.unacknowledged = 0
      at = put16(bytes, at, received.newest)
      at = put16(bytes, at, received.history)
      at = put16(bytes, at, received.history >>> 16)
      at = put16(bytes, at, Math.round(received.newestAt * TICKS_PER_MS))
      bytes[at++] = Math.min(Math.round((now - received.newestAt) / HELD_STEP_MS), 255)
    }
    if (this.#owesProgress) {
      flags |= Flag.Progress
      at = put16(bytes, at, this.reliableIn)
      at = put16(bytes, at, this.streamIn)
      at = put16(bytes, at, this.streamIn >>> 16)
    }
    if (this.owes) this.tellings += 1
    this.owes = false
    this.#owesProgress = false
    bytes[0] = flags
    writer.start(at)
  }

  /**
   * The message that was started goes out now, and gets its number: messages of several channels may be under way.
   * `tells`: it is more than an acknowledgement, and is acknowledged itself.
   */
  finish(writer: MessageWriter, now: number, tells: boolean, receipts?: readonly Receipt[]): Uint8Array {
    const message = writer.finish()
    put16(message, 1, this.sent.next)
    this.lastSentAt = now
    if (tells) this.sent.sent(message.length, now, (message[0]! & Flag.Asks) !== 0, receipts)
    else this.sent.skip(now)
    return message
  }

  /**
   * Reads the header of a message. Returns where its frames begin, or -1 for a message that was seen before.
   * `number` and `asked` tell the rest. @throws {NetError} ERR_INVALID_DATA
   */
  read(message: Uint8Array, now: number): number {
    const flags = byteAt(message, 0)
    if (flags > (Flag.Acknowledges | Flag.Progress | Flag.Asks)) {
      throw new NetError('ERR_INVALID_DATA', `An unreliable message began with ${flags}.`)
    }
    const sequence = u16At(message, 1)
    let at = UNRELIABLE_HEADER
    if (flags & Flag.Acknowledges) at += ACKNOWLEDGEMENT_BYTES
    if (flags & Flag.Progress) at += PROGRESS_BYTES
    if (at > message.length) throw new NetError('ERR_INVALID_DATA', 'An unreliable message without all of its header.')
    this.#readAt = now
    this.number = this.received.note(sequence, now)
    this.asked = (flags & Flag.Asks) !== 0
    this.taught = false
    if (this.number < 0) return -1
    this.owes = true
    this.unacknowledged += 1
    at = UNRELIABLE_HEADER
    if (flags & Flag.Acknowledges) {
      this.#acknowledge(message, at, now)
      at += ACKNOWLEDGEMENT_BYTES
    }
    if (flags & Flag.Progress) {
      if (this.#events.progress(u16At(message, at), u32At(message, at + 2))) this.taught = true
      at += PROGRESS_BYTES
    }
    return at
  }

  /** Of the message that was read last: its number, which does not wrap. */
  number = -1
  /** Of the message that was read last: its sender waits for an acknowledgement. */
  asked = false
  /** Of the message that was read last: it told of more than acknowledgements that they arrived. */
  taught = false

  #acknowledge(message: Uint8Array, at: number, now: number): void {
    const flight = this.#events.flight()
    const result = this.sent.acknowledge(u16At(message, at), u32At(message, at + 2), now)
    if (!result) throw new NetError('ERR_INVALID_DATA', 'An acknowledgement of what was never sent.')
    const { bytes, sentAt } = result
    if (!Number.isNaN(sentAt)) {
      const held = message[at + 8]!
      if (held < 255) {
        const sample = Math.max(0, now - sentAt - held * HELD_STEP_MS)
        this.roundTrip.add(sample)
        if (sentAt >= this.#pathSince) this.path.roundTrip(sample, now)
      }
      // Longer ago, the 16 bits may have wrapped: somebody was frozen.
      if (now - sentAt < MAX_DELAY_MS) {
        const delay = this.#delay(u16At(message, at + 6), sentAt)
        if (sentAt >= this.#pathSince) this.path.delayed(delay, now)
      }
    }
    this.taught = bytes > 0
    if (bytes > 0) this.path.delivered(bytes, flight, now, true)
  }

  #delay(receivedTicks: number, sentAt: number): number {
    const ticks = (receivedTicks - Math.round(sentAt * TICKS_PER_MS)) & 0xffff
    if (!Number.isNaN(this.#lastTicks)) this.#delayTicks += ((ticks - this.#lastTicks) << 16) >> 16
    this.#lastTicks = ticks
    return this.#delayTicks / TICKS_PER_MS
  }
}

function put16(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value & 0xff
  bytes[at + 1] = (value >>> 8) & 0xff
  return at + 2
}
