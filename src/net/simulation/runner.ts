// Moves virtual time, and lets promises settle in between: much of a game is written with `await`.

import type { VirtualClock } from '../clock.ts'
import { NetError } from '../errors.ts'
import { DEFAULT_LIMIT_MS, STEP_MS, TURNS_AT_END, TURNS_PER_STEP } from './constants.ts'

/** What `until` takes. */
export interface UntilOptions {
  /** How long to go on, in ms of virtual time. Default 60,000. */
  readonly limitMs?: number
}

export class Runner {
  readonly #clock: VirtualClock
  /** What to add to an error so that the run can be repeated. */
  readonly #hint: string
  #running = false

  constructor(clock: VirtualClock, hint: string) {
    this.#clock = clock
    this.#hint = hint
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER, ERR_ALREADY_IN_USE */
  async run(ms: number): Promise<void> {
    await this.#advance(ms, () => false)
    await settle(TURNS_AT_END)
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER, ERR_ALREADY_IN_USE, ERR_TIMEOUT */
  async until<T>(goal: Promise<T> | (() => boolean), { limitMs = DEFAULT_LIMIT_MS }: UntilOptions): Promise<T> {
    const isPromise = typeof goal !== 'function'
    let settled = false
    if (isPromise) {
      const end = () => {
        settled = true
      }
      goal.then(end, end)
    }
    const isReached = isPromise ? () => settled : goal
    if (!(await this.#advance(limitMs, isReached))) {
      const what = isPromise ? 'The promise did not settle' : 'The condition was not met'
      throw new NetError('ERR_TIMEOUT', `${what} within ${limitMs} ms of virtual time (${this.#hint}).`)
    }
    return (isPromise ? await goal : undefined) as T
  }

  /** Returns whether `isReached` was, within `ms`. */
  async #advance(ms: number, isReached: () => boolean): Promise<boolean> {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw new NetError('ERR_INVALID_PARAMETER', `Time moves by a number of milliseconds from 0, not by ${ms}.`)
    }
    if (this.#running) {
      throw new NetError('ERR_ALREADY_IN_USE', 'Time is being moved already: await the call before.')
    }
    this.#running = true
    try {
      const clock = this.#clock
      const end = clock.now() + ms
      await settle(TURNS_AT_END)
      while (!isReached()) {
        const next = clock.nextTimerAt
        if (next === undefined || next > end) {
          clock.advanceTo(end)
          await settle(TURNS_AT_END)
          return isReached()
        }
        // Steps end on whole milliseconds, and stretches in which nothing happens take none.
        clock.advanceTo(Math.min(end, Math.floor(next / STEP_MS) * STEP_MS + STEP_MS))
        await settle(TURNS_PER_STEP)
      }
      return true
    } finally {
      this.#running = false
    }
  }
}

async function settle(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await undefined
}
