// The one place where time enters `net` and `multiplayer`: everything that waits or measures is given a Clock.
// `SystemClock` is the machine's; `VirtualClock` moves only when a test says so.

/** A source of time and timers. Times are milliseconds, monotonic, with an arbitrary origin. */
export interface Clock {
  /** Now, in ms. Never goes backwards. */
  now(): number
  /** Calls `callback` once, `delayMs` from now (never synchronously). Returns the function that cancels it. */
  setTimeout(callback: () => void, delayMs: number): CancelTimer
}

export type CancelTimer = () => void

/** The machine's own clock. Its timers do not keep a Node process alive: connections do. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(callback, delayMs) {
    const timer: unknown = setTimeout(callback, delayMs)
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as number)
  },
}

interface VirtualTimer {
  at: number
  order: number
  callback: () => void
}

/** Time that stands still until `advance` is called, for deterministic tests. */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Set<VirtualTimer>()

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  setTimeout(callback: () => void, delayMs: number): CancelTimer {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Timers that wait. A test that ends with some of them has a leak. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Moves time forward by `ms` and runs every timer that falls due, in the order of its time and then its creation. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
    }
    this.#now = end
  }

  #next(end: number): VirtualTimer | undefined {
    let best: VirtualTimer | undefined
    for (const timer of this.#timers) {
      if (timer.at > end) continue
      if (!best || timer.at < best.at || (timer.at === best.at && timer.order < best.order)) best = timer
    }
    return best
  }
}

/** Calls `callback` every `periodMs` until cancelled. A late tick is not made up for. */
export function every(clock: Clock, periodMs: number, callback: () => void): CancelTimer {
  let cancel: CancelTimer
  const tick = () => {
    cancel = clock.setTimeout(tick, periodMs)
    callback()
  }
  cancel = clock.setTimeout(tick, periodMs)
  return () => cancel()
}
