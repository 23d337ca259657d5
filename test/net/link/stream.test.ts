import { describe, expect, it } from 'vitest'
import {
  GOODBYE_TIMEOUT_MS,
  MAX_BAD_MESSAGES,
  MAX_MESSAGE,
  RELIABLE_HIGH_WATER,
} from '../../../src/net/link/constants.ts'
import { UnfinishedBudget } from '../../../src/net/link/joiner.ts'
import { BULK_LANE } from '../../../src/net/link/lane-table.ts'
import { StreamReceiver } from '../../../src/net/link/stream.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { randomUnit, seededRandom } from '../../../src/net/random.ts'
import { LinkPair, MemoryChannel } from '../../support/link-pair.ts'
import { goodbye, packet, piece, streamed } from '../../support/wire.ts'

/** A second way from `a` to `b`. Cut off, what is under way on it is lost. */
class Bulk {
  readonly channel: MemoryChannel
  open = true
  readonly #pair: LinkPair

  constructor(pair: LinkPair, latencyMs: number) {
    this.#pair = pair
    this.channel = new MemoryChannel((message) =>
      pair.clock.setTimeout(() => {
        if (this.open) pair.b.link.receiveBulk(message)
      }, latencyMs),
    )
    pair.a.link.openBulk(this.channel)
  }

  lose(): void {
    this.open = false
    this.#pair.a.link.closeBulk()
    this.#pair.b.link.closeBulk()
  }
}

/** Bulk packets of many sizes; each begins with its number. */
const packets = Array.from({ length: 60 }, (_, i) => `${i} `.padEnd(1 + ((i * 7_919) % 20_000), 'x'))

