// A game's rounds over real WebRTC: what its packets take to an honest peer, and what is kept for the others meanwhile.

import type { Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { until } from './peers.ts'
import { quantile } from './quantile.ts'

export const TICK_MS = 1000 / 60
/** A second. */
const TICKS = 60
/** The machine is shared: of its worst moments, which the 99th of a hundred shows, a round may be free. */
const ROUNDS = 8

export class GameRounds {
  /** The most that `room` ever kept for one of the others, in bytes. */
  kept = 0
  readonly #room: Room
  readonly #others: readonly number[]
  /** What the packets of this round took to the honest peer, in ms. */
  #delays: number[] = []

  constructor(room: Room, honest: Room, others: readonly number[]) {
    this.#room = room
    this.#others = others
    honest.on('packet', (value) => {
      if (typeof value === 'number') this.#delays.push(performance.now() - value)
    })
  }

  /**
   * The p99 of what states and reliable packets take to the honest peer, in ms, in the best of `rounds` rounds; of more,
   * if in none of these it was below `enoughMs`.
   */
  async bestP99(rounds: number, enoughMs = Number.POSITIVE_INFINITY): Promise<number> {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < rounds || (round < ROUNDS && best >= enoughMs); round++) {
      best = Math.min(best, await this.#p99())
    }
    return best
  }

  async #p99(): Promise<number> {
    this.#delays = []
    for (let n = 0; n < TICKS; n++) {
      this.#room.send(performance.now(), { mode: TransferMode.Unreliable })
      this.#room.send(performance.now(), { mode: TransferMode.Reliable })
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      this.kept = Math.max(this.kept, ...this.#others.map((id) => this.#room.stats(id).bufferedBytes))
    }
    // Of the unreliable ones a few may get lost, and say nothing.
    await until(() => this.#delays.length > 1.9 * TICKS)
    return quantile(this.#delays, 0.99)
  }
}
