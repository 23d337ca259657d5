import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GRACE_MS, MAX_QUEUED, SUSPICION_MS } from '../../../src/net/link/constants.ts'
import { BULK_LANE } from '../../../src/net/link/lane-table.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { randomUnit, seededRandom } from '../../../src/net/random.ts'
import { type End, LinkPair, MemoryChannel } from '../../support/link-pair.ts'
import { hello, packet, reliable, resume, streamed } from '../../support/wire.ts'

/** What an end told of its remote's presence. */
function words({ told }: End): string[] {
  return told.flatMap((each) => (['packet', 'progress', 'drained', 'rejected'].includes(each.type) ? [] : [each.type]))
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i))

describe('a link that goes on over new channels', () => {
  it('delivers what was lost with the old ones once and in order, both ways', () => {
    const pair = LinkPair.connected()
    const { a, b } = pair
    for (const text of numbers(20)) a.send(text)
    for (const text of numbers(20)) b.send(text)
    pair.clock.advance(5)
    pair.breakChannels()
    for (const text of numbers(20, 20)) a.send(text)
    pair.redial()
    pair.clock.advance(100)
    expect([b.texts, a.texts]).toEqual([numbers(40), numbers(20)])
    expect([words(a), words(b)]).toEqual(Array(2).fill(['connected', 'reconnecting', 'reconnected']))
  })

  it('sends nothing again that arrived, although its acknowledgement was lost', () => {
    const pair = LinkPair.connected()
    const { a, b } = pair
    for (const text of numbers(3)) a.send(text)
    pair.clock.advance(11)
    expect(b.texts).toEqual(numbers(3))
    pair.breakChannels()
    pair.redial()
    pair.clock.advance(1_000)
    expect(a.channels[0]!.sent).toHaveLength(1)
    expect(b.texts).toEqual(numbers(3))
  })

  it('keeps the first half of a packet in pieces', () => {
    const pair = LinkPair.connected({ latencyMs: 10 })
    const { a, b } = pair
    const large = 'x'.repeat(200_000)
    a.send(large)
    pair.clock.advance(60)
    expect(b.texts).toEqual([])
    pair.breakChannels()
    pair.redial()
    pair.clock.advance(3_000)
    expect(b.texts.map((text) => text === large)).toEqual([true])
    expect(b.rejections).toEqual([])
  })

  it('does so on user channels and in the stream, over the bulk connection or not', () => {
    for (const own of [false, true]) {
      const pair = LinkPair.connected({ modes: [2, 0] })
      const { a, b } = pair
      if (own) a.link.openBulk(new MemoryChannel(() => {}))
      for (const text of numbers(200)) a.queue(`user ${text}`, 2)
      for (const text of numbers(50)) a.queue(`bulk ${text}`.padEnd(500), 0, BULK_LANE)
      a.link.flush()
      pair.clock.advance(5)
      pair.breakChannels()
      pair.redial()
      pair.clock.advance(5_000)
      expect(b.texts.filter((text) => text.startsWith('user'))).toEqual(numbers(200).map((n) => `user ${n}`))
      const bulk = b.texts.filter((text) => text.startsWith('bulk')).map((text) => text.trim())
      expect(bulk).toEqual(numbers(50).map((n) => `bulk ${n}`))
    }
  })

  it('lets unreliable packets go on, late ordered ones still dropped', () => {
    const pair = LinkPair.connected()
    const { a, b } = pair
    a.sendUnreliable('before', { ordered: true })
    pair.clock.advance(20)
    pair.breakChannels()
    a.sendUnreliable('lost')
    pair.clock.advance(100)
    pair.redial()
    pair.clock.advance(100)
    a.sendUnreliable('after', { ordered: true })
    pair.clock.advance(20)
    expect(b.texts).toEqual(['before', 'after'])
  })

  it('loses and doubles nothing in hundreds of breaks at any moment, again and again', () => {
    const property = fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (seed) => {
      const random = seededRandom(seed)
      const upTo = (most: number) => Math.floor(randomUnit(random) * most)
      const pair = LinkPair.connected({ modes: [2], latencyMs: 1 + upTo(60) })
      const { a, b } = pair
      const sent = { a: 0, b: 0, user: 0, stream: 0 }
      pair.weatherA.lose = () => randomUnit(random) < 0.2
      pair.weatherB.lose = () => randomUnit(random) < 0.2
      for (let i = 0; i < 120; i++) {
        const size = upTo(12) === 0 ? 3_000 : 1
        a.send(`a ${sent.a++} `.padEnd(size))
        b.send(`b ${sent.b++} `.padEnd(size))
        if (upTo(3) === 0) a.send(`u ${sent.user++} `, 2)
        if (upTo(4) === 0) a.send(`s ${sent.stream++} `.padEnd(2_000), 0, BULK_LANE)
        pair.clock.advance(upTo(40))
        if (upTo(15) === 0) {
          pair.breakChannels()
          pair.clock.advance(upTo(400))
          pair.redial()
          // Sometimes these break before they were of use.
          if (upTo(2) === 0) {
            pair.clock.advance(upTo(150))
            pair.breakChannels()
            pair.clock.advance(upTo(100))
            pair.redial()
          }
        }
      }
      pair.clock.advance(10_000)
      const heard = (end: End, kind: string) =>
        end.texts.filter((text) => text.startsWith(kind)).map((text) => Number(text.split(' ')[1]))
      const all = (count: number) => Array.from({ length: count }, (_, i) => i)
      expect([heard(b, 'a'), heard(a, 'b')]).toEqual([all(sent.a), all(sent.b)])
      expect([heard(b, 'u'), heard(b, 's')]).toEqual([all(sent.user), all(sent.stream)])
      expect([a.rejections, b.rejections]).toEqual([[], []])
    })
    fc.assert(property, { numRuns: 40, seed: 7 })
  })

  it('keeps what is sent meanwhile, up to the limit', () => {
    const pair = LinkPair.connected()
    pair.breakChannels()
    const megabyte = 'x'.repeat(1024 * 1024)
    for (let i = 0; i < MAX_QUEUED / megabyte.length; i++) pair.a.send(megabyte)
    expect(pair.a.link.reconnecting).toBe(true)
    pair.a.send('one more')
    expect(pair.a.end).toBe('buffer_overflow')
  })
})

