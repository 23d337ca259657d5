// Questions that wait for their answer: when each was asked. In constant space; an answer counts once.

import { MAX_OPEN_PINGS, MAX_ROUND_TRIP_MS } from './constants.ts'

export class OpenPings {
  readonly #askedAt = new Float64Array(MAX_OPEN_PINGS).fill(Number.NaN)
  readonly #numbers = new Uint16Array(MAX_OPEN_PINGS)
  #next = 0

  /** Returns the number of a question that is asked now. */
  open(now: number): number {
    const number = this.#next
    this.#next = (number + 1) & 0xffff
    this.#askedAt[number % MAX_OPEN_PINGS] = now
    this.#numbers[number % MAX_OPEN_PINGS] = number
    return number
  }

  /** When the question was asked; `undefined`: never, too long ago, or it was answered. */
  close(number: number, now: number): number | undefined {
    const place = number % MAX_OPEN_PINGS
    const askedAt = this.#askedAt[place]!
    if (this.#numbers[place] !== number || !(now - askedAt <= MAX_ROUND_TRIP_MS)) return undefined
    this.#askedAt[place] = Number.NaN
    return askedAt
  }

  /** No answer to what was asked so far counts. */
  clear(): void {
    this.#askedAt.fill(Number.NaN)
  }
}
