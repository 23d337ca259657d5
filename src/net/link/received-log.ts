// Which of the other side's unreliable messages arrived, and when the newest did: what an acknowledgement says.

import { ACK_HISTORY } from './constants.ts'
import { LossMeter } from './loss-meter.ts'

export class ReceivedLog {
  readonly loss = new LossMeter()
  /** The number of the newest message; does not wrap. -1: none yet. */
  newest = -1
  /** Bit i: the message i + 1 before the newest arrived. */
  history = 0
  /** In ms. */
  newestAt = 0

  /**
   * Notes the message with this sequence number of 16 bits. Returns its number, which does not wrap, or -1 for one that
   * was seen before.
   */
  note(sequence: number, now: number): number {
    if (!this.loss.note(sequence)) return -1
    if (this.newest < 0) {
      this.newest = sequence
      this.newestAt = now
      return sequence
    }
    const distance = ((sequence - this.newest) << 16) >> 16
    const number = this.newest + distance
    if (distance > 0) {
      // In JavaScript a shift by 32 is a shift by 0.
      this.history =
        distance > ACK_HISTORY ? 0 : (distance === 32 ? 0 : this.history << distance) | (1 << (distance - 1))
      this.newest = number
      this.newestAt = now
    } else if (-distance <= ACK_HISTORY) this.history |= 1 << (-distance - 1)
    return number
  }
}
