// Says when a remote is gone: nothing was heard of it for too long, by a clock that may sleep.

import { type CancelTimer, type Clock, every } from '../clock.ts'
import { HEARTBEAT_MS, MAX_SILENCE_STEP_MS } from './constants.ts'

export interface HeartbeatEvents {
  /** Time for a sign of life. */
  beat(): void
  silent(): void
}

export class Heartbeat {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #events: HeartbeatEvents
  #heard = false
  #silenceMs = 0
  #lastBeat = 0
  #stop: CancelTimer | undefined

  constructor(clock: Clock, timeoutMs: number, events: HeartbeatEvents) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#events = events
  }

  start(): void {
    this.#heard = true
    this.#lastBeat = this.#clock.now()
    this.#stop = every(this.#clock, HEARTBEAT_MS, () => this.#beat())
  }

  /** The remote is there. */
  hear(): void {
    this.#heard = true
  }

  stop(): void {
    this.#stop?.()
  }

  #beat(): void {
    const now = this.#clock.now()
    // A timer that comes late says that we were asleep, not that the remote was silent.
    const step = Math.min(now - this.#lastBeat, MAX_SILENCE_STEP_MS)
    this.#lastBeat = now
    this.#silenceMs = this.#heard ? 0 : this.#silenceMs + step
    this.#heard = false
    if (this.#silenceMs >= this.#timeoutMs) this.#events.silent()
    else this.#events.beat()
  }
}
