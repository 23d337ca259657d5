// Promises of the link at its edges: what waits is bounded whoever caused it, and a receipt is told once whatever breaks.

import { describe, expect, it } from 'vitest'
import {
  MAX_QUEUED,
  MAX_QUEUED_PACKETS,
  MAX_RELIABLE_PACKET,
  MAX_UNACKNOWLEDGED,
} from '../../../src/net/link/constants.ts'
import { BULK_LANE, GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { LinkPair } from '../../support/link-pair.ts'

describe('what waits for a peer', () => {
  it('is bounded over all of its channels and the stream together', () => {
    const pair = LinkPair.connected({ modes: [2, 2] })
    for (const port of [0, 2, 3]) pair.a.channels[port]!.blocked = true
    const packet = { kind: Kind.Bytes, payload: new Uint8Array(MAX_RELIABLE_PACKET / 2) }
    const ways = [
      [0, GAMEPLAY_LANE],
      [0, BULK_LANE],
      [2, GAMEPLAY_LANE],
      [3, GAMEPLAY_LANE],
    ] as const
    for (const [port, lane] of ways) pair.a.link.sendReliable(port, packet, lane)
    expect(pair.a.end).toBeUndefined()
    expect(4 * packet.payload.length).toBe(MAX_QUEUED)
    pair.a.link.sendReliable(3, packet, GAMEPLAY_LANE)
    expect(pair.a.end).toBe('buffer_overflow')
  })

  it('is bounded where the link itself says it: to a peer that asks and does not read', () => {
    const pair = LinkPair.connected()
    Object.defineProperty(pair.a.channels[0], 'bufferedAmount', { value: 1_000_000 })
    const signal = new Uint8Array(1)
    for (let i = 0; i < MAX_QUEUED_PACKETS + 20_000 && !pair.a.end; i++) pair.a.link.sendSignal(signal)
    expect(pair.a.end).toBe('buffer_overflow')
  })

  it('is bounded where a peer takes in the stream, and says of the channel that carries it that nothing came', () => {
    const pair = LinkPair.connected()
    const { a } = pair
    pair.cut = true
    const content = new Uint8Array(1_000_000)
    let sequence = 1_000
    for (let i = 0; i < 4_000 && !a.end; i++) {
      while (a.link.ready(BULK_LANE)) a.link.sendReliable(0, { kind: Kind.Bytes, payload: content }, BULK_LANE)
      a.link.flush()
      a.channels[1]!.sent.length = 0
      const last = a.channels[0]!.sent.at(-1)!
      if ((last[0]! & 0x0f) === Kind.Stream) {
        const next = new DataView(last.buffer).getUint32(1, true) + 1
        a.link.receive(1, Uint8Array.of(2, sequence, sequence >>> 8, 0, 0, next, next >>> 8, next >>> 16, next >>> 24))
        sequence += 1
      }
      pair.clock.advance(1)
    }
    expect(a.channels[0]!.sent.length).toBeLessThan(MAX_UNACKNOWLEDGED + 2_100)
  })
})

describe('a receipt', () => {
  it('is told soon while the channels are gone, also of what was on its way', () => {
    const pair = LinkPair.connected()
    const receipts: [string, boolean][] = []
    const send = (text: string) =>
      pair.a.sendUnreliable(text, { receipt: (delivered) => receipts.push([text, delivered]) })
    send('on its way')
    pair.a.queueUnreliable('not gone yet', { receipt: (delivered) => receipts.push(['not gone yet', delivered]) })
    pair.breakChannels()
    send('waits')
    pair.clock.advance(1_500)
    expect(receipts.sort()).toEqual([
      ['not gone yet', false],
      ['on its way', false],
      ['waits', false],
    ])
  })

  it.each(['batch', 'queue'])('is told once of each packet of a %s on a channel that breaks', (what) => {
    const pair = LinkPair.connected()
    const channel = pair.a.channels[1]!
    const receipts = new Map<number, boolean[]>()
    if (what === 'queue') channel.blocked = true
    for (let i = 0; what === 'queue' && i < 12; i++) pair.a.sendUnreliable('filling'.padEnd(1_000))
    if (what === 'batch') channel.broken = true
    for (let i = 0; i < 6; i++) {
      receipts.set(i, [])
      const receipt = (delivered: boolean) => receipts.get(i)!.push(delivered)
      pair.a.queueUnreliable(`${i} `.padEnd(i === 3 ? 3_000 : 700), { receipt })
    }
    channel.broken = true
    channel.blocked = false
    channel.held.length = 0
    pair.a.link.flush()
    expect(pair.a.link.reconnecting).toBe(true)
    pair.redial()
    pair.clock.advance(3_000)
    expect([...receipts.values()].map((told) => told.length)).toEqual(Array(6).fill(1))
    const came = pair.b.texts.filter((text) => !text.startsWith('filling'))
    expect(new Set(came).size).toBe(came.length)
    expect(pair.a.link.stats.bufferedBytes).toBe(0)
  })
})
