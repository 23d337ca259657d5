// Steps of equal length in the room's time, with the same number on every peer. What wakes it is a TickSource; how many
// steps are due, the clock alone says.

import type { CancelTimer } from '../../net/clock.ts'
import { Emitter } from '../../net/emitter.ts'
import { NetError } from '../../net/errors.ts'
import { DEFAULT_CATCH_UP_MS, MAX_TICK_HZ } from './constants.ts'
import type { RoomClock } from './room-clock.ts'
import type { TickSource } from './tick-source.ts'

/** What a ticker tells. */
export type TickerEvents = {
  /**
   * A step is due. `tick`: its number, floor(room's time * hz), one more each time, but for `skipped` and `rewound`.
   * `time`: the room's time at which it begins, in ms, whenever it is really run.
   */
  tick: (tick: number, time: number) => void
  /** Before a tick: the `count` ticks before it are left out, being more than the ticker may make up for. */
  skipped: (count: number) => void
  /** Before a tick: the room's time began anew, and the next tick has a lower number than the last one. */
  rewound: () => void
}

/** What `room.ticker` takes. */
export interface TickerOptions {
  /** Steps a second: above 0, to 1,000. All peers of a room give the same. */
  readonly hz: number
  /**
   * Ticks that are made up for at once, after the program was held up; older ones are skipped. From 1. Default: those of
   * 250 ms.
   */
  readonly maxCatchUp?: number | undefined
  /** What wakes the ticker. Default: timers; in a hidden page those of a worker, because the page's own are slowed down. */
  readonly source?: TickSource | undefined
}

/** Steps of equal length in the room's time, with the same number on every peer. See `room.ticker`. */
export class Ticker extends Emitter<TickerEvents> {
  readonly hz: number
  readonly #maxCatchUp: number
  readonly #clock: Pick<RoomClock, 'now' | 'ready'>
  readonly #source: TickSource
  /** The last tick; `undefined` before the room's time is known. */
  #tick: number | undefined
  #isStarted = false
  #isTicking = false
  /** Told from earlier ones, which were stopped while they waited for the clock. */
  #start = 0
  #cancelWake: CancelTimer | undefined

  /** @throws {NetError} ERR_INVALID_PARAMETER */
  constructor(options: TickerOptions, clock: Pick<RoomClock, 'now' | 'ready'>, source: TickSource) {
    super()
    const { hz, maxCatchUp = Math.max(1, Math.round((hz * DEFAULT_CATCH_UP_MS) / 1_000)) } = options
    if (!(hz > 0 && hz <= MAX_TICK_HZ)) {
      throw new NetError('ERR_INVALID_PARAMETER', `hz is a number above 0, to ${MAX_TICK_HZ}, not ${hz}.`)
    }
    if (!Number.isSafeInteger(maxCatchUp) || maxCatchUp < 1) {
      throw new NetError('ERR_INVALID_PARAMETER', `maxCatchUp is a whole number of ticks from 1, not ${maxCatchUp}.`)
    }
    this.hz = hz
    this.#maxCatchUp = maxCatchUp
    this.#clock = clock
    this.#source = options.source ?? source
  }

  /** The number of the last tick; before the first one, of the one that would have been. -1 before the room's time is known. */
  get tick(): number {
    return this.#tick ?? -1
  }

  /** How far the time is between the last tick and the next one, 0 to 1: to draw what lies between. */
  get alpha(): number {
    if (this.#tick === undefined) return 0
    return Math.max(0, Math.min(1, (this.#clock.now() * this.hz) / 1_000 - this.#tick))
  }

  get isStarted(): boolean {
    return this.#isStarted
  }

  /** Begins with the next tick, or as soon as the room's time is known. Does nothing when it runs. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const start = ++this.#start
    void this.#clock.ready.then(() => {
      if (!this.#isStarted || start !== this.#start) return
      this.#tick = this.#due
      this.#wait()
    })
  }

  /** No tick follows until `start`. What falls into the time between is left out, and not told as skipped. */
  stop(): void {
    this.#isStarted = false
    this.#tick = undefined
    this.#cancelWake?.()
    this.#cancelWake = undefined
    this.#source.close?.()
  }

  /** Runs the ticks that are due now. By itself it does so when it is woken; for loops that want their ticks at a certain point. */
  advance(): void {
    if (this.#tick === undefined || this.#isTicking) return
    this.#isTicking = true
    try {
      this.#run(this.#due)
    } finally {
      this.#isTicking = false
    }
    this.#wait()
  }

  get #due(): number {
    // A tick's own time, multiplied, may come out a hair too small.
    return Math.floor((this.#clock.now() * this.hz) / 1_000 + 1e-6)
  }

  #run(due: number): void {
    const last = this.#tick!
    if (due < last) {
      this.#tick = due
      this.emit('rewound')
      return
    }
    const skipped = due - last - this.#maxCatchUp
    if (skipped > 0) {
      this.#tick = last + skipped
      this.emit('skipped', skipped)
    }
    while (this.#tick !== undefined && this.#tick < due) {
      this.#tick += 1
      this.emit('tick', this.#tick, (this.#tick * 1_000) / this.hz)
    }
  }

  #wait(): void {
    this.#cancelWake?.()
    this.#cancelWake = undefined
    if (this.#tick === undefined) return
    const delay = ((this.#tick + 1) * 1_000) / this.hz - this.#clock.now()
    // Timers of whole milliseconds would ring too early, and again.
    this.#cancelWake = this.#source.setTimeout(() => this.advance(), Math.max(0, Math.ceil(delay)))
  }
}
