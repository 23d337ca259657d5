// Round-trip times to peers that are reached over others, from end to end: with the clock's questions, which every peer answers
// that knows the room's time. Asked only while somebody looks at them.

import type { Clock } from '../../net/clock.ts'
import { RoundTripMeter } from '../../net/link/round-trip.ts'
import { TokenBucket } from '../../net/token-bucket.ts'
import { MAX_ROUND_TRIPS_PER_SECOND, ROUND_TRIP_PERIOD_MS } from './constants.ts'

export interface RoundTrip {
  /** In ms; `undefined` until measured. */
  readonly roundTripTimeMs: number | undefined
  readonly roundTripVariationMs: number | undefined
}

interface Measured {
  readonly meter: RoundTripMeter
  number: number
  askedAt: number
  isOpen: boolean
}

export class RoundTrips {
  readonly #clock: Clock
  readonly #ask: (to: number, number: number) => void
  readonly #budget: TokenBucket
  readonly #measured = new Map<number, Measured>()

  /** @param ask Sends question `number` to a peer. */
  constructor(clock: Clock, ask: (to: number, number: number) => void) {
    this.#clock = clock
    this.#ask = ask
    this.#budget = new TokenBucket(clock, MAX_ROUND_TRIPS_PER_SECOND, MAX_ROUND_TRIPS_PER_SECOND)
  }

  /** What is known so far. `asks`: it is to be asked for, now and then. */
  of(id: number, asks: boolean): RoundTrip {
    let measured = this.#measured.get(id)
    if (!measured) {
      measured = { meter: new RoundTripMeter(), number: 0, askedAt: Number.NEGATIVE_INFINITY, isOpen: false }
      this.#measured.set(id, measured)
    }
    const now = this.#clock.now()
    // Of many each has its turn.
    const periodMs = Math.max(ROUND_TRIP_PERIOD_MS, (1000 * this.#measured.size) / MAX_ROUND_TRIPS_PER_SECOND)
    if (asks && now - measured.askedAt >= periodMs && this.#budget.take(1)) {
      measured.number = (measured.number + 1) & 0xffff
      measured.askedAt = now
      measured.isOpen = true
      this.#ask(id, measured.number)
    }
    const { smoothedMs, variationMs } = measured.meter
    return { roundTripTimeMs: smoothedMs, roundTripVariationMs: variationMs }
  }

  /** A peer answers a question, which it kept for `held` ms. What comes twice, late or unasked does not count. */
  answered(from: number, number: number, held: number): void {
    const measured = this.#measured.get(from)
    if (!measured?.isOpen || measured.number !== number) return
    measured.isOpen = false
    this.add(from, this.#clock.now() - measured.askedAt - held)
  }

  /** A round trip that was measured otherwise, in ms. */
  add(id: number, ms: number): void {
    this.#measured.get(id)?.meter.add(Math.max(0, ms))
  }

  /** Forgets all but these peers. */
  keep(ids: readonly number[]): void {
    for (const id of this.#measured.keys()) if (!ids.includes(id)) this.#measured.delete(id)
  }
}
