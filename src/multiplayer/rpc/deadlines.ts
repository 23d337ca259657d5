// Things that happen when nothing else did in time. With `autoPoll: false` they happen within `poll`, and only there.

import type { CancelTimer, Clock } from '../../net/clock.ts'

export class Deadlines {
  readonly #clock: Clock
  /** Those that wait for `expire`. */
  readonly #polled = new Set<{ readonly at: number; readonly callback: () => void }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `callback` in `ms`: by itself with `autoPoll`, otherwise at the first `expire` from then on. */
  add(ms: number, autoPoll: boolean, callback: () => void): CancelTimer {
    if (autoPoll) return this.#clock.setTimeout(callback, ms)
    const entry = { at: this.#clock.now() + ms, callback }
    this.#polled.add(entry)
    return () => this.#polled.delete(entry)
  }

  expire(): void {
    if (this.#polled.size === 0) return
    const now = this.#clock.now()
    for (const entry of [...this.#polled].sort((a, b) => a.at - b.at)) {
      if (entry.at <= now && this.#polled.delete(entry)) entry.callback()
    }
  }
}
