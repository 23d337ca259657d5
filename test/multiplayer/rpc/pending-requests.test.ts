// The numbers of requests: 16 bits, which go round, while some requests wait for long.

import { describe, expect, it } from 'vitest'
import { MAX_ABANDONED_REQUESTS, MAX_PENDING_REQUESTS } from '../../../src/multiplayer/rpc/constants.ts'
import type { RpcEntry } from '../../../src/multiplayer/rpc/own-set.ts'
import { PendingRequests } from '../../../src/multiplayer/rpc/pending-requests.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { rejection } from '../../support/net-errors.ts'

const ROUND = 65_536

function requests() {
  const clock = new VirtualClock()
  const pending = new PendingRequests((ms, callback) => clock.setTimeout(callback, ms))
  /** Begins a request, and says its number. */
  const begin = (options = {}) => {
    let number = -1
    const reply = pending.begin({ label: 'ask' } as RpcEntry, 'peer 2', options, (given) => {
      number = given
    })
    return { number, reply }
  }
  /** As many requests that are answered at once. */
  const pass = (count: number) => {
    const used = new Set<number>()
    for (let n = 0; n < count; n++) {
      const { number } = begin()
      used.add(number)
      pending.succeed(number, undefined)
    }
    return used
  }
  return { clock, pending, begin, pass }
}

describe('the number of a request', () => {
  it('is not that of one that waits still, after all have been used', async () => {
    const { pending, begin, pass } = requests()
    const first = begin()
    const used = pass(2 * ROUND)
    expect(used.size).toBe(ROUND - 1)
    expect(used).not.toContain(first.number)
    pending.succeed(first.number, 'its own')
    expect(await first.reply).toBe('its own')
  })

  it('is not that of one that was given up, until its late reply has come', async () => {
    const { clock, pending, begin, pass } = requests()
    const late = begin({ timeoutMs: 1_000 })
    const refused = rejection(late.reply)
    clock.advance(1_000)
    expect((await refused).code).toBe('ERR_TIMEOUT')
    expect(pass(2 * ROUND)).not.toContain(late.number)
    expect(pending.answered(late.number)).toBeUndefined()
    expect(pass(ROUND)).toContain(late.number)
  })

  it('is there for each, however many were given up by a peer that never replies', async () => {
    const { clock, begin } = requests()
    const refusals: Promise<unknown>[] = []
    for (let round = 0; round < 70; round++) {
      for (let n = 0; n < MAX_PENDING_REQUESTS; n++) refusals.push(rejection(begin({ timeoutMs: 1_000 }).reply))
      clock.advance(1_000)
    }
    await Promise.all(refusals)
    const numbers = Array.from({ length: MAX_PENDING_REQUESTS }, () => begin())
    for (const { reply } of numbers) reply.catch(() => {})
    expect(new Set(numbers.map(({ number }) => number)).size).toBe(MAX_PENDING_REQUESTS)
    expect(MAX_PENDING_REQUESTS + MAX_ABANDONED_REQUESTS).toBeLessThan(ROUND)
    expect((await rejection(begin().reply)).code).toBe('ERR_OUT_OF_MEMORY')
  })
})
