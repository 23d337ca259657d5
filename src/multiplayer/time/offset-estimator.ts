// By how much two clocks differ, from questions and answers between them. Sans-IO: times come in, an estimate comes out.
//
// An answer gives two delays, there = answered - asked and back = received - answered, each by two clocks: the one is too
// large by what the other is too small by. Were both ways equally long and nothing had waited, half of their difference
// would be what the clocks differ by. So the smallest `there` and the smallest `back` are taken, each for itself: the two
// quickest packets are hardly ever a question and its own answer. What ways of different length make of it (half of the
// difference) nobody can measure.

import { JUMP_TOLERANCE_MS, MIN_SAMPLES } from './constants.ts'
import { DelayWindow } from './delay-window.ts'
import { DriftMeter } from './drift-meter.ts'

export interface Estimate {
  /** What to add to this machine's clock, in ms. */
  readonly offset: number
  /** The error that jitter is likely not to exceed, in ms. */
  readonly error: number
}

export class OffsetEstimator {
  readonly #there = new DelayWindow()
  readonly #back = new DelayWindow()
  readonly #drift = new DriftMeter()

  /** How much faster than this machine's the other clock runs, as a share. */
  get drift(): number {
    return this.#drift.drift
  }

  /**
   * Takes an answer. By this machine's clock: when it was asked for and received. By the other clock: when the question came,
   * and how long the answer was kept back.
   * @returns whether one of the clocks jumped, and all earlier answers were forgotten.
   */
  add(askedAt: number, time: number, held: number, receivedAt: number): boolean {
    const there = time - askedAt
    const back = receivedAt - (time + held)
    const jumped = this.#isImpossible(there, back, receivedAt)
    // After a long silence nobody knows whether one of the clocks stood still in it.
    if (jumped || this.#there.fresh(receivedAt) === 0) this.restart()
    this.#there.add(there, receivedAt)
    this.#back.add(back, receivedAt)
    this.#drift.add(there, back, receivedAt)
    return jumped
  }

  /** `undefined`: too few answers are young enough. */
  estimate(now: number): Estimate | undefined {
    if (this.#there.fresh(now) < MIN_SAMPLES) return undefined
    const there = this.#there.smallest(now, this.drift)!
    const back = this.#back.smallest(now, -this.drift)!
    // Of an exponential excess with the mean m the difference of two halves is beyond 1.5 m each in 5 of 100 cases.
    return { offset: (there.delay - back.delay) / 2, error: 1.5 * (there.excess + back.excess) }
  }

  /** Forgets all answers. */
  restart(): void {
    this.#there.clear()
    this.#back.clear()
    this.#drift.restart()
  }

  /** Together with a way back of late the way there took less than no time, or the other way round. */
  #isImpossible(there: number, back: number, now: number): boolean {
    const quickestThere = this.#there.smallest(now, this.drift)
    const quickestBack = this.#back.smallest(now, -this.drift)
    if (!quickestThere || !quickestBack) return false
    return there + quickestBack.delay < -JUMP_TOLERANCE_MS || quickestThere.delay + back < -JUMP_TOLERANCE_MS
  }
}
