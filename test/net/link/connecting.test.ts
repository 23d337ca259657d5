import { describe, expect, it } from 'vitest'
import { LINK_VERSION, MAX_EARLY_MESSAGES } from '../../../src/net/link/constants.ts'
import { CONTROL_LANE } from '../../../src/net/link/lane-table.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { type End, LinkPair } from '../../support/link-pair.ts'
import { greeting, HALF_A, hello, packet, reliable, unreliable } from '../../support/wire.ts'

const HELLO = hello()

/** Every order of `items`. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]))
}

/** A link of which the test plays the other side. */
function alone(modes: readonly number[] = []): { pair: LinkPair; a: End } {
  const pair = new LinkPair({ modes })
  pair.cut = true
  return { pair, a: pair.a }
}

describe('two links connect when every channel is open on both sides and both have greeted', () => {
  it('whatever the order in which the channels open, and however fast messages are', () => {
    const steps = (['a', 'b'] as const).flatMap((side) => [0, 1, 2].map((port) => ({ side, port })))
    const random = seededRandom(5)
    for (const order of permutations(steps)) {
      const pair = new LinkPair({ modes: [2] })
      for (const [i, { side, port }] of order.entries()) {
        expect(pair.a.told.length + pair.b.told.length).toBe(0)
        pair[side].link.opened(port)
        if (i < order.length - 1) pair.clock.advance(random() % 25)
      }
      pair.clock.advance(25)
      expect([pair.a.told, pair.b.told]).toEqual([[{ type: 'connected' }], [{ type: 'connected' }]])
    }
  })

  it('not before the last channel, although the other side has greeted', () => {
    const { a } = alone([0])
    a.link.receive(0, hello([0]))
    a.link.opened(0)
    a.link.opened(2)
    expect(a.link.connected).toBe(false)
    a.link.opened(1)
    expect(a.link.connected).toBe(true)
  })

  it('not before the greeting, although every channel is open', () => {
    const { a } = alone()
    a.openAll()
    expect(a.told).toEqual([])
    a.link.receive(0, HELLO)
    expect(a.told).toEqual([{ type: 'connected' }])
  })

  it('once', () => {
    const { a } = alone()
    a.openAll()
    a.link.receive(0, HELLO)
    a.openAll()
    expect(a.told).toEqual([{ type: 'connected' }])
  })

  it('and send nothing before that but the greeting', () => {
    const { a } = alone()
    a.send('early')
    a.sendUnreliable('early')
    a.openAll()
    a.send('early')
    expect(a.channels.flatMap((channel) => channel.sent)).toEqual([greeting(HALF_A)])
    expect(a.link.stats.packetsOut).toBe(0)
  })
})

