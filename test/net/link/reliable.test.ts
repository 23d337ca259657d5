import { describe, expect, it } from 'vitest'
import {
  LANE_HIGH_WATER,
  MAX_QUEUED,
  MAX_RELIABLE_PACKET,
  RELIABLE_HIGH_WATER,
} from '../../../src/net/link/constants.ts'
import { BULK_LANE, GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { LinkPair } from '../../support/link-pair.ts'

describe('reliable packets', () => {
  it('arrive once and in order, on each channel', () => {
    const pair = LinkPair.connected({ modes: [2] })
    const sent = Array.from({ length: 500 }, (_, i) => `${i}`)
    for (const [i, text] of sent.entries()) pair.a.queue(text, i % 2 === 0 ? 0 : 2)
    pair.a.link.flush()
    pair.clock.advance(1_000)
    const even = (text: string) => Number(text) % 2 === 0
    expect(pair.b.texts.filter(even)).toEqual(sent.filter(even))
    expect(pair.b.texts.filter((text) => !even(text))).toEqual(sent.filter((text) => !even(text)))
  })

  it('count what went through', () => {
    const pair = LinkPair.connected()
    const before = pair.b.link.stats
    pair.a.queue('one')
    pair.a.queue('two')
    pair.a.link.flush()
    pair.clock.advance(10)
    expect(pair.a.link.stats.packetsOut).toBe(2)
    expect(pair.b.link.stats.packetsIn - before.packetsIn).toBe(2)
    // Head and length, then the head alone.
    expect(pair.b.link.stats.bytesIn - before.bytesIn).toBe(2 + 3 + 1 + 3)
  })

  it('may be empty', () => {
    const pair = LinkPair.connected()
    for (const text of ['', 'x', '', '']) pair.a.queue(text)
    pair.a.link.flush()
    pair.clock.advance(10)
    expect(pair.b.texts).toEqual(['', 'x', '', ''])
  })
})

describe('a remote that does not take what is sent', () => {
  it('is handed little, and gets everything in the end', () => {
    const pair = LinkPair.connected()
    const [channel] = pair.a.channels
    channel!.blocked = true
    const sent = Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(1_000))
    for (const text of sent) pair.a.send(text)
    expect(channel!.bufferedAmount).toBeLessThanOrEqual(RELIABLE_HIGH_WATER + 1_150)
    expect(pair.a.link.stats.bufferedBytes).toBeGreaterThanOrEqual(40_000)
    channel!.release()
    pair.a.link.drained(0)
    pair.clock.advance(500)
    expect(pair.b.texts).toEqual(sent)
    expect(pair.a.link.stats.bufferedBytes).toBe(0)
  })

  it.each([
    ['gameplay', GAMEPLAY_LANE],
    ['bulk', BULK_LANE],
  ])('is seen in `ready` of the lane %s, and `drained` says when to go on, once', (_, lane) => {
    const pair = LinkPair.connected()
    pair.cut = true
    const drained = () => pair.a.told.filter((told) => told.type === 'drained').length
    let sent = 0
    for (; pair.a.link.ready(lane); sent++) pair.a.send('x'.repeat(1_000), 0, lane)
    expect(sent).toBe(Math.ceil(LANE_HIGH_WATER / 1_000))
    expect(drained()).toBe(0)
    pair.cut = false
    const other = LinkPair.connected()
    for (let i = 0; i < sent; i++) other.a.queue('x'.repeat(1_000), 0, lane)
    other.a.link.flush()
    expect(other.a.link.ready(lane)).toBe(false)
    other.clock.advance(2_000)
    expect(other.a.told.filter((told) => told.type === 'drained')).toEqual([{ type: 'drained', lane }])
    expect(other.a.link.ready(lane)).toBe(true)
    expect(other.b.texts.length).toBe(sent)
  })

  it('is given up at the limit, without a throw at the sender', () => {
    const pair = LinkPair.connected()
    pair.a.channels[0]!.blocked = true
    const packet = { kind: Kind.Bytes, payload: new Uint8Array(MAX_RELIABLE_PACKET) }
    for (let i = 0; i < MAX_QUEUED / MAX_RELIABLE_PACKET; i++) pair.a.link.sendReliable(0, packet, GAMEPLAY_LANE)
    expect(pair.a.end).toBeUndefined()
    pair.a.send('more')
    expect(pair.a.end).toBe('buffer_overflow')
    expect(() => pair.a.send('more')).not.toThrow()
    expect(pair.a.told.filter((told) => told.type === 'ended').length).toBe(1)
  })

  it('because its channel is closed: the connection is lost, and waited for', () => {
    const pair = LinkPair.connected()
    pair.a.channels[0]!.broken = true
    pair.a.send('hello?')
    expect(pair.a.link.reconnecting).toBe(true)
    pair.clock.advance(16_000)
    expect(pair.a.end).toBe('connection_lost')
  })
})
