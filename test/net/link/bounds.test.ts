// What a remote can make a link keep, how far a sender may run ahead, and what acknowledgements cost.

import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/net/clock.ts'
import { MAX_MESSAGE, MAX_STREAM_AHEAD, MAX_UNFINISHED_BYTES } from '../../../src/net/link/constants.ts'
import { UnfinishedBudget } from '../../../src/net/link/joiner.ts'
import { BULK_LANE } from '../../../src/net/link/lane-table.ts'
import { PeerLink } from '../../../src/net/link/peer-link.ts'
import { StreamSender } from '../../../src/net/link/stream.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { LinkPair, MemoryChannel } from '../../support/link-pair.ts'
import { thrown } from '../../support/net-errors.ts'
import { hello } from '../../support/wire.ts'

describe('a message that is longer than any sender makes', () => {
  it.each([0, 1])('is bad on port %i, and its content does not come', (port) => {
    const { b } = LinkPair.connected()
    const head = port === 0 ? [0x81] : [0, 200, 0, 0x81]
    const message = new Uint8Array(MAX_MESSAGE + 1)
    message.set(head)
    b.link.receive(port, message)
    expect(b.rejections).toHaveLength(1)
    expect(b.texts).toEqual([])
    b.link.receive(port, message.subarray(0, MAX_MESSAGE))
    expect(b.texts).toHaveLength(1)
  })

  it('is bad in the stream: what comes before its turn is bounded in bytes, too', () => {
    const { b } = LinkPair.connected()
    const message = new Uint8Array(MAX_MESSAGE + 1)
    message.set([0x88, 1, 0, 0, 0, 0x81])
    b.link.receiveBulk(message)
    expect(b.rejections).toHaveLength(1)
  })
})

describe('the memory of unfinished packets', () => {
  it('of one peer is bounded for all of its channels together', () => {
    const all = new UnfinishedBudget()
    const one = new UnfinishedBudget(all)
    one.take(MAX_UNFINISHED_BYTES)
    expect(thrown(() => one.take(1)).code).toBe('ERR_OUT_OF_MEMORY')
    expect(all.bytes).toBe(MAX_UNFINISHED_BYTES)
    one.give(MAX_UNFINISHED_BYTES)
    expect([one.bytes, all.bytes]).toEqual([0, 0])
  })

  it('of all peers is bounded, and whom it refuses has taken nothing', () => {
    const all = new UnfinishedBudget()
    const peers = Array.from({ length: 5 }, () => new UnfinishedBudget(all))
    for (const each of peers.slice(0, 4)) each.take(MAX_UNFINISHED_BYTES)
    expect(thrown(() => peers[4]!.take(1)).code).toBe('ERR_OUT_OF_MEMORY')
    expect(peers[4]!.bytes).toBe(0)
  })

  it('of all peers is not taken from the others by a few that finish nothing: whoever holds most goes, with a reason', () => {
    const all = new UnfinishedBudget()
    const clock = new VirtualClock()
    const channel = new MemoryChannel(() => {})
    const nothing = () => {}
    const ended: string[] = []
    const greedy = new PeerLink({
      channels: [
        { channel, reliable: true },
        { channel, reliable: false },
      ],
      modes: [],
      clock,
      events: { connected: nothing, packet: nothing, rejected: nothing, ended: (reason) => ended.push(reason) },
      budget: all,
    })
    greedy.opened(0)
    greedy.opened(1)
    greedy.receive(0, hello())
    const first = new Uint8Array(1_100)
    // A piece of the lane gameplay, the first of 64 MiB; then pieces in the middle of it.
    first.set([0xc1, 1, 0, 0, 0, 4])
    greedy.receive(0, first)
    const more = new Uint8Array(1_100)
    more[0] = 0xc1
    for (let i = 0; i < 1_200; i++) greedy.receive(0, more)
    const MIB = 1024 * 1024
    expect(all.bytes).toBe(2 * MIB)
    const modest = Array.from({ length: 511 }, () => new UnfinishedBudget(all))
    for (const each of modest) each.take(MIB)
    expect(all.bytes).toBe(511 * MIB)
    greedy.receive(0, more)
    expect(ended).toEqual(['buffer_overflow'])
  })

  it('is given back when the link ends in the middle of a packet', () => {
    const budget = new UnfinishedBudget()
    const channel = new MemoryChannel(() => {})
    const nothing = () => {}
    const link = new PeerLink({
      channels: [
        { channel, reliable: true },
        { channel, reliable: false },
      ],
      modes: [],
      clock: new VirtualClock(),
      events: { connected: nothing, packet: nothing, rejected: nothing, ended: nothing },
      budget,
    })
    link.opened(0)
    link.opened(1)
    link.receive(0, hello())
    link.receive(0, Uint8Array.of(0xc1, 1, 0, 0, 1, 0, 7))
    link.receiveBulk(Uint8Array.of(0x88, 0, 0, 0, 0, 0xc1, 1, 0, 0, 1, 0, 7))
    expect(budget.bytes).toBeGreaterThan(0)
    link.close()
    expect(budget.bytes).toBe(0)
  })
})

it('a sender of small stream messages waits for acknowledgements before it is further ahead than a receiver keeps', () => {
  const channel = new MemoryChannel(() => {})
  const put = (message: Uint8Array) => channel.putPacket(message)
  const sender = new StreamSender(new Map([[BULK_LANE, { priority: 2 }]]), channel, put, () => {})
  const send = () => {
    sender.lanes.add(BULK_LANE, { kind: Kind.Bytes, payload: Uint8Array.of(1) })
    sender.flush(Number.POSITIVE_INFINITY)
  }
  for (let i = 0; i < MAX_STREAM_AHEAD + 10; i++) send()
  expect(channel.sent).toHaveLength(MAX_STREAM_AHEAD)
  sender.taken(1)
  send()
  expect(channel.sent).toHaveLength(MAX_STREAM_AHEAD + 1)
})

it.each([2, 5, 8, 12])('two that talk all the time need no messages for acknowledgements: %i ms apart', (apart) => {
  const pair = LinkPair.connected()
  const before = [pair.a, pair.b].map(({ channels }) => channels[1]!.sent.length)
  for (let tick = 0; tick < 60; tick++) {
    pair.a.sendUnreliable('a')
    pair.clock.advance(apart)
    pair.b.sendUnreliable('b')
    pair.clock.advance(16 - apart)
  }
  const sent = [pair.a, pair.b].map(({ channels }, i) => channels[1]!.sent.length - before[i]!)
  // And two heartbeats, and their answers.
  for (const count of sent) expect(count).toBeLessThanOrEqual(60 + 4)
})
