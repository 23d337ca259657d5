// When the other side is told what arrived: with what goes out anyway, or after a while alone, or at once.

import type { CancelTimer, Clock } from '../clock.ts'
import type { Acknowledger } from './acknowledger.ts'
import { ACK_DELAY_MS, ACK_EVERY, CONVERSATION_MS, STREAM_ACK_DELAY_MS, STREAM_ACK_EVERY } from './constants.ts'

export class AckPace {
  readonly #clock: Clock
  readonly #acknowledger: Acknowledger
  readonly #send: () => void
  #dueAt = Number.POSITIVE_INFINITY
  /** What the acknowledger counted when that was set. */
  #tellings = 0
  /** Messages of the stream and of port 0 since the last acknowledgement. */
  #reliableMessages = 0
  #cancel: CancelTimer | undefined
  #stopped = false
  /** Made once: `#owe` runs with every message. */
  readonly #ring = () => {
    if (this.#acknowledger.owes) this.#now()
    else this.#dueAt = Number.POSITIVE_INFINITY
  }

  /** @param send Sends what is owed, with packets that wait for the end of the task or alone. */
  constructor(clock: Clock, acknowledger: Acknowledger, send: () => void) {
    this.#clock = clock
    this.#acknowledger = acknowledger
    this.#send = send
  }

  /** A message came on an unreliable channel. `hasFrames`: it is more than an acknowledgement. */
  unreliable(asked: boolean, hasFrames: boolean): void {
    if (asked || this.#acknowledger.unacknowledged >= ACK_EVERY) this.#now()
    else if (hasFrames) this.#owe(ACK_DELAY_MS)
  }

  /** A message came on the first reliable channel. */
  reliable(): void {
    this.#count(ACK_DELAY_MS)
  }

  /** A message of the stream came: these set its sender's pace. */
  stream(): void {
    this.#count(STREAM_ACK_DELAY_MS)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  #count(delayMs: number): void {
    this.#reliableMessages += 1
    if (this.#reliableMessages >= STREAM_ACK_EVERY) this.#now()
    else this.#owe(delayMs)
  }

  /** Within `delayMs`, at the latest with what arrives next: timers of hidden tabs ring once a second. */
  #owe(delayMs: number): void {
    if (this.#stopped) return
    const now = this.#clock.now()
    const { tellings } = this.#acknowledger
    // What was due until now rode along with a packet.
    if (tellings !== this.#tellings) {
      this.#cancel?.()
      this.#dueAt = Number.POSITIVE_INFINITY
    }
    if (now >= this.#dueAt) {
      this.#now()
      return
    }
    const dueAt = now + delayMs
    if (dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    this.#tellings = tellings
    // Whoever sends all the time will send again: the next packet, or the next arrival, is soon enough.
    if (delayMs === ACK_DELAY_MS && now - this.#acknowledger.lastPacketAt < CONVERSATION_MS) return
    this.#cancel?.()
    this.#cancel = this.#clock.setTimeout(this.#ring, delayMs)
  }

  #now(): void {
    this.#cancel?.()
    this.#dueAt = Number.POSITIVE_INFINITY
    this.#reliableMessages = 0
    this.#send()
  }
}
