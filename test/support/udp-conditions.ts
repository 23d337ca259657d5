// What a network does to the packets of one direction: loses, delays, overtakes and queues them. See udp-link.ts.

import { type Random, randomUnit } from '../../src/net/random.ts'

export interface Conditions {
  /** One way. */
  readonly delayMs: number
  /** Each packet takes up to this much more. Packets may overtake each other. */
  readonly jitterMs: number
  /** The share of packets that vanish, 0 to 1, each by itself. */
  readonly loss: number
  /** Bits a second; what comes faster waits. Infinity: no limit. */
  readonly rate: number
  /** Bytes that may wait for a rate that is limited; what comes on top vanishes. */
  readonly queueBytes: number
}

export const IDEAL: Conditions = {
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  rate: Number.POSITIVE_INFINITY,
  queueBytes: 65_536,
}

export interface Counters {
  /** Packets that came in. */
  offered: number
  bytesOffered: number
  /** Packets that went out. */
  passed: number
  bytesPassed: number
  /** Vanished by `loss`. */
  lost: number
  /** Vanished because the queue was full. */
  overflowed: number
}

/** Calls back at a time of `performance.now()`, unless the function that it returns was called before. */
export type Schedule = (callback: () => void, at: number) => () => void

/** Good to a millisecond or two. */
const byTimers: Schedule = (callback, at) => {
  const timer = setTimeout(callback, at - performance.now())
  return () => clearTimeout(timer)
}

export class UdpDirection {
  readonly counters: Counters = { offered: 0, bytesOffered: 0, passed: 0, bytesPassed: 0, lost: 0, overflowed: 0 }
  conditions: Conditions
  readonly #random: Random
  readonly #schedule: Schedule
  /** What stops the packets that are under way. */
  readonly #cancels = new Set<() => void>()
  /** When the last packet that waits has left. */
  #busyUntil = 0

  constructor(conditions: Conditions, random: Random, schedule: Schedule = byTimers) {
    this.conditions = conditions
    this.#random = random
    this.#schedule = schedule
  }

  /** A packet of `size` bytes came; `deliver` is called when, and if, it arrives. */
  pass(size: number, deliver: () => void): void {
    const { delayMs, jitterMs, loss, rate, queueBytes } = this.conditions
    this.counters.offered += 1
    this.counters.bytesOffered += size
    // Drawn always, so that a change of the other conditions does not shift the sequence.
    const [chance, late] = [randomUnit(this.#random), randomUnit(this.#random)]
    if (chance < loss) {
      this.counters.lost += 1
      return
    }
    const now = performance.now()
    let leavesIn = 0
    if (rate !== Number.POSITIVE_INFINITY) {
      const waitMs = Math.max(0, this.#busyUntil - now)
      if ((waitMs * rate) / 8000 + size > queueBytes) {
        this.counters.overflowed += 1
        return
      }
      leavesIn = waitMs + (size * 8000) / rate
      this.#busyUntil = now + leavesIn
    }
    const arrivesAt = now + leavesIn + delayMs + late * jitterMs
    const arrive = () => {
      this.counters.passed += 1
      this.counters.bytesPassed += size
      deliver()
    }
    if (arrivesAt <= now) {
      arrive()
      return
    }
    const cancel = this.#schedule(() => {
      this.#cancels.delete(cancel)
      arrive()
    }, arrivesAt)
    this.#cancels.add(cancel)
  }

  /** Drops what is under way. */
  close(): void {
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
  }
}
