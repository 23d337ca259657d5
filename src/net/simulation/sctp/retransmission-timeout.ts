// How long a sender waits for an acknowledgement (RFC 9260, 6.3.1).

import { RTO_INITIAL_MS, RTO_MAX_MS, RTO_MIN_MS } from '../constants.ts'

export class RetransmissionTimeout {
  /** The timeout in ms. */
  ms = RTO_INITIAL_MS
  /** The smoothed round-trip time in ms; `undefined` until measured. */
  smoothedMs: number | undefined
  #variation = 0

  /** Takes a round trip, in ms. */
  sample(roundTrip: number): void {
    if (this.smoothedMs === undefined) {
      this.smoothedMs = roundTrip
      this.#variation = roundTrip / 2
    } else {
      this.#variation += (Math.abs(this.smoothedMs - roundTrip) - this.#variation) / 4
      this.smoothedMs += (roundTrip - this.smoothedMs) / 8
    }
    this.ms = Math.min(Math.max(this.measuredMs, RTO_MIN_MS), RTO_MAX_MS)
  }

  /** How long an answer may take by what was measured, in ms; 0 until then. Unlike `ms` it does not back off. */
  get measuredMs(): number {
    return (this.smoothedMs ?? 0) + 4 * this.#variation
  }

  /** Nothing came in time: the next wait is twice as long. */
  backOff(): void {
    this.ms = Math.min(this.ms * 2, RTO_MAX_MS)
  }
}
