// The smallest value of late: exact to within half of its memory, in constant space (two buckets).

export class WindowedMin {
  readonly #spanMs: number
  #current = Number.POSITIVE_INFINITY
  #previous = Number.POSITIVE_INFINITY
  #startedAt = Number.NaN

  /** Values are remembered for `spanMs` at least and twice that at most. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs
  }

  add(value: number, now: number): void {
    if (Number.isNaN(this.#startedAt)) this.#startedAt = now
    if (now - this.#startedAt >= this.#spanMs) {
      this.#previous = this.#current
      this.#current = Number.POSITIVE_INFINITY
      this.#startedAt = now
    }
    if (value < this.#current) this.#current = value
  }

  /** Forgets what was before. */
  restart(value: number, now: number): void {
    this.#previous = Number.POSITIVE_INFINITY
    this.#current = value
    this.#startedAt = now
  }

  /** `undefined`: there was none yet. */
  get value(): number | undefined {
    const least = Math.min(this.#current, this.#previous)
    return least === Number.POSITIVE_INFINITY ? undefined : least
  }
}
