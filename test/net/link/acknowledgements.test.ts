import { describe, expect, it } from 'vitest'
import { ACK_DELAY_MS, ACK_HISTORY, MAX_FLIGHT_MS } from '../../../src/net/link/constants.ts'
import { Flag } from '../../../src/net/link/wire.ts'
import { randomUnit, seededRandom } from '../../../src/net/random.ts'
import { LinkPair } from '../../support/link-pair.ts'
import { unreliable } from '../../support/wire.ts'

/** A pair with nothing under way, between two heartbeats. */
function quiet(options: ConstructorParameters<typeof LinkPair>[0] = {}): LinkPair {
  const pair = LinkPair.connected(options)
  pair.clock.advance(50)
  return pair
}

/** The unreliable messages that `b` hands over from now on, by what is in them. */
function headers(pair: LinkPair): () => { acknowledges: boolean; alone: boolean }[] {
  const { sent } = pair.b.channels[1]!
  const before = sent.length
  return () =>
    sent.slice(before).map((message) => {
      const flags = message[0]!
      const header = 3 + (flags & Flag.Acknowledges ? 9 : 0) + (flags & Flag.Progress ? 6 : 0)
      return { acknowledges: (flags & Flag.Acknowledges) !== 0, alone: message.length === header }
    })
}

describe('an acknowledgement', () => {
  it('rides on what goes the other way', () => {
    const pair = quiet()
    const said = headers(pair)
    pair.a.sendUnreliable('there')
    pair.clock.advance(12)
    pair.b.sendUnreliable('back')
    pair.clock.advance(30)
    expect(said()).toEqual([{ acknowledges: true, alone: false }])
  })

  it('goes alone when nothing does, once for what came by then', () => {
    const pair = quiet()
    const said = headers(pair)
    pair.a.sendUnreliable('one')
    pair.clock.advance(5)
    pair.a.sendUnreliable('two')
    pair.clock.advance(5 + ACK_DELAY_MS - 1)
    expect(said()).toEqual([])
    pair.clock.advance(1)
    expect(said()).toEqual([{ acknowledges: true, alone: true }])
    pair.clock.advance(200)
    expect(said().length).toBe(1)
  })

  it('is asked for by the last of what goes at once, when much is on its way', () => {
    const pair = quiet()
    const burst = () => {
      const { length } = pair.a.channels[1]!.sent
      for (let i = 0; i < 7; i++) pair.a.queueUnreliable('x'.repeat(1_000))
      pair.a.link.flush()
      return pair.a.channels[1]!.sent.slice(length).map((message) => (message[0]! & Flag.Asks) !== 0)
    }
    burst()
    expect(burst()).toEqual([false, false, false, false, false, false, true])
  })

  it('is not acknowledged in turn', () => {
    const pair = quiet()
    pair.a.sendUnreliable('one')
    pair.clock.advance(150)
    const { length } = pair.a.channels[1]!.sent
    pair.clock.advance(100)
    expect(pair.a.channels[1]!.sent.length).toBe(length)
  })

  describe('where SCTP keeps its own for a single packet', () => {
    /** How many unreliable messages `a` and `b` hand over in 5 s after something happens, beside those of 5 s in which nothing does. */
    const answers = (acknowledgesLate: readonly [boolean, boolean], cause: (pair: LinkPair) => void) => {
      const pair = quiet({ acknowledgesLate, modes: [2] })
      const sent = () => [pair.a, pair.b].map((end) => end.channels[1]!.sent.length)
      const heartbeats = sent()
      pair.clock.advance(5_000)
      const [a, b] = sent().map((count, i) => count - heartbeats[i]!)
      const before = sent()
      cause(pair)
      pair.clock.advance(5_000)
      return sent().map((count, i) => count - before[i]! - [a, b][i]!)
    }

    it('is answered, so that that comes along before the sender takes the packet for lost', () => {
      // B acknowledges the packet alone, and A that.
      expect(answers([true, false], ({ a }) => a.sendUnreliable('one'))).toEqual([2, 1])
      expect(answers([false, false], ({ a }) => a.sendUnreliable('one'))).toEqual([1, 1])
    })

    it('is not answered again and again where both sides do so', () => {
      expect(answers([true, true], ({ a }) => a.sendUnreliable('one'))).toEqual([2, 1])
    })

    it('is answered when it tells of reliable packets alone', () => {
      expect(answers([true, false], ({ a }) => a.send('one'))).toEqual([1, 1])
      expect(answers([false, false], ({ a }) => a.send('one'))).toEqual([0, 1])
    })

    it('is answered in the midst of a conversation, too', () => {
      const cause = ({ a, b, clock }: LinkPair) => {
        a.sendUnreliable('question')
        clock.advance(12)
        b.sendUnreliable('reply')
      }
      expect(answers([true, false], cause)).toEqual([2, 1])
      expect(answers([false, false], cause)).toEqual([1, 1])
    })

    it('comes for a packet on a reliable user channel, too', () => {
      expect(answers([true, false], ({ b }) => b.send('one', 2))).toEqual([1, 0])
      expect(answers([false, false], ({ b }) => b.send('one', 2))).toEqual([0, 0])
    })
  })

  it('tells of a burst that is longer than its history', () => {
    const pair = quiet()
    const told: boolean[] = []
    const sent = 5 * ACK_HISTORY
    for (let i = 0; i < sent; i++) pair.a.sendUnreliable('x', { receipt: (delivered) => told.push(delivered) })
    pair.clock.advance(1_000)
    expect(told).toEqual(new Array(sent).fill(true))
    expect(pair.a.link.stats.lossOut).toBe(0)
  })

  it.each([
    ['of what was never sent', unreliable(200, undefined, { acknowledges: { newest: 5_000 } })],
    ['of messages that were never sent', unreliable(200, undefined, { progress: { reliable: 500, stream: 0 } })],
    ['of a stream that was never sent', unreliable(200, undefined, { progress: { reliable: 0, stream: 7 } })],
    ['that is cut off', Uint8Array.of(Flag.Acknowledges, 200, 0, 1, 0, 0, 0)],
    ['with a flag that has no meaning', Uint8Array.of(8, 200, 0)],
  ])('%s is a bad message', (_, message) => {
    const pair = quiet()
    pair.a.link.receive(1, message)
    expect(pair.a.rejections.length).toBe(1)
    expect(pair.a.link.connected).toBe(true)
  })

  it('that says everything arrived, again and again, gains nothing but an end', () => {
    const pair = quiet()
    pair.a.send('x'.repeat(400_000), 0, 2)
    for (let i = 0; i < 100 && !pair.a.end; i++) {
      pair.a.link.receive(1, unreliable(300 + i, undefined, { progress: { reliable: i * 40, stream: i * 40 } }))
    }
    expect(pair.a.end).toBe('protocol_error')
  })
})

