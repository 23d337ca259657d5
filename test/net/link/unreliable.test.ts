import { describe, expect, it } from 'vitest'
import { MAX_WAITING_UNRELIABLE, UNRELIABLE_HIGH_WATER } from '../../../src/net/link/constants.ts'
import { Kind, ORDERED } from '../../../src/net/link/wire.ts'
import { type End, LinkPair } from '../../support/link-pair.ts'

/** Hands over a message with a sequence number of the test's choice; its text is that number. */
function arrive(end: End, sequence: number, ordered = true): void {
  const kind = ordered ? Kind.Bytes | ORDERED : Kind.Bytes
  end.link.receive(
    1,
    Buffer.from([kind, sequence & 0xff, (sequence >> 8) & 0xff, ...Buffer.from(`${sequence & 0xffff}`)]),
  )
}

describe('ordered unreliable packets', () => {
  it('that come later than a newer one are dropped and counted, and nothing waits for them', () => {
    const pair = LinkPair.connected()
    // Counted from here; the pings before it are done with.
    let n = 0
    const slow = [3, 7]
    pair.weatherA.delay = () => (slow.includes(n) ? 45 : 0)
    for (n = 0; n < 10; n++) {
      pair.a.sendUnreliable(`${n}`, { ordered: true })
      pair.clock.advance(5)
    }
    pair.clock.advance(10)
    expect(pair.b.texts).toEqual(['0', '1', '2', '4', '5', '6', '8', '9'])
    pair.clock.advance(100)
    expect(pair.b.texts.length).toBe(8)
    expect(pair.b.link.stats.dropped).toBe(2)
  })

  it('are told from unordered ones, which come whenever they come', () => {
    const { b } = LinkPair.connected()
    for (const sequence of [1_000, 1_003, 1_001]) arrive(b, sequence, false)
    expect(b.texts).toEqual(['1000', '1003', '1001'])
    for (const sequence of [1_010, 1_012, 1_011]) arrive(b, sequence)
    expect(b.texts.slice(3)).toEqual(['1010', '1012'])
  })

  it('keep their order where the sequence wraps', () => {
    const { b } = LinkPair.connected()
    for (const sequence of [40_000, 65_530, 65_535, 5, 65_533, 2, 6]) arrive(b, sequence)
    expect(b.texts).toEqual(['40000', '65530', '65535', '5', '6'])
  })

  it('come through after more than half a sequence of unordered ones', () => {
    const { b } = LinkPair.connected()
    arrive(b, 100)
    for (let sequence = 101; sequence < 45_000; sequence++) arrive(b, sequence, false)
    arrive(b, 45_000)
    expect(b.texts.at(-1)).toBe('45000')
    arrive(b, 44_000)
    expect(b.texts.at(-1)).toBe('45000')
  })

  it('survive a gap in which everything was lost', () => {
    const { b } = LinkPair.connected()
    for (const sequence of [10, 20_000, 45_000, 4_000]) arrive(b, sequence)
    expect(b.texts).toEqual(['10', '20000', '45000', '4000'])
  })
})

it('a packet that comes twice is delivered once, ordered or not', () => {
  const { b } = LinkPair.connected()
  for (const sequence of [500, 500, 501, 500, 501]) arrive(b, sequence, false)
  expect(b.texts).toEqual(['500', '501'])
  for (const sequence of [600, 600]) arrive(b, sequence)
  expect(b.texts).toEqual(['500', '501', '600'])
  expect(b.rejections).toEqual([])
})

it('a lost packet is lost alone', () => {
  const pair = LinkPair.connected()
  let n = 0
  pair.weatherA.lose = () => n % 3 === 1
  for (n = 0; n < 9; n++) pair.a.sendUnreliable(`${n}`, { ordered: n % 2 === 0 })
  pair.clock.advance(20)
  expect(pair.b.texts).toEqual(['0', '2', '3', '5', '6', '8'])
})

describe('behind a full channel', () => {
  const size = 1_000
  /** A packet that begins with its number. */
  const packet = (n: number) => `${n}`.padEnd(size)

  function fill(pair: LinkPair): number {
    const channel = pair.a.channels[1]!
    channel.blocked = true
    let n = 0
    while (channel.bufferedAmount <= UNRELIABLE_HIGH_WATER) pair.a.sendUnreliable(packet(n++))
    return n
  }

  it('the newest packets wait, older ones are dropped and counted', () => {
    const pair = LinkPair.connected()
    const sent = fill(pair)
    const { dropped } = pair.a.link.stats
    for (let n = sent; n < sent + 50; n++) pair.a.sendUnreliable(packet(n))
    const channel = pair.a.channels[1]!
    expect(channel.bufferedAmount).toBeLessThan(UNRELIABLE_HIGH_WATER + 2 * size)
    expect(pair.a.link.stats.dropped - dropped).toBe(50 - MAX_WAITING_UNRELIABLE)
    channel.release()
    pair.a.link.drained(1)
    pair.clock.advance(20)
    const arrived = pair.b.texts.map(Number)
    const newest = Array.from({ length: MAX_WAITING_UNRELIABLE }, (_, i) => sent + 50 - MAX_WAITING_UNRELIABLE + i)
    expect(arrived).toEqual([...Array.from({ length: sent }, (_, i) => i), ...newest])
  })

  it('what waits goes before what is sent next, without a `drained`', () => {
    const pair = LinkPair.connected()
    const sent = fill(pair)
    pair.a.sendUnreliable(packet(sent), { ordered: true })
    pair.a.channels[1]!.release()
    pair.a.sendUnreliable(packet(sent + 1), { ordered: true })
    pair.clock.advance(20)
    expect(pair.b.texts.map(Number)).toEqual(Array.from({ length: sent + 2 }, (_, i) => i))
    expect(pair.a.link.stats.dropped).toBe(0)
  })

  it('the message that was handed over may be reused at once', () => {
    const pair = LinkPair.connected()
    const sent = fill(pair)
    const message = new Uint8Array(3 + 4)
    for (let n = 0; n < 3; n++) {
      message.set([Kind.Bytes, 0, 0, ...Buffer.from(`new${n}`)])
      pair.a.link.sendUnreliable(1, message)
    }
    message.fill(0)
    pair.a.channels[1]!.release()
    pair.a.link.drained(1)
    pair.clock.advance(20)
    expect(pair.b.texts.slice(sent)).toEqual(['new0', 'new1', 'new2'])
  })
})
