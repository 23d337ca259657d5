// Pings every client once a period, by one timer for all of them.

import type { CancelTimer, Clock } from '../../src/net/clock.ts'
import { every } from '../../src/net/clock.ts'
import { PING_PERIOD_MS, PING_TURNS } from './constants.ts'

export interface Beating {
  beat(): void
}

export class Heartbeat {
  /** Who is pinged in which part of the period: not all at once. */
  readonly #turns = Array.from({ length: PING_TURNS }, () => new Set<Beating>())
  #turn = 0
  readonly #stop: CancelTimer

  constructor(clock: Clock) {
    this.#stop = every(clock, PING_PERIOD_MS / PING_TURNS, () => {
      this.#turn = (this.#turn + 1) % PING_TURNS
      for (const each of this.#turns[this.#turn]!) each.beat()
    })
  }

  /** `each` has its turn once a period from now on, the first time after nearly all of one. */
  add(each: Beating): void {
    this.#turns[this.#turn]!.add(each)
  }

  delete(each: Beating): void {
    for (const turn of this.#turns) if (turn.delete(each)) return
  }

  close(): void {
    this.#stop()
  }
}
