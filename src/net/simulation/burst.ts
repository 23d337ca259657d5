// Gilbert–Elliott: a link that is in a burst of losses or not, and may change with every datagram.

import { type Random, randomUnit } from '../random.ts'
import type { BurstLoss } from './conditions.ts'

export class Bursts {
  readonly #random: Random
  #inside = false

  constructor(random: Random) {
    this.#random = random
  }

  /** Takes one step. Returns whether this datagram is lost to a burst, or `undefined` outside of bursts. */
  step({ share, meanPackets, lossInBurst = 1 }: BurstLoss): boolean | undefined {
    // With these two a burst lasts `meanPackets`, and `share` of all datagrams are in one.
    const leave = 1 / meanPackets
    const enter = (leave * share) / (1 - share)
    const change = this.#inside ? leave : enter
    if (randomUnit(this.#random) < change) this.#inside = !this.#inside
    if (!this.#inside) return undefined
    return lossInBurst >= 1 || randomUnit(this.#random) < lossInBurst
  }

  /** Out of any burst. */
  reset(): void {
    this.#inside = false
  }
}
