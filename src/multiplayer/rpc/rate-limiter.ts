// How often one peer may call one RPC. Two buckets: the first is the limit. What comes above it is dropped, and taken from
// the second; when that is empty too, the peer sends more than twice what it may, and goes on.

import type { Clock } from '../../net/clock.ts'
import { TokenBucket } from '../../net/token-bucket.ts'
import { BURST_SECONDS, DEFAULT_CALLS_PER_SECOND, EXCESS_BURSTS } from './constants.ts'
import type { RpcRateLimit } from './types.ts'

export type RateVerdict = 'fine' | 'too many' | 'flood'

export class RateLimiter {
  readonly #calls: TokenBucket
  readonly #excess: TokenBucket

  constructor(clock: Clock, { perSecond, burst = Math.max(1, perSecond * BURST_SECONDS) }: RpcRateLimit) {
    this.#calls = new TokenBucket(clock, burst, perSecond)
    this.#excess = new TokenBucket(clock, burst * EXCESS_BURSTS, perSecond)
  }

  take(): RateVerdict {
    if (this.#calls.take(1)) return 'fine'
    return this.#excess.take(1) ? 'too many' : 'flood'
  }
}

export const DEFAULT_RATE_LIMIT: RpcRateLimit = { perSecond: DEFAULT_CALLS_PER_SECOND }
