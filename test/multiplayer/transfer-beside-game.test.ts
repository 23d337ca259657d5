// A transfer beside a game over one bottleneck, in virtual time: what the game feels of it, and what the transfer gets.

import { describe, expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { randomUnit, seededRandom } from '../../src/net/random.ts'
import type { LinkConditions } from '../../src/net/simulation/conditions.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { quantile } from '../support/quantile.ts'

const TICK_MS = 1_000 / 60
const BYTES = 4 * 1024 * 1024
const MBIT = 125_000

/** Every so often, by chance, nothing arrives for a while, as where a machine or a radio has to do with somebody else. */
interface Stalls {
  readonly everyMs: number
  /** On average. */
  readonly ms: number
}

/** What bench/lanes measures over real connections. */
async function play(conditions: LinkConditions & { rateBytesPerSecond: number }, seed: number, stalls?: Stalls) {
  const random = seededRandom(seed)
  const { latencyMs = 0 } = conditions
  const network = new SimulatedNetwork({ seed, queueBytes: 100_000, ...conditions })
  const a = await network.until(joinRoom(network.peerOptions('a')))
  const b = await network.until(joinRoom({ ...network.peerOptions('b'), room: a.code }))
  await network.until(() => a.peers.length === 1 && b.peers.length === 1)
  const latencies: number[] = []
  let arrived = 0
  b.on('packet', (value) => {
    if (value instanceof Uint8Array) arrived += value.length
    else latencies.push(network.clock.now() - (value as number))
  })
  const p95 = async (until: (ticks: number) => boolean) => {
    latencies.length = 0
    for (let ticks = 0; !until(ticks); ticks++) {
      a.send(network.clock.now(), { mode: TransferMode.Unreliable })
      await network.run(TICK_MS)
      if (!stalls || randomUnit(random) > TICK_MS / stalls.everyMs) continue
      const ms = -Math.log(1 - randomUnit(random)) * stalls.ms
      network.set({ latencyMs: latencyMs + ms })
      network.clock.setTimeout(() => network.set({ latencyMs }), ms)
    }
    return quantile(latencies, 0.95)
  }
  const idle = await p95((ticks) => ticks === 120)
  const startedAt = network.clock.now()
  for (let i = 0; i < 4; i++) a.sendBytes(new Uint8Array(BYTES / 4))
  const busy = await p95(() => arrived === BYTES)
  const seconds = (network.clock.now() - startedAt) / 1_000
  const overflowed = network.between('a', 'b').there.stats.lostToQueue
  for (const room of [a, b]) await network.until(room.leave())
  return { ratio: busy / idle, share: BYTES / seconds / conditions.rateBytesPerSecond, overflowed }
}

describe('a transfer beside a game', () => {
  it.each([1, 2, 3])('fills a link of 20 Mbit/s, is not felt, and never overflows its queue (%i)', async (seed) => {
    const { ratio, share, overflowed } = await play({ rateBytesPerSecond: 20 * MBIT, latencyMs: 25, jitterMs: 1 }, seed)
    expect(overflowed).toBe(0)
    expect(ratio).toBeLessThan(1.4)
    expect(share).toBeGreaterThan(0.6)
  })

  it('does not take stalls of the path for its own queue', async () => {
    const stalls = { everyMs: 60, ms: 20 }
    const conditions = { rateBytesPerSecond: 20 * MBIT, latencyMs: 25, jitterMs: 0.5 }
    let sum = 0
    for (let seed = 1; seed <= 8; seed++) {
      const { ratio, share } = await play(conditions, seed, stalls)
      expect(ratio).toBeLessThan(1.5)
      sum += share
    }
    // With every late packet held for a queue it is 0.31.
    expect(sum / 8).toBeGreaterThan(0.45)
  })

  it('is felt at a jitter of several ms no more than the jitter itself', async () => {
    const { ratio } = await play({ rateBytesPerSecond: 20 * MBIT, latencyMs: 25, jitterMs: 4 }, 1)
    expect(ratio).toBeLessThan(1.8)
  })

  it.each([0.5, 0.8])('takes nothing of a narrow path that the game has %f of', async (share) => {
    const rate = 50_000
    const network = new SimulatedNetwork({ seed: 1, latencyMs: 25, rateBytesPerSecond: rate, queueBytes: rate })
    const a = await network.until(joinRoom(network.peerOptions('a')))
    const b = await network.until(joinRoom({ ...network.peerOptions('b'), room: a.code }))
    await network.until(() => a.peers.length === 1 && b.peers.length === 1)
    let arrived = 0
    b.on('packet', () => arrived++)
    const state = new Uint8Array((share * rate * TICK_MS) / 1_000)
    const missing = async (ticks: number) => {
      arrived = 0
      for (let i = 0; i < ticks; i++) {
        a.sendBytes(state, { mode: TransferMode.Unreliable })
        await network.run(TICK_MS)
      }
      return ticks - arrived
    }
    await missing(300)
    a.sendBytes(new Uint8Array(BYTES))
    // Those that are still on their way are among them.
    expect(await missing(1_200)).toBeLessThan(24)
    for (const room of [a, b]) await network.until(room.leave())
  })
})
