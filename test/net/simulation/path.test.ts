// One direction of a link: what is measured is what was configured, within three standard deviations.

import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/net/random.ts'
import { PERFECT } from '../../../src/net/simulation/conditions.ts'
import { Path } from '../../../src/net/simulation/path.ts'
import type { LinkConditions } from '../../../src/testing.ts'
import { expectNear, expectShare } from './support.ts'

const SEEDS = [1, 2, 3, 4, 5]
const COUNT = 40_000

function path(conditions: LinkConditions, seed = 1): Path {
  return new Path({ ...PERFECT, ...conditions }, seededRandom(seed))
}

/** Sends `count` datagrams of 100 bytes, one every `everyMs`. Returns the arrivals of each. */
function send(over: Path, count = COUNT, everyMs = 1000): number[][] {
  return Array.from({ length: count }, (_, i) => over.send(100, i * everyMs))
}

describe.each(SEEDS)('seed %i', (seed) => {
  test('loss', () => {
    const arrivals = send(path({ loss: 0.1 }, seed))
    const lost = arrivals.map((each) => each.length === 0)
    expectShare(lost.filter(Boolean).length, COUNT, 0.1)
    // Each by itself: after a loss the next is no likelier.
    const pairs = lost.filter((each, i) => each && lost[i + 1]).length
    expectShare(pairs, COUNT - 1, 0.01)
  })

  test('bursts: their share and their length', () => {
    const over = path({ burstLoss: { share: 0.05, meanPackets: 8 } }, seed)
    const lost = send(over, 400_000).map((each) => each.length === 0)
    const bursts = lost.filter((each, i) => each && !lost[i - 1]).length
    const count = lost.filter(Boolean).length
    // Lengths are geometric: mean 8, deviation √(8 · 7).
    expectNear(count / bursts, 8, Math.sqrt(56 / bursts))
    // Losses come in clusters, so their number varies by (1 + r) / (1 - r) more; r is the chain's memory of one step.
    const memory = 1 - 1 / 8 - ((1 / 8) * 0.05) / 0.95
    expectNear(count / 400_000, 0.05, Math.sqrt(((0.05 * 0.95) / 400_000) * ((1 + memory) / (1 - memory))))
    expect(over.stats.lostInBursts).toBe(count)
  })

  test('bursts that lose a part, and single losses between them', () => {
    const over = path({ loss: 0.02, burstLoss: { share: 0.25, meanPackets: 10, lossInBurst: 0.5 } }, seed)
    send(over, 400_000)
    expectNear(over.stats.lostInBursts / 400_000, 0.125, 0.0025)
    expectNear(over.stats.lost / 400_000, 0.75 * 0.02, 0.0005)
  })

  test('latency and jitter: mean, shape, cut tail', () => {
    const delays = send(path({ latencyMs: 50, jitterMs: 10 }, seed)).map(([at], i) => at! - i * 1000)
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / COUNT
    // An exponential that is cut at 5 means has a mean of 1 - e^-5 and a second moment of 2 - 12 e^-5.
    const expected = 10 * (1 - Math.exp(-5))
    const deviation = Math.sqrt(100 * (2 - 12 * Math.exp(-5)) - expected ** 2)
    expectNear(mean, 50 + expected, deviation / Math.sqrt(COUNT))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50)
    expect(Math.max(...delays)).toBeLessThanOrEqual(100)
    expectShare(delays.filter((delay) => delay > 60).length, COUNT, Math.exp(-1))
  })

  test('duplicates', () => {
    const arrivals = send(path({ duplicate: 0.25, duplicateMs: 30 }, seed))
    const twice = arrivals.filter((each) => each.length === 2)
    expectShare(twice.length, COUNT, 0.25)
    const late = twice.map(([first, second]) => second! - first!)
    expect(Math.max(...late)).toBeLessThanOrEqual(30)
    expectNear(late.reduce((sum, ms) => sum + ms, 0) / late.length, 15, 30 / Math.sqrt(12 * late.length))
  })

  test('reordering', () => {
    const over = path({ latencyMs: 5, reorder: 0.2, reorderMs: 25 }, seed)
    const delays = send(over, COUNT, 10).map(([at], i) => at! - i * 10)
    const late = delays.filter((delay) => delay > 29)
    expectShare(late.length, COUNT, 0.2)
    expect(late.every((delay) => Math.abs(delay - 30) < 1e-6)).toBe(true)
    expect(over.stats.reordered).toBe(late.length)
  })

  test('jitter alone never reorders', () => {
    const arrivals = send(path({ latencyMs: 5, jitterMs: 100 }, seed), COUNT, 1).flat()
    expect(arrivals.every((at, i) => i === 0 || at >= arrivals[i - 1]!)).toBe(true)
  })
})

