// Says when a remote has fallen silent, when it is heard of again, and when it is gone: by a clock that may sleep.

import type { CancelTimer, Clock } from '../clock.ts'
import { HEARTBEAT_MS, HURRIED_HEARTBEAT_MS, MAX_GRACE_STEP_MS, MAX_SILENCE_STEP_MS } from './constants.ts'

export interface HeartbeatEvents {
  /** Time for a sign of life. */
  beat(): void
  /** Nothing was heard for `suspicionMs`, or the way beneath is gone. */
  suspected(): void
  /** Heard of again. */
  back(): void
  /** Still nothing, `graceMs` later. */
  gone(): void
}

export interface Patience {
  readonly suspicionMs: number
  readonly graceMs: number
}

export class Heartbeat {
  readonly #clock: Clock
  readonly #patience: Patience
  readonly #events: HeartbeatEvents
  #suspected = false
  #lastTick = 0
  #heardAt = 0
  /** Silence, and, while suspected, what is gone of the grace; in ms during which this side was awake. */
  #silenceMs = 0
  #lastBeat = 0
  #cancel: CancelTimer | undefined
  #running = false

  constructor(clock: Clock, patience: Patience, events: HeartbeatEvents) {
    this.#clock = clock
    this.#patience = patience
    this.#events = events
  }

  get suspected(): boolean {
    return this.#suspected
  }

  start(): void {
    const now = this.#clock.now()
    this.#running = true
    this.#heardAt = now
    this.#lastTick = now
    this.#lastBeat = now
    this.#wait(HEARTBEAT_MS / 2)
  }

  /** The remote is there. */
  hear(): void {
    if (!this.#running) return
    const now = this.#clock.now()
    this.#heardAt = now
    this.#silenceMs = 0
    if (this.#suspected) {
      this.#suspected = false
      this.#events.back()
    }
    // In a hidden tab timers ring late, messages do not: whoever hears something says something.
    if (this.#running && now - this.#lastBeat >= HEARTBEAT_MS + HURRIED_HEARTBEAT_MS) this.#beat(now)
  }

  /** The way beneath is gone: nothing will be heard over it. */
  suspect(): void {
    if (!this.#running || this.#suspected) return
    if (this.#patience.graceMs <= 0) {
      this.#events.gone()
      return
    }
    this.#suspected = true
    this.#silenceMs = 0
    this.#lastTick = this.#clock.now()
    this.#wait(HURRIED_HEARTBEAT_MS)
    this.#events.suspected()
  }

  stop(): void {
    this.#running = false
    this.#cancel?.()
  }

  #wait(ms: number): void {
    this.#cancel?.()
    this.#cancel = this.#clock.setTimeout(() => this.#tick(), ms)
  }

  #tick(): void {
    const now = this.#clock.now()
    // A timer that comes late says that we were asleep, not that the remote was silent.
    const most = this.#suspected ? MAX_GRACE_STEP_MS : MAX_SILENCE_STEP_MS
    this.#silenceMs += Math.min(now - Math.max(this.#lastTick, this.#heardAt), most)
    this.#lastTick = now
    const { suspicionMs, graceMs } = this.#patience
    if (this.#suspected && this.#silenceMs >= graceMs) {
      this.#events.gone()
      return
    }
    const inDoubt = this.#suspected || this.#silenceMs >= HEARTBEAT_MS
    this.#wait(inDoubt ? HURRIED_HEARTBEAT_MS : HEARTBEAT_MS / 2)
    if (!this.#suspected && this.#silenceMs >= suspicionMs) this.suspect()
    if (this.#running && (inDoubt || now - this.#lastBeat >= HEARTBEAT_MS)) this.#beat(now)
  }

  #beat(now: number): void {
    this.#lastBeat = now
    this.#events.beat()
  }
}
