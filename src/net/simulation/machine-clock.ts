// The clock of one simulated machine: the network's, but its timers stop with the machine.

import type { CancelTimer, Clock } from '../clock.ts'

interface Timer {
  callback: (() => void) | undefined
  cancel: CancelTimer
}

export class MachineClock implements Clock {
  readonly #base: Clock
  readonly #timers = new Set<Timer>()
  /** What fell due while the machine was frozen. */
  #due: Timer[] = []
  #state: 'running' | 'frozen' | 'dead' = 'running'

  constructor(base: Clock) {
    this.#base = base
  }

  get state(): 'running' | 'frozen' | 'dead' {
    return this.#state
  }

  now(): number {
    return this.#base.now()
  }

  setTimeout(callback: () => void, delayMs: number): CancelTimer {
    if (this.#state === 'dead') return () => {}
    const timer: Timer = { callback, cancel: this.#base.setTimeout(() => this.#ring(timer), delayMs) }
    this.#timers.add(timer)
    return () => {
      timer.callback = undefined
      if (this.#timers.delete(timer)) timer.cancel()
    }
  }

  /** Timers wait until `thaw`. */
  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen'
  }

  /** What fell due runs now, in order. */
  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    const due = this.#due
    this.#due = []
    for (const timer of due) this.#ring(timer)
  }

  /** No timer ever runs again. */
  kill(): void {
    this.#state = 'dead'
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#due = []
  }

  #ring(timer: Timer): void {
    if (this.#state === 'frozen') {
      this.#due.push(timer)
      return
    }
    this.#timers.delete(timer)
    const { callback } = timer
    timer.callback = undefined
    if (this.#state === 'running') callback?.()
  }
}
