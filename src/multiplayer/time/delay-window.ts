// The delays of one direction, of late: how quick the quickest packets were. Most of what delays a packet is waiting, and
// every now and then one hardly waits; so the smallest of many delays is nearly the way itself.

import { MAX_SAMPLES, WINDOW_MS } from './constants.ts'

/** How many of the smallest delays say how good the very smallest is. */
const LOWEST = 4

export class DelayWindow {
  readonly #times = new Float64Array(MAX_SAMPLES)
  readonly #delays = new Float64Array(MAX_SAMPLES)
  readonly #lowest = new Float64Array(LOWEST)
  #next = 0
  #count = 0

  /** `delay` in ms, by two clocks that need not agree: it may be anything, also negative. */
  add(delay: number, now: number): void {
    this.#times[this.#next] = now
    this.#delays[this.#next] = delay
    this.#next = (this.#next + 1) % MAX_SAMPLES
    this.#count = Math.min(this.#count + 1, MAX_SAMPLES)
  }

  clear(): void {
    this.#next = 0
    this.#count = 0
  }

  /** How many delays are younger than WINDOW_MS. */
  fresh(now: number): number {
    let fresh = 0
    for (let i = 0; i < this.#count; i++) if (now - this.#times[i]! <= WINDOW_MS) fresh += 1
    return fresh
  }

  /**
   * The smallest delay, as it would be now that the clocks have drifted on by `drift` (a share), and how much it is likely
   * too large: the mean distance of the smallest ones. `undefined`: there are too few.
   */
  smallest(now: number, drift: number): { readonly delay: number; readonly excess: number } | undefined {
    const lowest = this.#lowest.fill(Number.POSITIVE_INFINITY)
    for (let i = 0; i < this.#count; i++) {
      const age = now - this.#times[i]!
      if (age > WINDOW_MS) continue
      let value = this.#delays[i]! + drift * age
      for (let place = 0; place < LOWEST; place++) {
        const other = lowest[place]!
        if (value >= other) continue
        lowest[place] = value
        value = other
      }
    }
    const delay = lowest[0]!
    const excess = (lowest[LOWEST - 1]! - delay) / (LOWEST - 1)
    return excess < Number.POSITIVE_INFINITY ? { delay, excess } : undefined
  }
}
