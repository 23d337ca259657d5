// Limits how often something happens: bursts up to the bucket's size, and a steady rate after that.

import type { Clock } from './clock.ts'

export class TokenBucket {
  readonly #clock: Clock
  readonly #size: number
  readonly #perSecond: number
  #tokens: number
  #filledAt: number

  /** Starts full. */
  constructor(clock: Clock, size: number, perSecond: number) {
    this.#clock = clock
    this.#size = size
    this.#perSecond = perSecond
    this.#tokens = size
    this.#filledAt = clock.now()
  }

  /** Takes `count` tokens if there are as many; otherwise takes none and returns false. */
  take(count: number): boolean {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#size, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond)
    this.#filledAt = now
    if (count > this.#tokens) return false
    this.#tokens -= count
    return true
  }

  /** Gives back up to what was taken. */
  give(count: number): void {
    this.#tokens = Math.min(this.#size, this.#tokens + count)
  }
}