describe('rate and queue', () => {
  test('the rate is exact', () => {
    const over = path({ rateBytesPerSecond: 10_000, queueBytes: Number.POSITIVE_INFINITY })
    const arrivals = Array.from({ length: 1000 }, () => over.send(100, 0)[0]!)
    for (const [i, at] of arrivals.entries()) expect(at).toBeCloseTo((i + 1) * 10, 6)
  })

  test('a link that is not full adds only the time to send', () => {
    const over = path({ rateBytesPerSecond: 10_000 })
    expect(send(over, 100, 50).every(([at], i) => Math.abs(at! - i * 50 - 10) < 1e-6)).toBe(true)
  })

  test('the queue is bounded, and what does not fit is lost', () => {
    const over = path({ rateBytesPerSecond: 10_000, queueBytes: 1000 })
    const arrivals = Array.from({ length: 100 }, () => over.send(100, 0)[0])
    // One is being sent and counts in full at first, so nine wait behind it.
    expect(arrivals.filter((at) => at !== undefined)).toHaveLength(10)
    expect(over.stats.lostToQueue).toBe(90)
    expect(Math.max(...arrivals.map((at) => at ?? 0))).toBeCloseTo(100, 6)
    // 50 ms later half has left.
    const later = Array.from({ length: 100 }, () => over.send(100, 50)[0])
    expect(later.filter((at) => at !== undefined)).toHaveLength(5)
  })

  test('a datagram larger than the queue passes an idle link', () => {
    expect(path({ rateBytesPerSecond: 1000, queueBytes: 0 }).send(1000, 5)).toEqual([1005])
  })

  test('what is lost before it takes nothing of the rate; copies take nothing either', () => {
    const lossy = path({ rateBytesPerSecond: 10_000, queueBytes: 1e9, loss: 0.5 })
    const arrivals = Array.from({ length: 1000 }, () => lossy.send(100, 0)).flat()
    expect(Math.max(...arrivals)).toBeCloseTo(arrivals.length * 10, 6)
    const doubled = path({ rateBytesPerSecond: 10_000, queueBytes: 1e9, duplicate: 1, duplicateMs: 0 })
    for (let i = 0; i < 10; i++) doubled.send(100, 0)
    expect(doubled.send(100, 0)[0]).toBeCloseTo(110, 6)
  })

  test('what waits in front of the bottleneck keeps its place when the rate rises', () => {
    const over = path({ rateBytesPerSecond: 1000, queueBytes: 1e9 })
    const slow = over.send(1000, 0)[0]!
    over.conditions = { ...over.conditions, rateBytesPerSecond: Number.POSITIVE_INFINITY }
    expect(over.send(100, 10)[0]).toBeGreaterThanOrEqual(slow)
  })
})

describe('outage', () => {
  test('loses everything while it lasts', () => {
    const over = path({ outage: true })
    expect(send(over, 100).flat()).toEqual([])
    expect(over.stats).toMatchObject({ sent: 100, lostToOutage: 100, delivered: 0 })
    over.conditions = { ...over.conditions, outage: false }
    expect(send(over, 100).flat()).toHaveLength(100)
  })

  test('for a time', () => {
    const over = path({})
    over.downUntil = 50
    expect([over.send(10, 0), over.send(10, 49.9), over.send(10, 50)]).toEqual([[], [], [50]])
  })
})

test('unused conditions draw no chance', () => {
  const random = seededRandom(1)
  let draws = 0
  const counting = () => {
    draws += 1
    return random()
  }
  new Path({ ...PERFECT, latencyMs: 20, rateBytesPerSecond: 1000 }, counting).send(100, 0)
  expect(draws).toBe(0)
})