describe('a remote of which nothing is heard', () => {
  it('is reconnecting after about a second and gone after the grace', () => {
    const pair = LinkPair.connected()
    pair.clock.advance(10_000)
    pair.cut = true
    pair.clock.advance(SUSPICION_MS - 600)
    expect(pair.a.link.reconnecting).toBe(false)
    pair.clock.advance(700)
    expect([pair.a.link.reconnecting, pair.b.link.reconnecting]).toEqual([true, true])
    pair.clock.advance(GRACE_MS - 500)
    expect(pair.a.end).toBeUndefined()
    pair.clock.advance(700)
    expect([pair.a.end, pair.b.end]).toEqual(['timeout', 'timeout'])
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('is connected again as soon as it is heard of on the same channels: within 0.2 s', () => {
    const pair = LinkPair.connected()
    pair.cut = true
    pair.clock.advance(2_000)
    expect(pair.a.link.reconnecting).toBe(true)
    pair.cut = false
    pair.clock.advance(200)
    expect([words(pair.a), words(pair.b)]).toEqual(Array(2).fill(['connected', 'reconnecting', 'reconnected']))
  })

  it('is not suspected for a break of 0.4 s', () => {
    const pair = LinkPair.connected()
    for (let offset = 0; offset < 500; offset += 50) {
      pair.clock.advance(2_000 + offset)
      pair.cut = true
      pair.clock.advance(400)
      pair.cut = false
    }
    pair.clock.advance(2_000)
    expect([words(pair.a), words(pair.b)]).toEqual([['connected'], ['connected']])
  })

  it('gets no unreliable packets meanwhile, whose receipts say so', () => {
    const pair = LinkPair.connected()
    const receipts: boolean[] = []
    pair.cut = true
    pair.clock.advance(2_000)
    const before = pair.a.channels[1]!.sent.length
    for (let i = 0; i < 10; i++) {
      pair.a.sendUnreliable('state', { receipt: (delivered) => receipts.push(delivered) })
      pair.clock.advance(60)
    }
    const after = pair.a.channels[1]!.sent.slice(before)
    expect(after.every(({ length }) => length <= 18)).toBe(true)
    expect(receipts.slice(0, 9)).toEqual(Array(9).fill(false))
  })

  it('is gone at once where there is no grace', () => {
    const pair = LinkPair.connected({ graceMs: 0 })
    pair.a.link.lost()
    expect(words(pair.a)).toEqual(['connected', 'ended'])
    expect(pair.a.end).toBe('connection_lost')
  })
})

describe('what is said on new channels', () => {
  function alone(): { pair: LinkPair; a: End } {
    const pair = LinkPair.connected()
    pair.cut = true
    pair.breakChannels()
    pair.redial()
    return { pair, a: pair.a }
  }

  it('is what was taken in; more than was sent, or less than before, breaks the rules', () => {
    for (const [said, ends] of [
      [0, undefined],
      [1, 'protocol_error'],
      [0xffff, 'protocol_error'],
    ] as const) {
      const { a } = alone()
      a.link.receive(0, resume({ messages: [said], stream: 0 }))
      expect(a.end).toBe(ends)
    }
  })

  it('is so of the stream, too: what it had taken in once is not kept', () => {
    for (const [stream, ends] of [
      [3, undefined],
      [4, 'protocol_error'],
      [2, 'protocol_error'],
      [0, 'protocol_error'],
    ] as const) {
      const pair = LinkPair.connected()
      const { a, b } = pair
      a.send('x'.repeat(3_000), 0, BULK_LANE)
      pair.clock.advance(500)
      expect(b.texts).toHaveLength(1)
      pair.breakChannels()
      pair.redial()
      a.link.receive(0, resume({ messages: [3], stream }))
      expect(a.end).toBe(ends)
    }
  })

  it('breaks them, too, when it is of another length', () => {
    for (const length of [0, 5, 7, 100]) {
      const { a } = alone()
      a.link.receive(0, reliable(Kind.Resume, new Uint8Array(length)))
      expect(a.end).toBe('protocol_error')
    }
  })

  it('is not a greeting, nor a packet: those are bad messages', () => {
    const { a } = alone()
    a.link.receive(0, hello())
    a.link.receive(0, packet('too early'))
    expect([a.rejections.length, a.texts, a.end]).toEqual([2, [], undefined])
    a.link.receive(0, resume({ messages: [0], stream: 0 }))
    expect(a.link.reconnecting).toBe(false)
  })

  it('is not said on the first ones', () => {
    const { a } = LinkPair.connected()
    a.link.receive(0, resume({ messages: [0], stream: 0 }))
    expect(a.rejections).toEqual(['A frame of kind 13 does not belong here.'])
  })
})

it('what the bulk connection brings while the link moves is taken in, and not twice', () => {
  const pair = LinkPair.connected()
  const { a, b } = pair
  const bulk = new MemoryChannel((message) => b.link.receiveBulk(message))
  a.link.openBulk(bulk)
  pair.breakChannels()
  pair.cut = true
  b.moveTo(1)
  bulk.putPacket(streamed(0, packet('first', BULK_LANE)))
  expect([b.texts, b.rejections]).toEqual([['first'], []])
  b.link.receiveBulk(streamed(0, packet('first', BULK_LANE)))
  expect(b.texts).toEqual(['first'])
})
