// How much an association may have in flight (RFC 9260, 7.2): slow start, congestion avoidance, fast recovery.

import {
  INITIAL_WINDOW_SEGMENTS,
  MAX_BURST_SEGMENTS,
  MIN_THRESHOLD_SEGMENTS,
  SEGMENT_UNIT,
  SLOW_START_SEGMENTS,
} from '../constants.ts'

export class CongestionWindow {
  /** In bytes. */
  bytes = INITIAL_WINDOW_SEGMENTS * SEGMENT_UNIT
  #threshold = Number.POSITIVE_INFINITY
  /** Acknowledged since the window last grew, in congestion avoidance. */
  #acknowledged = 0
  /** Until this TSN is acknowledged the window neither grows nor shrinks. */
  #recoveryEnd: number | undefined

  get recovering(): boolean {
    return this.#recoveryEnd !== undefined
  }

  /** New bytes were acknowledged. `flight`: what was under way before. */
  acknowledged(bytes: number, flight: number, cumulative: number, advanced: boolean): void {
    if (this.#recoveryEnd !== undefined) {
      if (cumulative >= this.#recoveryEnd) this.#recoveryEnd = undefined
      return
    }
    // A window that is not used says nothing about the network.
    if (!advanced || flight < this.bytes) return
    if (this.bytes <= this.#threshold) {
      this.bytes += Math.min(bytes, SLOW_START_SEGMENTS * SEGMENT_UNIT)
      return
    }
    this.#acknowledged += bytes
    if (this.#acknowledged < this.bytes) return
    this.#acknowledged -= this.bytes
    this.bytes += SEGMENT_UNIT
  }

  /** A window far ahead of what is in flight comes back to it, and grows as in slow start from there (usrsctp). */
  limitBurst(flight: number): void {
    const most = flight + MAX_BURST_SEGMENTS * SEGMENT_UNIT
    if (most >= this.bytes) return
    this.#threshold = Math.max(this.#threshold, this.bytes)
    this.bytes = most
  }

  /** Reports say that something was lost. `newest`: the last TSN sent. Returns whether this is a new episode. */
  lost(newest: number): boolean {
    if (this.#recoveryEnd !== undefined) return false
    this.#halve()
    this.bytes = this.#threshold
    this.#recoveryEnd = newest
    return true
  }

  /** Nothing was heard in time. */
  timedOut(): void {
    this.#halve()
    this.bytes = SEGMENT_UNIT
    this.#recoveryEnd = undefined
  }

  #halve(): void {
    this.#threshold = Math.max(this.bytes / 2, MIN_THRESHOLD_SEGMENTS * SEGMENT_UNIT)
    this.#acknowledged = 0
  }
}
