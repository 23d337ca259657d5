import { describe, expect, it } from 'vitest'
import { type End, LinkPair } from '../../support/link-pair.ts'
import { unreliable } from '../../support/wire.ts'

/** Hands over a message with a sequence number of the test's choice; its text is that number. */
function arrive(end: End, sequence: number, ordered = true): void {
  end.link.receive(1, unreliable(sequence, `${sequence & 0xffff}`, { ordered }))
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
    for (const sequence of [20_000, 40_000, 65_530, 65_535, 5, 65_533, 2, 6]) arrive(b, sequence)
    expect(b.texts).toEqual(['20000', '40000', '65530', '65535', '5', '6'])
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
