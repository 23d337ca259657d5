// Counts which of the remote's last messages arrived, from their sequence numbers. A late one still counts.

import { LOSS_WINDOW } from './constants.ts'
import { isNewer } from './wire.ts'

export class LossMeter {
  readonly #arrived = new Uint8Array(LOSS_WINDOW)
  #newest: number | undefined
  /** How many of the window's places stand for messages that were sent. */
  #filled = 0
  #count = 0

  /** Notes that the message with this sequence number arrived. Returns false for one that was seen before. */
  note(sequence: number): boolean {
    if (this.#newest === undefined) {
      this.#newest = sequence
      this.#filled = 1
      this.#mark(sequence)
      return true
    }
    if (isNewer(sequence, this.#newest)) {
      const gap = (sequence - this.#newest) & 0xffff
      for (let i = 1; i <= Math.min(gap, LOSS_WINDOW); i++) this.#clear(this.#newest + gap - i + 1)
      this.#filled = Math.min(this.#filled + gap, LOSS_WINDOW)
      this.#newest = sequence
      this.#mark(sequence)
      return true
    }
    const age = (this.#newest - sequence) & 0xffff
    if (age >= LOSS_WINDOW) return true
    if (this.#arrived[sequence % LOSS_WINDOW]) return false
    // Older than the first that arrived: the window reaches back to it.
    if (age >= this.#filled) this.#filled = age + 1
    this.#mark(sequence)
    return true
  }

  /** The share of recent messages that did not arrive, 0 to 1. */
  get loss(): number {
    return this.#filled === 0 ? 0 : 1 - this.#count / this.#filled
  }

  #mark(sequence: number): void {
    this.#arrived[sequence % LOSS_WINDOW] = 1
    this.#count += 1
  }

  #clear(sequence: number): void {
    const place = (sequence & 0xffff) % LOSS_WINDOW
    if (this.#arrived[place]) this.#count -= 1
    this.#arrived[place] = 0
  }
}
