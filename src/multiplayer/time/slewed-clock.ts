// A clock that is put right without anybody noticing: by running a little faster or slower. It never goes back.

import { MAX_SLEW, SLEW_MS } from './constants.ts'

export class SlewedClock {
  /** The local time of `#base`. */
  #at = 0
  #base = 0
  /** How much faster than the local clock it runs, as a share. */
  #drift = 0
  /** What is still to be made up for, in ms, and with which share of the time that passes. */
  #error = 0
  #slew = 0
  #last = Number.NEGATIVE_INFINITY

  /** Its time at the local time `local`. */
  now(local: number): number {
    this.#last = Math.max(this.#last, this.#running(local))
    return this.#last
  }

  /** How much it would have to be put forward, in ms, to show `time`. */
  errorTo(time: number, local: number): number {
    return time - this.#running(local)
  }

  /** Steps to `time`. Where that lies behind, it stands still until then; unless `back`: then it goes back. */
  set(time: number, local: number, back = false): void {
    this.#at = local
    this.#base = time
    this.#error = 0
    if (back) this.#last = Number.NEGATIVE_INFINITY
  }

  /** Runs so that it comes to show what a clock does that shows `time` now, and runs faster by `drift` than the local one. */
  steer(time: number, drift: number, local: number): void {
    const base = this.#running(local)
    this.#at = local
    this.#base = base
    this.#drift = drift
    this.#error = time - base
    this.#slew = Math.min(MAX_SLEW, Math.abs(this.#error) / SLEW_MS)
  }

  #running(local: number): number {
    const elapsed = local - this.#at
    const correction = Math.min(Math.abs(this.#error), this.#slew * elapsed)
    return this.#base + elapsed * (1 + this.#drift) + Math.sign(this.#error) * correction
  }
}
