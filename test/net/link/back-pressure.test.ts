import { describe, expect, it } from 'vitest'
import {
  LANE_HIGH_WATER,
  MAX_UNRELIABLE_WAIT_MS,
  MAX_WAITING_UNRELIABLE_BYTES,
  UNRELIABLE_HIGH_WATER,
} from '../../../src/net/link/constants.ts'
import { GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { LinkPair } from '../../support/link-pair.ts'

/** A pair whose unreliable channel takes no more. */
function blocked(): LinkPair {
  const pair = LinkPair.connected()
  const channel = pair.a.channels[1]!
  channel.blocked = true
  for (let i = 0; channel.bufferedAmount <= UNRELIABLE_HIGH_WATER && i < 100; i++) {
    pair.a.sendUnreliable('filling'.padEnd(1_000))
  }
  expect(channel.bufferedAmount).toBeGreaterThan(UNRELIABLE_HIGH_WATER)
  return pair
}

/** What arrives once the channel takes more. */
function arrived(pair: LinkPair): string[] {
  pair.a.channels[1]!.release()
  pair.a.link.drained(1)
  pair.clock.advance(20)
  return pair.b.texts.filter((text) => !text.startsWith('filling')).map((text) => text.trim())
}

describe('unreliable packets that cannot go', () => {
  it('wait, and the sender is told', () => {
    const pair = blocked()
    pair.a.sendUnreliable('one')
    expect(pair.a.link.unreliableReady(1)).toBe(false)
    expect(arrived(pair)).toEqual(['one'])
    expect(pair.a.link.unreliableReady(1)).toBe(true)
  })

  it('wait for a moment only: older ones are dropped and counted', () => {
    const pair = blocked()
    const { dropped } = pair.a.link.stats
    pair.a.sendUnreliable('old')
    pair.clock.advance(MAX_UNRELIABLE_WAIT_MS - 20)
    pair.a.sendUnreliable('new')
    pair.clock.advance(21)
    expect(arrived(pair)).toEqual(['new'])
    expect(pair.a.link.stats.dropped - dropped).toBe(1)
  })

  it('wait up to a number of bytes: the newest win', () => {
    const pair = blocked()
    for (let i = 0; i < 200; i++) pair.a.sendUnreliable(`${i}`.padEnd(1_000))
    expect(pair.a.link.stats.bufferedBytes).toBeLessThan(MAX_WAITING_UNRELIABLE_BYTES + UNRELIABLE_HIGH_WATER + 2_000)
    const first = 200 - Math.floor(MAX_WAITING_UNRELIABLE_BYTES / 1_000)
    const came = arrived(pair).map(Number)
    expect(came[0]).toBe(first)
    expect(came).toEqual(Array.from({ length: came.length }, (_, i) => first + i))
  })

  it('replace the one with the same key, in its place', () => {
    const pair = blocked()
    const receipts: [string, boolean][] = []
    const send = (text: string, key?: string) =>
      pair.a.sendUnreliable(text, { ...(key && { key }), receipt: (delivered) => receipts.push([text, delivered]) })
    send('a1', 'a')
    send('b1', 'b')
    send('no key')
    send('a2', 'a')
    send('b2', 'b')
    send('a3', 'a')
    expect(receipts).toEqual([
      ['a1', false],
      ['b1', false],
      ['a2', false],
    ])
    expect(arrived(pair)).toEqual(['a3', 'b2', 'no key'])
    expect(pair.a.link.stats.dropped).toBe(3)
  })

  it('are as old as they are, also behind one that was replaced', () => {
    const pair = blocked()
    pair.a.sendUnreliable('a1', { key: 'a' })
    pair.a.sendUnreliable('old')
    for (let i = 2; i <= 5; i++) {
      pair.clock.advance(20)
      pair.a.sendUnreliable(`a${i}`, { key: 'a' })
    }
    expect(arrived(pair)).toEqual(['a5'])
  })

  it('go before what is sent next', () => {
    const pair = blocked()
    pair.a.sendUnreliable('first', { ordered: true })
    pair.a.channels[1]!.release()
    pair.a.sendUnreliable('second', { ordered: true })
    pair.clock.advance(20)
    expect(pair.b.texts.slice(-2)).toEqual(['first', 'second'])
  })

  it('wait also when the path, and not the channel, takes no more; an acknowledgement lets them go', () => {
    const pair = LinkPair.connected()
    let sent = 0
    while (pair.a.link.unreliableReady(1) && sent < 2_000) pair.a.sendUnreliable(`${sent++}`.padEnd(1_000))
    for (let i = 0; i < 5; i++) pair.a.sendUnreliable(`${sent++}`.padEnd(1_000))
    expect(sent).toBeLessThan(2_000)
    expect(pair.a.channels[1]!.bufferedAmount).toBe(0)
    pair.clock.advance(45)
    expect(pair.a.link.unreliableReady(1)).toBe(true)
    pair.clock.advance(45)
    expect(pair.b.texts.map(Number)).toEqual(Array.from({ length: sent }, (_, i) => i))
  })
})

it('a remote that asks for acknowledgements and does not read them costs no memory', () => {
  const pair = LinkPair.connected()
  const channel = pair.a.channels[1]!
  channel.blocked = true
  for (let i = 0; i < 20_000; i++) {
    pair.a.link.receive(1, Uint8Array.of(4, (100 + i) & 0xff, (100 + i) >> 8))
    if (i % 100 === 0) pair.b.send('still here')
    if (i % 100 === 0) pair.clock.advance(20)
  }
  expect(channel.bufferedAmount).toBeLessThan(UNRELIABLE_HIGH_WATER + 1_150)
  expect(pair.a.link.connected).toBe(true)
})

it('a lane is full by what waits on any channel, so that a user channel holds its sender back too', () => {
  const pair = LinkPair.connected({ modes: [2] })
  pair.a.channels[2]!.blocked = true
  let sent = 0
  for (; pair.a.link.ready(GAMEPLAY_LANE) && sent < 1_000; sent++) pair.a.send('x'.repeat(1_000), 2)
  expect(sent * 1_000).toBeLessThan(LANE_HIGH_WATER + 40_000)
  pair.a.channels[2]!.release()
  for (let i = 0; i < 40; i++) pair.a.link.drained(2)
  expect(pair.a.told.filter(({ type }) => type === 'drained').length).toBe(1)
})

it('a progress listener may send, flush and leave: no message is broken by it', () => {
  const pair = LinkPair.connected()
  let n = 0
  pair.a.react = (told) => {
    if (told.type !== 'progress') return
    pair.a.queue(`heard ${n++}`)
    pair.a.link.flush()
    if (told.bytes === told.totalBytes) void pair.a.link.goodbye(0)
  }
  pair.a.send('x'.repeat(200_000), 0, 2)
  pair.clock.advance(5_000)
  expect(pair.b.rejections).toEqual([])
  expect(pair.b.end).toBe('left')
  expect(pair.b.texts.map((text) => (text.length > 100 ? text.length : text)).sort()).toEqual(
    [200_000, ...Array.from({ length: n }, (_, i) => `heard ${i}`)].sort(),
  )
  expect(pair.a.link.stats.bufferedBytes).toBe(0)
  expect(pair.clock.pendingTimers).toBe(0)
})
