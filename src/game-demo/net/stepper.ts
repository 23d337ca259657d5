// Turns a clock that ticks unevenly into steps of equal length. Shared by the page (a worker's timer) and Node.

import { STEP } from '../rules/constants.ts'

const STEP_MS = STEP * 1000
/** After a pause longer than this the time in between is skipped, not made up for. */
const MAX_CATCH_UP_MS = 250

export class Stepper {
  #last: number | undefined
  #accumulated = 0
  #skipped = 0

  /** How many steps are due at `now`. */
  advance(now: number): number {
    const elapsed = Math.max(0, now - (this.#last ?? now))
    this.#last = now
    this.#skipped = Math.max(0, elapsed - MAX_CATCH_UP_MS)
    this.#accumulated += elapsed - this.#skipped
    const steps = Math.floor(this.#accumulated / STEP_MS + 1e-6)
    this.#accumulated -= steps * STEP_MS
    return steps
  }

  /** The time that the last `advance` left out, ms. */
  get skipped(): number {
    return this.#skipped
  }

  /** How far `now` is between the last step and the next, 0 to 1: for drawing what lies between. */
  progress(now: number): number {
    if (this.#last === undefined) return 1
    return Math.min(1, Math.max(0, (this.#accumulated + now - this.#last) / STEP_MS))
  }
}
