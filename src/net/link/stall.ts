// Says for how long a connection has carried nothing although the other side is there, which is heard over another one. Only
// time in which it is heard counts: of a network that is away, a tab that sleeps or a game that computes, nobody is to blame.

import { MAX_SILENCE_STEP_MS } from './constants.ts'

export class Stall {
  #ms = 0
  #heardAt = Number.NEGATIVE_INFINITY

  /** Something arrived there, or nothing is under way. */
  over(now: number): void {
    this.#ms = 0
    this.#heardAt = now
  }

  /** The other side says that nothing more arrived. Returns for how long, in ms. */
  heard(now: number): number {
    this.#ms += Math.min(now - this.#heardAt, MAX_SILENCE_STEP_MS)
    this.#heardAt = now
    return this.#ms
  }
}