describe('receipts', () => {
  it('tell what became of each packet, exactly once, whatever is lost in either direction', () => {
    const pair = quiet()
    const random = seededRandom(3)
    pair.weatherA.lose = () => randomUnit(random) < 0.2
    pair.weatherB.lose = () => randomUnit(random) < 0.3
    const told: boolean[][] = Array.from({ length: 1_000 }, () => [])
    for (const [i, list] of told.entries()) {
      pair.a.sendUnreliable(`${i}`, { receipt: (delivered) => list.push(delivered) })
      if (i % 3 === 0) pair.b.sendUnreliable('back')
      pair.clock.advance(5)
    }
    pair.clock.advance(3_000)
    expect(told.every((list) => list.length === 1)).toBe(true)
    const came = new Set(pair.b.texts.map(Number))
    const delivered = told.flatMap(([each], i) => (each ? [i] : []))
    expect(delivered.every((i) => came.has(i))).toBe(true)
    // One that came may be called lost, when all of many acknowledgements were lost: hardly ever.
    expect(delivered.length).toBeGreaterThan(came.size - 10)
  })

  it('come as soon as the acknowledgement does', () => {
    const pair = quiet({ latencyMs: 30 })
    const told: [boolean, number][] = []
    const start = pair.clock.now()
    pair.a.sendUnreliable('x', { receipt: (delivered) => told.push([delivered, pair.clock.now() - start]) })
    pair.clock.advance(60 + ACK_DELAY_MS)
    expect(told).toEqual([[true, 60 + ACK_DELAY_MS]])
  })

  it('of a packet of which nothing is heard come in time', () => {
    const pair = quiet()
    const told: [boolean, number][] = []
    pair.cut = true
    const start = pair.clock.now()
    pair.a.sendUnreliable('x', { receipt: (delivered) => told.push([delivered, pair.clock.now() - start]) })
    pair.clock.advance(3_000)
    expect(told.map(([delivered]) => delivered)).toEqual([false])
    expect(told[0]![1]).toBeGreaterThan(MAX_FLIGHT_MS)
    expect(told[0]![1]).toBeLessThanOrEqual(MAX_FLIGHT_MS + 500)
  })

  it.each(['close', 'fail', 'goodbye'] as const)('are told at a %s, of what is on its way and of what waits', (way) => {
    const pair = quiet()
    const told: boolean[] = []
    const receipt = (delivered: boolean) => told.push(delivered)
    pair.cut = true
    for (let i = 0; i < 100; i++) pair.a.queueUnreliable('x'.repeat(500), { receipt })
    if (way === 'close') pair.a.link.close()
    else if (way === 'fail') pair.a.link.fail('connection_lost')
    else void pair.a.link.goodbye(0)
    pair.clock.advance(1_000)
    expect(told).toEqual(new Array(100).fill(false))
    pair.a.sendUnreliable('late', { receipt })
    expect(told.length).toBe(101)
  })

  it('may send, flush and close', () => {
    const pair = quiet()
    const told: boolean[] = []
    pair.cut = true
    // The window is full, so these wait, and are dropped when they are old.
    for (let i = 0; i < 60; i++) {
      pair.a.queueUnreliable('x'.repeat(1_000), {
        receipt: (delivered) => {
          told.push(delivered)
          pair.a.sendUnreliable('again')
        },
      })
    }
    for (let i = 0; i < 300; i++) {
      pair.clock.advance(10)
      pair.a.sendUnreliable('tick')
    }
    expect(told).toEqual(new Array(60).fill(false))
    expect(pair.a.link.stats.bufferedBytes).toBeLessThan(5_000)
    pair.a.sendUnreliable('x', { receipt: () => pair.a.link.close() })
    pair.clock.advance(20_000)
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('that throw harm neither the link nor the remote', async () => {
    const uncaught: unknown[] = []
    const hear = (error: unknown) => uncaught.push(error)
    const before = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', hear)
    const pair = quiet()
    const oops = new Error('a bug of the game')
    for (let i = 0; i < 20; i++) {
      pair.a.sendUnreliable(`${i}`, {
        receipt: () => {
          throw oops
        },
      })
    }
    pair.clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
    process.removeListener('unhandledRejection', hear)
    for (const each of before) process.on('unhandledRejection', each)
    expect(uncaught).toEqual(new Array(20).fill(oops))
    expect(pair.a.rejections).toEqual([])
    expect(pair.a.link.connected).toBe(true)
  })
})

describe('figures from acknowledgements', () => {
  it('know the round trip without what the other side held it', () => {
    const pair = quiet({ latencyMs: 40 })
    for (let i = 0; i < 60; i++) {
      pair.a.sendUnreliable('x')
      pair.clock.advance(17)
    }
    expect(pair.a.link.stats.roundTripTimeMs).toBeCloseTo(80, 0)
  })

  it('know no queue on another way that is only longer than the one before', () => {
    const pair = quiet()
    const talk = () => {
      for (let i = 0; i < 30; i++) {
        pair.a.sendUnreliable('x')
        pair.b.sendUnreliable('x')
        pair.clock.advance(17)
      }
    }
    talk()
    pair.weatherA.delay = () => 80
    pair.breakChannels()
    pair.redial()
    talk()
    expect(pair.a.link.connected).toBe(true)
    expect(pair.a.link.stats.queueMs).toBeLessThan(5)
  })

  it('know no queue where there is none, also after somebody was frozen for long', () => {
    const pair = quiet()
    let frozen = true
    pair.weatherA.delay = () => (frozen ? 6_000 : 0)
    pair.a.sendUnreliable('x')
    for (let i = 0; i < 7; i++) {
      pair.b.send('alive')
      pair.a.send('alive')
      pair.clock.advance(1_000)
    }
    frozen = false
    for (let i = 0; i < 60; i++) {
      pair.a.sendUnreliable('x')
      pair.clock.advance(17)
    }
    expect(pair.a.link.stats.queueMs).toBeLessThan(5)
  })
})
