// What wakes a ticker: timers. A browser slows the timers of a hidden page down to one a second, but not those of workers;
// so while the page is hidden a worker keeps time for it. Where there can be none (the page's Content-Security-Policy
// forbids it), the page's own timers go on, slowly.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import { isPageVisible, watchPage } from '../visibility.ts'

/** What wakes a ticker: at most one wait at a time. */
export interface TickSource {
  /** Calls `wake` once, in `delayMs` or a little later, never at once. Returns what cancels it. */
  setTimeout(wake: () => void, delayMs: number): CancelTimer
  /** The ticker is stopped: what is held can be let go. It may start again. */
  close?(): void
}

/** The worker's program: rings after as many ms as it is told, with what it was told along. */
const PROGRAM = 'onmessage = ({ data: [number, ms] }) => setTimeout(() => postMessage(number), ms)'

export function defaultTickSource(clock: Clock): TickSource {
  return 'document' in globalThis ? new PageTickSource(clock) : clock
}

export class PageTickSource implements TickSource {
  readonly #clock: Clock
  #wake: (() => void) | undefined
  /** Of the wait that is on; earlier ones ring in vain. */
  #number = 0
  #cancelTimer: CancelTimer | undefined
  #worker: Worker | undefined
  #workerUrl = ''
  #hasNoWorkers = false
  #stopWatching: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  setTimeout(wake: () => void, delayMs: number): CancelTimer {
    this.#stopWatching ??= watchPage({ changed: () => this.#changed(), goes: () => {} })
    this.#cancelTimer?.()
    const number = ++this.#number
    this.#wake = wake
    if (isPageVisible() || !this.#ask(number, delayMs)) {
      this.#cancelTimer = this.#clock.setTimeout(() => this.#ring(number), delayMs)
    }
    return () => {
      if (number === this.#number) this.#forget()
    }
  }

  close(): void {
    this.#forget()
    this.#stopWatching?.()
    this.#stopWatching = undefined
    this.#dismiss()
  }

  #forget(): void {
    this.#wake = undefined
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #ring(number: number): void {
    if (number !== this.#number) return
    const wake = this.#wake
    this.#forget()
    wake?.()
  }

  /** Rings by the other kind of timer from now on: whoever is woken looks at the clock and waits anew. */
  #changed(): void {
    if (isPageVisible()) this.#dismiss()
    this.#ring(this.#number)
  }

  /** Whether the worker rings. */
  #ask(number: number, delayMs: number): boolean {
    this.#worker ??= this.#hire()
    this.#worker?.postMessage([number, delayMs])
    return this.#worker !== undefined
  }

  #hire(): Worker | undefined {
    if (this.#hasNoWorkers) return undefined
    this.#workerUrl = URL.createObjectURL(new Blob([PROGRAM], { type: 'text/javascript' }))
    try {
      const worker = new Worker(this.#workerUrl)
      worker.onmessage = ({ data }: MessageEvent<number>) => this.#ring(data)
      // Forbidden: some browsers throw, others tell later.
      worker.onerror = () => {
        this.#hasNoWorkers = true
        this.#dismiss()
        this.#ring(this.#number)
      }
      return worker
    } catch {
      this.#hasNoWorkers = true
      this.#dismiss()
      return undefined
    }
  }

  #dismiss(): void {
    this.#worker?.terminate()
    this.#worker = undefined
    URL.revokeObjectURL(this.#workerUrl)
  }
}
