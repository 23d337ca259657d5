import { describe, expect, it } from 'vitest'
import { MAX_MESSAGE } from '../../../src/net/link/constants.ts'
import { Pacer } from '../../../src/net/link/pacer.ts'
import { Path } from '../../../src/net/link/path.ts'

const ROUND_TRIP_MS = 100

/** A path whose window is `bytes`, with a round trip of 100 ms. */
function pathOf(bytes: number): Path {
  const path = new Path()
  path.roundTrip(ROUND_TRIP_MS, 0)
  path.window = bytes
  return path
}

/** Bytes that leave each ms when there is always something to send. */
function leaving(pacer: Pacer, from: number, ms: number, everyMs = 1): number[] {
  return Array.from({ length: ms / everyMs }, (_, i) => {
    let bytes = 0
    for (const allowance = pacer.allowance(from + i * everyMs); bytes < allowance; bytes += MAX_MESSAGE) {}
    pacer.left(bytes)
    return bytes
  })
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0)

describe('a pacer', () => {
  it('holds nothing back while the round trip is not known', () => {
    expect(new Pacer(new Path()).allowance(0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('spreads a window over the round trip, and lets a bit more leave', () => {
    const pacer = new Pacer(pathOf(200_000))
    leaving(pacer, 0, ROUND_TRIP_MS)
    const steady = leaving(pacer, ROUND_TRIP_MS, ROUND_TRIP_MS)
    expect(sum(steady)).toBeGreaterThan(200_000)
    expect(sum(steady)).toBeLessThan(300_000)
    expect(Math.max(...steady)).toBeLessThan(5 * MAX_MESSAGE)
  })

  it('lets a quarter of a round trip leave at once where nobody asked for long, and no more', () => {
    const pacer = new Pacer(pathOf(200_000))
    leaving(pacer, 0, ROUND_TRIP_MS)
    expect(pacer.allowance(10_000)).toBeLessThan(100_000)
    expect(pacer.allowance(10_000)).toBeGreaterThan(50_000)
  })

  it('is kept up with by timers that ring each 20 ms', () => {
    const pacer = new Pacer(pathOf(200_000))
    leaving(pacer, 0, ROUND_TRIP_MS)
    expect(sum(leaving(pacer, ROUND_TRIP_MS, ROUND_TRIP_MS, 20))).toBeGreaterThan(200_000)
  })

  it('says when two messages more may leave, and that this is so then', () => {
    const pacer = new Pacer(pathOf(20_000))
    leaving(pacer, 0, 1)
    const { waitMs } = pacer
    expect(waitMs).toBeGreaterThan(1)
    expect(pacer.allowance(waitMs)).toBeCloseTo(2 * MAX_MESSAGE)
  })

  it('lets four messages leave at once however small the window is', () => {
    expect(new Pacer(pathOf(2 * MAX_MESSAGE)).allowance(0)).toBe(4 * MAX_MESSAGE)
  })
})
