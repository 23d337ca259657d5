// The one place where time enters `net` and `multiplayer`: everything that waits or measures is given a Clock.
// `SystemClock` is the machine's; `VirtualClock` moves only when a test says so.

/** A source of time and timers. Times are milliseconds, monotonic, with an arbitrary origin. */
export interface Clock {
  /** Now, in ms. Never goes backwards. */
  now(): number
  /** Calls `callback` once, `delayMs` from now (never synchronously). Returns the function that cancels it. */
  setTimeout(callback: () => void, delayMs: number): CancelTimer
}

/** Cancels a timer. Nothing happens where it has run already. */
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
  /** `undefined` once it has run or was cancelled. */
  callback: (() => void) | undefined
}

/** Time that stands still until `advance` is called, for deterministic tests. */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  #pending = 0
  /** A binary heap: the timer that is due first is at the front. Cancelled ones stay until they are in the way. */
  #heap: VirtualTimer[] = []

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  setTimeout(callback: () => void, delayMs: number): CancelTimer {
    const timer: VirtualTimer = { at: this.#now + Math.max(0, delayMs || 0), order: this.#order++, callback }
    this.#heap.push(timer)
    this.#pending += 1
    this.#rise(this.#heap.length - 1)
    return () => {
      if (!timer.callback) return
      timer.callback = undefined
      this.#pending -= 1
      if (this.#heap.length > 64 && this.#pending < this.#heap.length / 2) this.#sweep()
    }
  }

  /** Timers that wait. A test that ends with some of them has a leak. */
  get pendingTimers(): number {
    return this.#pending
  }

  /** When the next timer falls due, in ms; `undefined`: none waits. */
  get nextTimerAt(): number | undefined {
    while (this.#heap.length > 0 && !this.#heap[0]!.callback) this.#removeFirst()
    return this.#heap[0]?.at
  }

  /** Moves time forward by `ms` and runs every timer that falls due, in the order of its time and then its creation. */
  advance(ms: number): void {
    this.advanceTo(this.#now + ms)
  }

  /** The same, up to the time `end`. */
  advanceTo(end: number): void {
    for (let timer = this.#heap[0]; timer && timer.at <= end; timer = this.#heap[0]) {
      this.#removeFirst()
      const { callback } = timer
      if (!callback) continue
      timer.callback = undefined
      this.#pending -= 1
      this.#now = Math.max(this.#now, timer.at)
      callback()
    }
    this.#now = Math.max(this.#now, end)
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (!last || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((timer) => timer.callback)
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i)
  }

  #rise(index: number): void {
    const heap = this.#heap
    const timer = heap[index]!
    let place = index
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!isSooner(timer, heap[parent]!)) break
      heap[place] = heap[parent]!
      place = parent
    }
    heap[place] = timer
  }

  #sink(index: number): void {
    const heap = this.#heap
    const timer = heap[index]!
    let place = index
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isSooner(heap[child + 1]!, heap[child]!)) child += 1
      if (!isSooner(heap[child]!, timer)) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = timer
  }
}

function isSooner(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
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
