// How many candidates and descriptions one client may send to one peer. Honest ones stay far below.

import type { Clock } from '../../src/net/clock.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
import { TokenBucket } from '../../src/net/token-bucket.ts'
import {
  DESCRIPTIONS_PER_SECOND_PER_PEER,
  MAX_CANDIDATES_PER_DESCRIPTION,
  MAX_DESCRIPTIONS_PER_PEER,
  MAX_PEERS_REMEMBERED,
} from './constants.ts'

interface Sent {
  /** Of which life of the peer: one that comes anew has to be answered anew. */
  readonly life: number | undefined
  readonly descriptions: TokenBucket
  /** Since the last description. */
  candidates: number
}

export class SignalQuota {
  readonly #clock: Clock
  /** Made when first used: most players have nothing to say most of the time. */
  #sent: Map<number, Sent> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Counts `signal` to `peer`, and says whether it is within the limits.
   * @param life Which one under that id. Otherwise who enters again and again could have those closed that answer.
   */
  allows(peer: number, signal: Signal, life?: number): boolean {
    const sent = this.#sentTo(peer, life)
    if (signal.kind === 'candidate') return ++sent.candidates <= MAX_CANDIDATES_PER_DESCRIPTION
    sent.candidates = 0
    return sent.descriptions.take(1)
  }

  #sentTo(peer: number, life: number | undefined): Sent {
    this.#sent ??= new Map()
    const known = this.#sent.get(peer)
    if (known && known.life === life) return known
    this.#sent.delete(peer)
    if (this.#sent.size >= MAX_PEERS_REMEMBERED) {
      // Most likely a peer that is gone: a room has half as many.
      const [first] = this.#sent.keys()
      if (first !== undefined) this.#sent.delete(first)
    }
    const descriptions = new TokenBucket(this.#clock, MAX_DESCRIPTIONS_PER_PEER, DESCRIPTIONS_PER_SECOND_PER_PEER)
    const sent = { life, descriptions, candidates: 0 }
    this.#sent.set(peer, sent)
    return sent
  }
}
