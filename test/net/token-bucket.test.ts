import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/net/clock.ts'
import { TokenBucket } from '../../src/net/token-bucket.ts'

describe('a token bucket', () => {
  it('gives a burst at once, and then as much as time brings', () => {
    const clock = new VirtualClock()
    const bucket = new TokenBucket(clock, 3, 2)
    expect([1, 1, 1, 1].map((count) => bucket.take(count))).toEqual([true, true, true, false])
    clock.advance(500)
    expect([bucket.take(1), bucket.take(1)]).toEqual([true, false])
  })

  it('holds no more than its size, however long nothing is taken', () => {
    const clock = new VirtualClock()
    const bucket = new TokenBucket(clock, 3, 2)
    clock.advance(3_600_000)
    expect([bucket.take(3), bucket.take(1)]).toEqual([true, false])
  })

  it('takes nothing when there is not enough', () => {
    const bucket = new TokenBucket(new VirtualClock(), 3, 2)
    expect([bucket.take(4), bucket.take(3)]).toEqual([false, true])
  })
})
