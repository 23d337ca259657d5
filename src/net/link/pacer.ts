// Spreads a window over the round trip. A window that leaves at once is a queue in the path, for the game behind it and for
// the measuring of that queue, however much room the path has.

import { MAX_MESSAGE } from './constants.ts'
import type { Path } from './path.ts'

/** Bytes that may leave at once, at least. */
const BURST = 4 * MAX_MESSAGE
/** The same as a part of the round trip, and in ms: timers are late, in a page that is hidden by much. */
const BURST_SHARE = 0.25
const BURST_MS = 2
/** The shortest wait, in ms. */
const MIN_WAIT_MS = 1
/** How much faster than the window in a round trip: it must be full for more to be tried. */
const GAIN = 1.1
/** The same at the start. What grows by the factor g in a round trip leaves at ln g / (1 - 1/g) of it: 1.25 for 1.6. */
const START_GAIN = 1.3

export class Pacer {
  readonly #path: Path
  #allowance = BURST
  #at = Number.NEGATIVE_INFINITY

  constructor(path: Path) {
    this.#path = path
  }

  /** Bytes that may leave now; below 0: so many too much have left. */
  allowance(now: number): number {
    const rate = this.#rate
    if (rate === undefined) return Number.POSITIVE_INFINITY
    const most = Math.max(BURST, rate * Math.max(BURST_SHARE * this.#path.roundTripMs!, BURST_MS))
    this.#allowance = Math.min(this.#allowance + rate * (now - this.#at), most)
    this.#at = now
    return this.#allowance
  }

  left(bytes: number): void {
    this.#allowance -= bytes
  }

  /** How long until two messages more may leave, in ms from when `allowance` was asked. */
  get waitMs(): number {
    const rate = this.#rate
    return rate === undefined ? 0 : Math.max((2 * MAX_MESSAGE - this.#allowance) / rate, MIN_WAIT_MS)
  }

  /** Bytes a ms. `undefined`: the round trip is not known yet. */
  get #rate(): number | undefined {
    const { roundTripMs, window, isNarrow } = this.#path
    if (roundTripMs === undefined) return undefined
    return ((isNarrow ? GAIN : START_GAIN) * window) / Math.max(roundTripMs, 1)
  }
}
