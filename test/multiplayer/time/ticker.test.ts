// Fixed steps in a given time.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ticker } from '../../../src/multiplayer/time/ticker.ts'
import { VirtualClock } from '../../../src/net/clock.ts'

/** A room's time that is ready, and stands as a test sets it. */
class Time extends VirtualClock {
  readonly ready = Promise.resolve()
  /** What the room's time is ahead by. */
  ahead = 0

  override now(): number {
    return super.now() + (this.ahead ?? 0)
  }
}

interface Witness {
  readonly ticker: Ticker
  readonly ticks: number[]
  readonly skipped: number[]
}

function witness(time: Time, options: { hz: number; maxCatchUp?: number }): Witness {
  const ticker = new Ticker(options, time, time)
  const seen = { ticker, ticks: [] as number[], skipped: [] as number[] }
  ticker.on('tick', (tick, at) => {
    seen.ticks.push(tick)
    expect(at).toBeCloseTo((tick * 1_000) / options.hz)
    expect(at).toBeLessThanOrEqual(time.now() + 1e-6)
  })
  ticker.on('skipped', (count) => seen.skipped.push(count))
  return seen
}

async function started(time: Time, options: { hz: number; maxCatchUp?: number }): Promise<Witness> {
  const seen = witness(time, options)
  seen.ticker.start()
  await time.ready
  return seen
}

describe('a ticker', () => {
  it('ticks once for each step, with the number that the time gives', async () => {
    const time = new Time(10_007)
    const { ticker, ticks, skipped } = await started(time, { hz: 60 })
    time.advance(1_000)
    expect(ticks[0]).toBe(601)
    expect(ticks).toEqual(Array.from({ length: 60 }, (_, i) => 601 + i))
    expect(ticker.tick).toBe(660)
    expect(skipped).toEqual([])
    ticker.stop()
    expect(time.pendingTimers).toBe(0)
  })

  it('gives floor(time * hz) ticks for any lengths of frames, but for those it says it skipped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 240 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 50 }),
        async (hz, maxCatchUp, frames) => {
          const time = new Time()
          // Woken by the frames alone.
          const ticker = new Ticker({ hz, maxCatchUp, source: { setTimeout: () => () => {} } }, time, time)
          let ran = 0
          let skipped = 0
          let inFrame = 0
          ticker.on('tick', () => {
            ran += 1
            inFrame += 1
          })
          ticker.on('skipped', (count) => {
            skipped += count
          })
          ticker.start()
          await time.ready
          for (const frame of frames) {
            time.advance(frame)
            inFrame = 0
            ticker.advance()
            expect(inFrame).toBeLessThanOrEqual(maxCatchUp)
            expect(ticker.alpha).toBeGreaterThanOrEqual(0)
            expect(ticker.alpha).toBeLessThanOrEqual(1)
          }
          expect(ran + skipped).toBe(Math.floor((time.now() * hz) / 1_000 + 1e-6))
        },
      ),
    )
  })

  it('makes up for 250 ms at most, and says what it left out', async () => {
    const time = new Time()
    const { ticks, skipped } = await started(time, { hz: 20 })
    time.ahead += 30_000
    time.advance(50)
    expect(skipped).toEqual([596])
    expect(ticks).toEqual([597, 598, 599, 600, 601])
  })

  it('skips what its own listeners take too long for, instead of falling behind for ever', async () => {
    const time = new Time()
    const { ticker, ticks, skipped } = await started(time, { hz: 50 })
    ticker.on('tick', () => {
      time.ahead += 30
    })
    for (let frame = 0; frame < 50; frame++) {
      time.ahead += 5
      ticker.advance()
      // What is due after a frame is what its own ticks took.
      expect(time.now() / 20 - ticker.tick).toBeLessThan(25)
    }
    expect(skipped.length).toBeGreaterThan(0)
    expect(ticks.length).toBeGreaterThan(300)
  })

  it('tells that the time began anew', async () => {
    const time = new Time(60_000)
    const { ticker, ticks } = await started(time, { hz: 10 })
    let rewound = 0
    ticker.on('rewound', () => {
      rewound += 1
    })
    time.advance(200)
    time.ahead -= 50_000
    time.advance(300)
    expect(rewound).toBe(1)
    expect(ticks).toEqual([601, 602, 104, 105])
  })

  it('says how far the time is between two ticks', async () => {
    const time = new Time()
    const { ticker } = await started(time, { hz: 10 })
    time.advance(125)
    expect(ticker.tick).toBe(1)
    expect(ticker.alpha).toBeCloseTo(0.25)
  })

  it('waits for the time, stops, and starts again without making up for the break', async () => {
    const time = new Time()
    const seen = witness(time, { hz: 10 })
    seen.ticker.start()
    expect(seen.ticker.tick).toBe(-1)
    seen.ticker.stop()
    await time.ready
    time.advance(500)
    expect(seen.ticks).toEqual([])
    seen.ticker.start()
    await time.ready
    time.advance(100)
    seen.ticker.stop()
    time.advance(5_000)
    seen.ticker.start()
    await time.ready
    time.advance(100)
    expect(seen.ticks).toEqual([6, 57])
    expect(seen.skipped).toEqual([])
  })

  it('can be stopped by a tick', async () => {
    const time = new Time()
    const { ticker, ticks } = await started(time, { hz: 10 })
    ticker.on('tick', () => ticker.stop())
    time.ahead += 300
    time.advance(1_000)
    expect(ticks).toEqual([2])
  })

  it.each([{ hz: 0 }, { hz: 1_001 }, { hz: Number.NaN }, { hz: 10, maxCatchUp: 0 }, { hz: 10, maxCatchUp: 1.5 }])(
    'refuses %o',
    (options) => {
      const time = new Time()
      expect(() => new Ticker(options, time, time)).toThrow(/is a (whole )?number/)
    },
  )
})