describe('the stream', () => {
  it.each([
    ['a faster', 2],
    ['a slower', 40],
  ])('changes over to %s channel in the midst of it: everything comes once and in order', (_, latencyMs) => {
    const pair = LinkPair.connected()
    for (const text of packets) pair.a.queue(text, 0, BULK_LANE)
    pair.a.link.flush()
    pair.clock.advance(60)
    const before = pair.b.texts.length
    const bulk = new Bulk(pair, latencyMs)
    pair.clock.advance(10_000)
    expect(before).toBeLessThan(packets.length)
    expect(bulk.channel.sent.length).toBeGreaterThan(100)
    expect(pair.b.texts).toEqual(packets)
    expect(pair.b.rejections).toEqual([])
  })

  it('begins with few messages on the first channel while one of its own is dialled, and has ten on their way at most', () => {
    const pair = LinkPair.connected({ latencyMs: 50, bulkWaits: () => true })
    const [reliable] = pair.a.channels
    const { length } = reliable!.sent
    pair.a.send('x'.repeat(1_000_000), 0, BULK_LANE)
    const sent: number[] = []
    for (let before = length, trip = 0; trip < 6; trip++) {
      pair.clock.advance(100)
      sent.push(reliable!.sent.length - before)
      before = reliable!.sent.length
    }
    expect(sent).toEqual([3, 6, 10, 10, 10, 10])
  })

  it('begins at once beside a game that has more on its way than that', () => {
    const pair = LinkPair.connected({ latencyMs: 50, bulkWaits: () => true })
    const [reliable] = pair.a.channels
    const { length } = reliable!.sent
    const game = () => {
      for (let tick = 0; tick < 30; tick++) {
        pair.a.sendUnreliable('x'.repeat(600))
        pair.clock.advance(16)
      }
    }
    game()
    pair.a.send('x'.repeat(1_000_000), 0, BULK_LANE)
    game()
    expect(reliable!.sent.length - length).toBeGreaterThan(15)
  })

  it('goes back when that channel is lost, with what was not taken in, and doubles are dropped', () => {
    const random = seededRandom(8)
    for (let run = 0; run < 8; run++) {
      const pair = LinkPair.connected()
      for (const text of packets) pair.a.queue(text, 0, BULK_LANE)
      pair.a.link.flush()
      for (let i = 0; i < 3; i++) {
        pair.clock.advance(20 + randomUnit(random) * 60)
        const bulk = new Bulk(pair, 2 + randomUnit(random) * 30)
        pair.clock.advance(20 + randomUnit(random) * 60)
        bulk.lose()
      }
      pair.clock.advance(20_000)
      expect(pair.b.texts).toEqual(packets)
      expect(pair.b.rejections).toEqual([])
      expect(pair.a.link.stats.bufferedBytes).toBe(0)
    }
  })

  it('says again at the pace of all: gameplay does not wait behind it', () => {
    const pair = LinkPair.connected()
    const bulk = new Bulk(pair, 10)
    pair.a.send('x'.repeat(2_000_000), 0, BULK_LANE)
    pair.clock.advance(300)
    expect(pair.b.told.filter(({ type }) => type === 'progress').length).toBeGreaterThan(2)
    const [first] = pair.a.channels
    first!.blocked = true
    bulk.lose()
    expect(first!.bufferedAmount).toBeLessThanOrEqual(RELIABLE_HIGH_WATER + MAX_MESSAGE)
    first!.release()
    pair.a.link.drained(0)
    pair.clock.advance(20_000)
    expect(pair.b.texts.map((text) => text.length)).toEqual([2_000_000])
  })

  it('survives a bulk channel that takes no more: the game is not touched', () => {
    const pair = LinkPair.connected()
    const bulk = new Bulk(pair, 10)
    bulk.channel.broken = true
    for (const text of packets) pair.a.queue(text, 0, BULK_LANE)
    pair.a.link.flush()
    pair.a.send('game')
    pair.clock.advance(50)
    expect(pair.a.end).toBeUndefined()
    expect(pair.b.texts).toEqual(['game'])
    bulk.lose()
    pair.clock.advance(10_000)
    expect(pair.b.texts).toEqual(['game', ...packets])
  })

  it('ends before the goodbye does: the link waits for the rest of it', () => {
    const pair = LinkPair.connected()
    new Bulk(pair, 100)
    pair.a.send('x'.repeat(8_000), 0, BULK_LANE)
    void pair.a.link.goodbye(0)
    pair.clock.advance(50)
    expect(pair.b.end).toBeUndefined()
    pair.clock.advance(60)
    expect(pair.b.texts.map((text) => text.length)).toEqual([8_000])
    expect(pair.b.end).toBe('left')
    pair.clock.advance(20)
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('whose channel is lost after the goodbye still gets there', () => {
    const pair = LinkPair.connected()
    const bulk = new Bulk(pair, 100)
    pair.a.send('x'.repeat(8_000), 0, BULK_LANE)
    void pair.a.link.goodbye(0)
    pair.clock.advance(30)
    bulk.lose()
    pair.clock.advance(GOODBYE_TIMEOUT_MS)
    expect(pair.b.texts.map((text) => text.length)).toEqual([8_000])
    expect(pair.b.end).toBe('left')
  })

  it('says goodbye however much waits, and the answer comes however much waits there', () => {
    const pair = LinkPair.connected()
    for (const end of [pair.a, pair.b]) {
      end.channels[0]!.blocked = true
      for (let i = 0; i < 20; i++) end.send('x'.repeat(1_000_000))
    }
    void pair.a.link.goodbye(0)
    pair.a.channels[0]!.release()
    pair.clock.advance(20)
    expect(pair.b.end).toBe('left')
    pair.b.channels[0]!.release()
    pair.clock.advance(20)
    expect(pair.clock.pendingTimers).toBe(0)
  })
})

describe('a stream of a hostile peer', () => {
  it('is held only a bounded while before its turn, each place once', () => {
    const stream = new StreamReceiver(new UnfinishedBudget(), () => {})
    let held = 0
    for (let position = 1; position < 5_000; position++) {
      for (let again = 0; again < 2; again++) {
        try {
          stream.receive(streamed(position, packet('x')), () => {})
          if (again === 0) held += 1
        } catch {}
      }
    }
    expect(held).toBe(2_048)
    const taken: number[] = []
    stream.receive(streamed(0, packet('x')), (message) => taken.push(message[1]! | (message[2]! << 8)))
    expect(taken).toEqual(Array.from({ length: 2_049 }, (_, i) => i))
  })

  it('goes on where its position wraps', () => {
    const stream = new StreamReceiver(new UnfinishedBudget(), () => {})
    stream.next = 0xffff_fffe
    let taken = 0
    for (const position of [0, 0xffff_ffff, 1, 0xffff_fffe]) {
      stream.receive(streamed(position, packet('x')), () => {
        taken += 1
      })
    }
    expect([taken, stream.next]).toEqual([4, 2])
  })

  it('may not say goodbye, greet or signal in it, nor leave it out on its own channel', () => {
    for (const message of [goodbye(0), packet('x', 1)]) {
      const { b } = LinkPair.connected()
      b.link.receiveBulk(message)
      expect(b.rejections).toEqual(['Only the stream goes over this channel.'])
    }
    const { b } = LinkPair.connected()
    for (const [i, kind] of [Kind.Hello, Kind.Goodbye, Kind.GoodbyeAck, Kind.Signal, Kind.Stream].entries()) {
      b.link.receive(0, streamed(i, Uint8Array.of(kind | 0x80)))
    }
    expect(b.rejections.length).toBe(5)
    b.link.receive(0, streamed(5, packet('fine')))
    expect(b.texts).toEqual(['fine'])
  })

  it('leaves no timer when it ends the link', () => {
    const pair = LinkPair.connected()
    pair.a.link.close()
    pair.clock.advance(15)
    pair.cut = true
    for (let i = 0; i < MAX_BAD_MESSAGES; i++) pair.b.link.receive(0, streamed(i, piece('x', { last: true })))
    expect(pair.b.end).toBe('protocol_error')
    expect(pair.clock.pendingTimers).toBe(0)
  })
})
