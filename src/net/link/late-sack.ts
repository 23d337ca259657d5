// Sees to it that SCTP's acknowledgement of what came does not wait where SCTP keeps it for a second packet: it goes with
// whatever is sent. Without it Node's SCTP takes the packet for lost, and has a congestion window of one packet from then on.

import type { CancelTimer, Clock } from '../clock.ts'
import type { Acknowledger } from './acknowledger.ts'
import { ACK_DELAY_MS } from './constants.ts'

export class LateSack {
  readonly #clock: Clock
  readonly #acknowledger: Acknowledger
  readonly #send: () => void
  #heardAt = Number.NEGATIVE_INFINITY
  /** One at a time, whatever comes: a timer for each message is garbage. */
  #cancel: CancelTimer | undefined
  #stopped = false
  readonly #ring = () => {
    this.#cancel = undefined
    if (this.#acknowledger.lastSentAt >= this.#heardAt) return
    const leftMs = this.#heardAt + ACK_DELAY_MS - this.#clock.now()
    if (leftMs > 0) {
      this.#cancel = this.#clock.setTimeout(this.#ring, leftMs)
      return
    }
    this.#acknowledger.owes = true
    this.#send()
  }

  /** @param send Sends an acknowledgement, with packets that wait for the end of the task or alone. */
  constructor(clock: Clock, acknowledger: Acknowledger, send: () => void) {
    this.#clock = clock
    this.#acknowledger = acknowledger
    this.#send = send
  }

  /** A message came that is more than an answer to one of these: two sides would go on answering each other. */
  heard(): void {
    if (this.#stopped) return
    this.#heardAt = this.#clock.now()
    this.#cancel ??= this.#clock.setTimeout(this.#ring, ACK_DELAY_MS)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }
}
