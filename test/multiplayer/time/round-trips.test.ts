import { describe, expect, it } from 'vitest'
import { MAX_ROUND_TRIPS_PER_SECOND, ROUND_TRIP_PERIOD_MS } from '../../../src/multiplayer/time/constants.ts'
import { RoundTrips } from '../../../src/multiplayer/time/round-trips.ts'
import { VirtualClock } from '../../../src/net/clock.ts'

function roundTrips() {
  const clock = new VirtualClock()
  const asked: [to: number, number: number][] = []
  return { clock, asked, trips: new RoundTrips(clock, (...question) => asked.push(question)) }
}

describe('the round trip to a peer that is reached over another one', () => {
  it('is what passes between question and answer, without the time that the answer was kept', () => {
    const { clock, asked, trips } = roundTrips()
    expect(trips.of(2, true).roundTripTimeMs).toBeUndefined()
    clock.advance(150)
    trips.answered(2, asked[0]![1], 70)
    expect(trips.of(2, true)).toEqual({ roundTripTimeMs: 80, roundTripVariationMs: 40 })
  })

  it('is asked for only while somebody looks, and then seldom', () => {
    const { clock, asked, trips } = roundTrips()
    for (let ms = 0; ms < 10 * ROUND_TRIP_PERIOD_MS; ms += 10) {
      trips.of(2, true)
      clock.advance(10)
    }
    expect(asked).toHaveLength(10)
    clock.advance(60_000)
    expect(asked).toHaveLength(10)
    trips.of(3, false)
    expect(asked).toHaveLength(10)
  })

  it('is asked of many in turn: so many a second', () => {
    const { clock, asked, trips } = roundTrips()
    const seconds = 60
    for (let ms = 0; ms < seconds * 1_000; ms += 50) {
      for (let id = 2; id <= 256; id++) trips.of(id, true)
      clock.advance(50)
    }
    expect(asked.length).toBeLessThanOrEqual((seconds + 1) * MAX_ROUND_TRIPS_PER_SECOND)
    expect(new Set(asked.map(([to]) => to)).size).toBe(255)
  })

  it('is not what an answer says that comes twice, late, unasked or in the name of somebody else', () => {
    const { clock, asked, trips } = roundTrips()
    trips.of(2, true)
    const [, first] = asked[0]!
    trips.answered(3, first, 0)
    trips.answered(2, first + 1, 0)
    clock.advance(ROUND_TRIP_PERIOD_MS)
    trips.of(2, true)
    trips.answered(2, first, 0)
    expect(trips.of(2, false).roundTripTimeMs).toBeUndefined()
    clock.advance(30)
    trips.answered(2, asked[1]![1], 0)
    clock.advance(1_000)
    trips.answered(2, asked[1]![1], 0)
    expect(trips.of(2, false).roundTripTimeMs).toBe(30)
  })

  it('is forgotten with the peer', () => {
    const { clock, asked, trips } = roundTrips()
    trips.of(2, true)
    clock.advance(30)
    trips.keep([3])
    trips.answered(2, asked[0]![1], 0)
    expect(trips.of(2, false).roundTripTimeMs).toBeUndefined()
  })
})
