import { describe, expect, it } from 'vitest'
import { LossMeter } from '../../../src/net/link/loss-meter.ts'
import { RoundTripMeter } from '../../../src/net/link/round-trip.ts'
import { randomUnit, seededRandom } from '../../../src/net/random.ts'
import { End, LinkPair } from '../../support/link-pair.ts'
import { hello, unreliable } from '../../support/wire.ts'

describe('a remote that falls silent', () => {
  it.each([0, 100, 250, 499])('is given up after the grace (cut %i ms after a heartbeat)', (offset) => {
    const pair = LinkPair.connected()
    pair.clock.advance(10_000 + offset)
    pair.cut = true
    pair.clock.advance(15_000)
    expect([pair.a.end, pair.b.end]).toEqual([undefined, undefined])
    pair.clock.advance(2_000)
    expect([pair.a.end, pair.b.end]).toEqual(['timeout', 'timeout'])
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('is suspected for its silence, or for its channels that are gone: whichever came first', () => {
    const pair = LinkPair.connected()
    const { link } = pair.a
    expect(link.suspicion).toBeUndefined()
    link.lost()
    expect(link.suspicion).toBe('connection_lost')
    pair.cut = true
    pair.clock.advance(2_000)
    expect([link.suspicion, pair.b.link.suspicion]).toEqual(['connection_lost', 'timeout'])
    pair.b.link.lost()
    expect(pair.b.link.suspicion).toBe('timeout')
  })

  it('is not given up while anything is heard of it: any message will do', () => {
    const pair = LinkPair.connected()
    pair.weatherA.lose = () => true
    pair.weatherB.lose = () => true
    for (let i = 0; i < 30; i++) {
      pair.a.send('still here')
      pair.b.send('me too')
      pair.clock.advance(700)
    }
    expect(pair.a.link.connected && pair.b.link.connected).toBe(true)
    pair.clock.advance(17_000)
    expect(pair.a.end).toBe('timeout')
  })

  it('is heard of by its heartbeat alone, for hours', () => {
    const pair = LinkPair.connected()
    pair.clock.advance(3_600_000)
    expect(pair.a.link.connected && pair.b.link.connected).toBe(true)
  })

  it('survives the loss of half of the heartbeats', () => {
    const pair = LinkPair.connected()
    const random = seededRandom(11)
    pair.weatherA.lose = () => randomUnit(random) < 0.5
    pair.weatherB.lose = () => randomUnit(random) < 0.5
    pair.clock.advance(20_000)
    expect(pair.a.link.connected && pair.b.link.connected).toBe(true)
  })
})

it('a process that was frozen for a minute does not take the other for dead', () => {
  let now = 0
  let due: (() => void)[] = []
  const clock = {
    now: () => now,
    setTimeout(callback: () => void) {
      due.push(callback)
      return () => {
        due = due.filter((each) => each !== callback)
      }
    },
  }
  const tick = (ms: number) => {
    now += ms
    for (const callback of due.splice(0)) callback()
  }
  const end = new End(clock, [], () => {})
  end.openAll()
  end.link.receive(0, hello())
  for (let i = 0; i < 4; i++) tick(500)
  tick(60_000)
  expect(end.link.connected).toBe(true)
  end.link.receive(1, unreliable(1, undefined))
  tick(500)
  expect(end.link.connected).toBe(true)
  // A remote that is really gone is still noticed.
  for (let i = 0; i < 33; i++) tick(500)
  expect(end.end).toBe('timeout')
})

describe('figures', () => {
  it('know the round-trip time from the first heartbeat on', () => {
    const pair = new LinkPair({ latencyMs: 35 })
    expect(pair.a.link.stats.roundTripTimeMs).toBeUndefined()
    pair.a.openAll()
    pair.b.openAll()
    pair.clock.advance(200)
    expect(pair.a.link.stats.roundTripTimeMs).toBe(70)
    pair.clock.advance(30_000)
    expect(pair.b.link.stats.roundTripTimeMs).toBeCloseTo(70, 6)
    expect(pair.b.link.stats.roundTripVariationMs).toBeLessThan(1)
  })

  it('follow a round-trip time that changes, and its variation', () => {
    const pair = LinkPair.connected()
    const random = seededRandom(4)
    // One way 10 ms + 0 to 40, back 10 ms: 40 on average, mean deviation 10. Of two messages that go at once (a question
    // and an answer), the one that comes first is measured: a little less.
    pair.weatherA.delay = () => randomUnit(random) * 40
    let sum = 0
    let variation = 0
    for (let i = 0; i < 200; i++) {
      pair.clock.advance(500)
      if (i >= 20) sum += pair.a.link.stats.roundTripTimeMs!
      if (i >= 20) variation += pair.a.link.stats.roundTripVariationMs!
    }
    expect(sum / 180).toBeGreaterThan(33)
    expect(sum / 180).toBeLessThan(43)
    expect(variation / 180).toBeGreaterThan(8)
    expect(variation / 180).toBeLessThan(13)
  })

  it.each([0, 0.1, 0.25, 0.5])('know a loss of %f on the way there, on both sides', (share) => {
    const pair = LinkPair.connected()
    const random = seededRandom(9)
    let lost = 0
    let sent = 0
    pair.weatherA.lose = () => {
      sent += 1
      const lose = randomUnit(random) < share
      if (lose) lost += 1
      return lose
    }
    let sum = 0
    for (let i = 0; i < 900; i++) {
      pair.a.sendUnreliable('state')
      pair.clock.advance(33)
      if (i >= 150) sum += pair.b.link.stats.lossIn
    }
    expect(sum / 750).toBeGreaterThan(lost / sent - 0.03)
    expect(sum / 750).toBeLessThan(lost / sent + 0.03)
    expect(Math.abs(pair.a.link.stats.lossOut - pair.b.link.stats.lossIn)).toBeLessThan(0.1)
    expect(pair.a.link.stats.lossIn).toBe(0)
  })

  it('count a late message as arrived, not as lost', () => {
    const pair = LinkPair.connected()
    let n = 0
    pair.weatherA.delay = () => (n % 2 === 0 ? 30 : 0)
    for (n = 0; n < 300; n++) {
      pair.a.sendUnreliable('state')
      pair.clock.advance(10)
    }
    pair.clock.advance(100)
    expect(pair.b.link.stats.lossIn).toBe(0)
  })
})

describe('the loss meter', () => {
  const meter = (sequences: Iterable<number>) => {
    const made = new LossMeter()
    for (const sequence of sequences) made.note(sequence)
    return made
  }
  const range = (start: number, count: number, step = 1) =>
    Array.from({ length: count }, (_, i) => (start + i * step) & 0xffff)

  it('starts without a loss, whatever the first number', () => {
    expect(new LossMeter().loss).toBe(0)
    expect(meter([40_000]).loss).toBe(0)
  })

  it('counts gaps, also across the wrap', () => {
    expect(meter([0, 1, 2, 4]).loss).toBeCloseTo(0.2)
    expect(meter(range(65_500, 128, 2)).loss).toBeCloseTo(0.5, 1)
    expect(meter(range(65_500, 400)).loss).toBe(0)
  })

  it('forgets what is longer ago than its window', () => {
    const made = meter([0, 60])
    expect(made.loss).toBeGreaterThan(0.9)
    for (const sequence of range(61, 200)) made.note(sequence)
    expect(made.loss).toBe(0)
    expect(meter([0, 10_000]).loss).toBeCloseTo(127 / 128)
  })

  it('says which messages were seen before', () => {
    const made = new LossMeter()
    expect([5, 6, 5, 8, 7, 7, 6, 8].map((sequence) => made.note(sequence))).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
      false,
      false,
    ])
    expect(made.loss).toBe(0)
  })
})

describe('the round-trip meter', () => {
  it('knows nothing before the first sample, and then that one', () => {
    const meter = new RoundTripMeter()
    expect([meter.smoothedMs, meter.variationMs]).toEqual([undefined, undefined])
    meter.add(30)
    expect([meter.smoothedMs, meter.variationMs]).toEqual([30, 15])
  })

  it('averages the first few, so that an early slow one is soon forgotten', () => {
    const meter = new RoundTripMeter()
    for (const sample of [400, 20, 20, 20]) meter.add(sample)
    expect(meter.smoothedMs).toBe((400 + 20 + 20 + 20) / 4)
  })

  it('then follows an eighth of the way', () => {
    const meter = new RoundTripMeter()
    for (let i = 0; i < 100; i++) meter.add(20)
    expect(meter.variationMs).toBeCloseTo(0)
    meter.add(100)
    expect(meter.smoothedMs).toBeCloseTo(30)
    expect(meter.variationMs).toBeCloseTo(20)
  })
})
