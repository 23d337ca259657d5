// Things that can be had once: a ticket's id. In memory, for one process; an adapter that many processes share has a
// `claimOnce` of its own, so that a ticket used at one of them is used at all of them.

import type { Clock } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import { MAX_CLAIMS } from './constants.ts'

export interface ClaimStore {
  /**
   * True for the first who asks for `key`, and false for everyone else for the next `ttlMs` ms.
   * @throws {NetError} ERR_RATE_LIMITED when no more can be remembered: better nobody enters than somebody twice.
   */
  claimOnce(key: string, ttlMs: number): Promise<boolean>
}

/** Remembers claims in memory, at most MAX_CLAIMS that still hold. */
export class MemoryClaims implements ClaimStore {
  readonly #clock: Clock
  readonly #max: number
  readonly #until = new Map<string, number>()

  constructor(clock: Clock, max: number = MAX_CLAIMS) {
    this.#clock = clock
    this.#max = max
  }

  /** How many are remembered, those included that have run out and were not in the way yet. */
  get size(): number {
    return this.#until.size
  }

  // Nothing in it waits, so it is atomic.
  async claimOnce(key: string, ttlMs: number): Promise<boolean> {
    const now = this.#clock.now()
    const until = this.#until.get(key)
    if (until !== undefined && until > now) return false
    if (this.#until.size >= this.#max) this.#sweep(now)
    if (this.#until.size >= this.#max) {
      throw new NetError('ERR_RATE_LIMITED', 'The server remembers as many tickets as it may. Try again later.')
    }
    this.#until.set(key, now + ttlMs)
    return true
  }

  #sweep(now: number): void {
    for (const [key, until] of this.#until) if (until <= now) this.#until.delete(key)
  }
}
