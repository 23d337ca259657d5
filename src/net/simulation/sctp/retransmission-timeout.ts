// How long a sender waits for an acknowledgement (RFC 9260, 6.3.1). As in dcSCTP, which browsers use, doubling ends with
// the first acknowledgement. In usrsctp it ends with the next measurement, which needs new data to be sent (Karn): on a
// link that loses a fifth it may never come, and timeouts of 10 s are all that is left.

import { RTO_INITIAL_MS, RTO_MAX_MS, RTO_MIN_MS } from '../constants.ts'

export class RetransmissionTimeout {
  /** The smoothed round-trip time in ms; `undefined` until measured. */
  smoothedMs: number | undefined
  #variation = 0
  #doublings = 0
  readonly #maxBackOffMs: number

  constructor(maxBackOffMs = RTO_MAX_MS) {
    this.#maxBackOffMs = maxBackOffMs
  }

  /** The timeout in ms. */
  get ms(): number {
    const base = this.smoothedMs === undefined ? RTO_INITIAL_MS : Math.max(this.measuredMs, RTO_MIN_MS)
    // Only doubling is bounded: where the way itself takes longer, an earlier timeout would always be wrong.
    return Math.min(Math.max(base, Math.min(base * 2 ** this.#doublings, this.#maxBackOffMs)), RTO_MAX_MS)
  }

  /** How long an answer may take by what was measured, in ms; 0 until then. */
  get measuredMs(): number {
    return (this.smoothedMs ?? 0) + 4 * this.#variation
  }

  /** Takes a round trip, in ms. */
  sample(roundTrip: number): void {
    if (this.smoothedMs === undefined) {
      this.smoothedMs = roundTrip
      this.#variation = roundTrip / 2
    } else {
      this.#variation += (Math.abs(this.smoothedMs - roundTrip) - this.#variation) / 4
      this.smoothedMs += (roundTrip - this.smoothedMs) / 8
    }
  }

  /** Something new arrived. */
  acknowledged(): void {
    this.#doublings = 0
  }

  /** Nothing came in time: the next wait is twice as long. */
  backOff(): void {
    this.#doublings += 1
  }
}