describe('packets that overtake the greeting', () => {
  it('come after `connected`, in order', () => {
    const { a } = alone([2])
    a.openAll()
    a.link.receive(2, packet('one'))
    a.link.receive(1, unreliable(0, 'two'))
    a.link.receive(2, packet('three'))
    expect(a.told).toEqual([])
    a.link.receive(0, hello([2]))
    expect(a.told[0]).toEqual({ type: 'connected' })
    expect(a.texts).toEqual(['one', 'two', 'three'])
    a.link.receive(0, packet('four'))
    expect(a.texts.at(-1)).toBe('four')
  })

  it('come also when the last channel opens after the greeting', () => {
    const { a } = alone([2])
    a.link.opened(0)
    a.link.opened(1)
    a.link.receive(0, hello([2]))
    a.link.receive(2, packet('one'))
    a.link.opened(2)
    expect(a.told[0]).toEqual({ type: 'connected' })
    expect(a.texts).toEqual(['one'])
  })

  it('are each judged alone: a bad one is counted, and takes no other with it', () => {
    const { a } = alone([2])
    a.link.opened(0)
    a.link.opened(1)
    a.link.receive(0, hello([2]))
    a.link.receive(2, packet('one'))
    a.link.receive(1, unreliable(0, 'no such kind', { kind: 15 }))
    a.link.receive(2, packet('two'))
    expect(() => a.link.opened(2)).not.toThrow()
    expect(a.texts).toEqual(['one', 'two'])
    expect(a.rejections).toEqual(['A frame of kind 15 does not belong here.'])
    expect(a.link.stats.rejected).toBe(1)
  })

  it('do not pile up: unreliable ones are dropped, too many reliable ones end the link', () => {
    const { a } = alone([2])
    a.openAll()
    for (let i = 0; i < MAX_EARLY_MESSAGES; i++) a.link.receive(1, unreliable(i, ''))
    expect(a.link.stats.dropped).toBe(0)
    a.link.receive(1, unreliable(9 * 256, ''))
    expect(a.link.stats.dropped).toBe(1)
    a.link.receive(2, packet(''))
    expect(a.end).toBe('buffer_overflow')
  })

  it('are not delivered to somebody who left at `connected`', () => {
    const { pair, a } = alone([2])
    a.openAll()
    a.link.receive(2, packet('one'))
    a.react = (told) => {
      if (told.type === 'connected') void a.link.goodbye(0)
    }
    a.link.receive(0, hello([2]))
    pair.clock.advance(1_000)
    expect(a.told).toEqual([{ type: 'connected' }])
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('are refused on the channel of the greeting itself', () => {
    const { a } = alone()
    a.openAll()
    a.link.receive(0, packet('one'))
    expect(a.rejections).toEqual(['A packet came before the greeting.'])
  })
})

describe('peers that do not fit', () => {
  it('in their user channels: both are told what differs', () => {
    const pair = new LinkPair({ modes: [2, 0], modesB: [2, 1] })
    pair.a.openAll()
    pair.b.openAll()
    pair.clock.advance(100)
    expect(pair.a.end).toBe('protocol_error')
    expect(pair.b.end).toBe('protocol_error')
    expect(pair.a.rejections).toEqual([
      'The peer does not fit this one: its user channels have the modes [2,1], ours [2,0].',
    ])
    expect(pair.b.rejections[0]).toContain('the modes [2,0], ours [2,1]')
    expect(pair.a.told.some((told) => told.type === 'connected')).toBe(false)
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('in how many user channels they have', () => {
    const pair = new LinkPair({ modes: [], modesB: [1] })
    pair.a.openAll()
    pair.b.openAll()
    pair.clock.advance(100)
    expect(pair.a.rejections[0]).toContain('the modes [1], ours []')
    expect(pair.b.end).toBe('protocol_error')
  })

  it('in the version of the wire format', () => {
    const { a } = alone()
    a.openAll()
    a.link.receive(0, hello([], 9))
    expect(a.end).toBe('protocol_error')
    expect(a.rejections[0]).toContain(`it speaks version 9 of the wire format, we speak ${LINK_VERSION}`)
  })

  it('with a greeting that is empty or endless: the report stays short', () => {
    for (const length of [0, 1_100]) {
      const { a } = alone()
      a.openAll()
      a.link.receive(0, reliable(Kind.Hello, new Uint8Array(length).fill(LINK_VERSION)))
      expect(a.end).toBe('protocol_error')
      expect(a.rejections[0]!.length).toBeLessThan(300)
    }
  })

  it('and echo the greeting', () => {
    const { a } = alone()
    a.openAll()
    a.link.receive(0, greeting(HALF_A))
    expect(a.end).toBe('protocol_error')
  })

  it('because it proves something to somebody who was here before: it is not heard, and a greeting for us follows', () => {
    const { a } = alone()
    a.openAll()
    a.link.receive(0, reliable(Kind.Proof, new Uint8Array(32), CONTROL_LANE))
    expect(a.told).toEqual([])
    a.link.receive(0, HELLO)
    expect(a.told).toEqual([{ type: 'connected' }])
    a.link.receive(0, reliable(Kind.Proof, new Uint8Array(32), CONTROL_LANE))
    expect(a.rejections).toEqual(['A frame of kind 12 does not belong here.'])
  })

  it('with a second greeting: that is a bad message', () => {
    const { a } = alone()
    a.openAll()
    a.link.receive(0, HELLO)
    a.link.receive(0, HELLO)
    expect(a.rejections).toEqual(['A frame of kind 2 does not belong here.'])
    expect(a.link.connected).toBe(true)
  })
})

it('never says `connected` after it failed while connecting', () => {
  const { pair, a } = alone()
  a.link.receive(0, HELLO)
  a.channels[1]!.broken = true
  a.openAll()
  const connected = a.told.findIndex((told) => told.type === 'connected')
  const ended = a.told.findIndex((told) => told.type === 'ended')
  a.link.fail('connection_lost')
  expect([connected, ended]).toEqual([0, -1])
  expect(pair.clock.pendingTimers).toBe(0)
})
