// One direction of the network in the hands of its user, and the pair of both.

import type { Clock } from '../clock.ts'
import { NetError } from '../errors.ts'
import { type FullConditions, type LinkConditions, withConditions } from './conditions.ts'
import type { Path, PathStats } from './path.ts'

/** One direction between two machines of a simulated network. */
export class Link {
  readonly path: Path
  readonly #clock: Clock
  /** What was set for this direction alone. */
  #own: LinkConditions = {}
  #network: FullConditions

  constructor(path: Path, clock: Clock) {
    this.path = path
    this.#clock = clock
    this.#network = path.conditions
  }

  /** What holds now: what was set here, and the network's for the rest. */
  get conditions(): FullConditions {
    return this.path.conditions
  }

  get stats(): PathStats {
    return this.path.stats
  }

  /** Sets conditions of this direction. What is not named stays. @throws {NetError} ERR_INVALID_PARAMETER */
  set(changes: LinkConditions): void {
    const own = { ...this.#own, ...changes }
    this.path.conditions = withConditions(this.#network, own)
    this.#own = own
  }

  /** Back to the network's conditions. */
  reset(): void {
    this.#own = {}
    this.path.conditions = this.#network
  }

  /** Everything is lost for `ms`, from now; what is under way still arrives. */
  interrupt(ms: number): void {
    if (!(ms >= 0)) throw new NetError('ERR_INVALID_PARAMETER', `An outage lasts a number of ms from 0, not ${ms}.`)
    this.path.downUntil = this.#clock.now() + ms
  }

  /** Called by the network when its conditions change. */
  inherit(conditions: FullConditions): void {
    this.#network = conditions
    this.path.conditions = withConditions(conditions, this.#own)
  }
}

/** Both directions between two machines. */
export class LinkPair {
  /** From the first to the second. */
  readonly there: Link
  /** From the second to the first. */
  readonly back: Link

  constructor(there: Link, back: Link) {
    this.there = there
    this.back = back
  }

  /** Sets conditions of both directions. What is not named stays. @throws {NetError} ERR_INVALID_PARAMETER */
  set(changes: LinkConditions): void {
    this.there.set(changes)
    this.back.set(changes)
  }

  /** Back to the network's conditions. */
  reset(): void {
    this.there.reset()
    this.back.reset()
  }

  /** Everything is lost both ways for `ms`. */
  interrupt(ms: number): void {
    this.there.interrupt(ms)
    this.back.interrupt(ms)
  }
}
