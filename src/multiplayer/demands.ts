// What the other side of a pair can make this one do through signaling: every connection that it asks for is paid from one
// purse, whether it was never connected, is being repaired or was given up. Whoever leaves the room and enters it again begins
// with a new one: the server's limits bound that.

import type { Clock } from '../net/clock.ts'
import { TokenBucket } from '../net/token-bucket.ts'
import { DEMAND_REFILL_MS, MAX_DEMANDS_AT_ONCE } from './constants.ts'

export class Demands {
  readonly #clock: Clock
  readonly #purses = new Map<number, TokenBucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Pays for a connection, or a restart of ICE, that peer `id` wants. False: it wants too many. */
  pay(id: number): boolean {
    let purse = this.#purses.get(id)
    if (!purse) {
      purse = new TokenBucket(this.#clock, MAX_DEMANDS_AT_ONCE, 1000 / DEMAND_REFILL_MS)
      this.#purses.set(id, purse)
    }
    return purse.take(1)
  }

  /** Signaling knows it no more. */
  forget(id: number): void {
    this.#purses.delete(id)
  }
}
