// One direction between two machines. A datagram goes through these, in the order of GameNetworkingSockets:
//
//   outage → loss (bursts, then single ones) → rate and queue → lag → jitter → reorder → duplicate
//
// So what is lost takes nothing of the rate, and copies are made behind the bottleneck. Everything is decided when the
// datagram is sent; a change of conditions does not touch what is under way.

import { type Random, randomUnit } from '../random.ts'
import { Bottleneck } from './bottleneck.ts'
import { Bursts } from './burst.ts'
import type { FullConditions } from './conditions.ts'
import { JITTER_TAIL } from './constants.ts'

/** What happened to the datagrams of one direction. Counters only grow. */
export interface PathStats {
  readonly sent: number
  readonly sentBytes: number
  /** Arrivals, copies included. */
  readonly delivered: number
  readonly lost: number
  readonly lostInBursts: number
  readonly lostToOutage: number
  readonly lostToQueue: number
  readonly reordered: number
  readonly duplicated: number
}

type Counters = { -readonly [Name in keyof PathStats]: PathStats[Name] }

export const NO_TRAFFIC: Readonly<Counters> = {
  sent: 0,
  sentBytes: 0,
  delivered: 0,
  lost: 0,
  lostInBursts: 0,
  lostToOutage: 0,
  lostToQueue: 0,
  reordered: 0,
  duplicated: 0,
}

export class Path {
  conditions: FullConditions
  /** Until when everything is lost, in ms. */
  downUntil = 0
  readonly stats: Counters = { ...NO_TRAFFIC }
  readonly #random: Random
  readonly #bursts: Bursts
  readonly #bottleneck = new Bottleneck()
  #lastArrival = 0

  constructor(conditions: FullConditions, random: Random) {
    this.conditions = conditions
    this.#random = random
    this.#bursts = new Bursts(random)
  }

  /** When a datagram of `bytes` arrives that is sent at `now`: the times in ms, none when lost, two when duplicated. */
  send(bytes: number, now: number): number[] {
    const { conditions, stats } = this
    stats.sent += 1
    stats.sentBytes += bytes
    if (conditions.outage || now < this.downUntil) {
      stats.lostToOutage += 1
      return []
    }
    if (this.#isLost()) return []
    const { rateBytesPerSecond, queueBytes } = conditions
    const departure = this.#bottleneck.pass(bytes, now, rateBytesPerSecond, queueBytes)
    if (departure === undefined) {
      stats.lostToQueue += 1
      return []
    }
    // Lag and jitter keep the order: the link is a queue.
    const inOrder = Math.max(this.#lastArrival, departure + conditions.latencyMs + this.#jitter())
    this.#lastArrival = inOrder
    let arrival = inOrder
    if (this.#chance(conditions.reorder)) {
      stats.reordered += 1
      arrival += conditions.reorderMs
    }
    stats.delivered += 1
    if (!this.#chance(conditions.duplicate)) return [arrival]
    stats.duplicated += 1
    stats.delivered += 1
    return [arrival, arrival + randomUnit(this.#random) * conditions.duplicateMs]
  }

  #isLost(): boolean {
    const { burstLoss, loss } = this.conditions
    if (burstLoss === null) this.#bursts.reset()
    else {
      const inBurst = this.#bursts.step(burstLoss)
      if (inBurst) this.stats.lostInBursts += 1
      if (inBurst !== undefined) return inBurst
    }
    if (!this.#chance(loss)) return false
    this.stats.lost += 1
    return true
  }

  #jitter(): number {
    const { jitterMs } = this.conditions
    if (jitterMs === 0) return 0
    return Math.min(-Math.log(1 - randomUnit(this.#random)), JITTER_TAIL) * jitterMs
  }

  /** Draws only where chance has a say, so that unused conditions do not move the others' luck. */
  #chance(share: number): boolean {
    return share > 0 && randomUnit(this.#random) < share
  }
}
