import { describe, expect, it } from 'vitest'
import { GOODBYE_TIMEOUT_MS, MAX_BAD_MESSAGES, MAX_RELIABLE_PACKET } from '../../../src/net/link/constants.ts'
import { GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { Goodbye, Kind } from '../../../src/net/link/wire.ts'
import { type Random, seededRandom } from '../../../src/net/random.ts'
import { LinkPair } from '../../support/link-pair.ts'
import { hello, packet, reliable, unreliable } from '../../support/wire.ts'

/** Whether a promise has resolved by now. */
async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  for (let i = 0; i < 5; i++) await Promise.resolve()
  return done
}

describe('a goodbye', () => {
  it('comes after everything that was sent before it, and is answered', async () => {
    const pair = LinkPair.connected({ modes: [2, 0, 2] })
    const sent = Array.from({ length: 300 }, (_, i) => `${i}`)
    for (const [i, text] of sent.entries()) pair.a.send(text, [0, 2, 4][i % 3])
    const goodbye = pair.a.link.goodbye(Goodbye.Left)
    pair.clock.advance(10)
    expect(pair.b.texts).toEqual(sent)
    expect(pair.b.end).toBe('left')
    expect(await settled(goodbye)).toBe(false)
    pair.clock.advance(10)
    expect(await settled(goodbye)).toBe(true)
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('ends the link only when it was heard on every reliable channel', async () => {
    const pair = LinkPair.connected({ modes: [2] })
    pair.a.channels[2]!.blocked = true
    pair.a.send('slow', 2)
    const goodbye = pair.a.link.goodbye(Goodbye.Left)
    pair.clock.advance(50)
    expect(pair.b.end).toBeUndefined()
    pair.a.channels[2]!.release()
    pair.clock.advance(20)
    expect(pair.b.texts).toEqual(['slow'])
    expect(pair.b.end).toBe('left')
    expect(await settled(goodbye)).toBe(true)
  })

  it('tells a peer that was kicked', () => {
    const pair = LinkPair.connected()
    void pair.a.link.goodbye(Goodbye.Kicked)
    pair.clock.advance(20)
    expect(pair.b.end).toBe('disconnected_by_remote')
    expect(pair.a.end).toBeUndefined()
  })

  it('from both sides at once ends both, quickly and without an event', async () => {
    const pair = LinkPair.connected()
    const goodbyes = [pair.a.link.goodbye(Goodbye.Left), pair.b.link.goodbye(Goodbye.Left)]
    pair.clock.advance(20)
    expect(await settled(Promise.all(goodbyes).then(() => {}))).toBe(true)
    expect([pair.a.end, pair.b.end]).toEqual([undefined, undefined])
    pair.clock.advance(20)
    expect(pair.clock.pendingTimers).toBe(0)
  })

  it('that nobody answers ends after its time', async () => {
    const pair = LinkPair.connected()
    pair.cut = true
    const goodbye = pair.a.link.goodbye(Goodbye.Left)
    pair.clock.advance(GOODBYE_TIMEOUT_MS - 1)
    expect(await settled(goodbye)).toBe(false)
    pair.clock.advance(1)
    expect(await settled(goodbye)).toBe(true)
    expect(pair.a.end).toBeUndefined()
  })

  it('before the link is connected is only a closing', async () => {
    const pair = new LinkPair()
    pair.a.openAll()
    expect(await settled(pair.a.link.goodbye(Goodbye.Left))).toBe(true)
    pair.a.link.receive(0, hello())
    expect(pair.a.told).toEqual([])
    expect(pair.a.channels[0]!.sent.length).toBe(1)
  })

  it('is resolved by a close, and by a failure of the channel', async () => {
    for (const cut of ['close', 'fail'] as const) {
      const pair = LinkPair.connected()
      const goodbye = pair.a.link.goodbye(Goodbye.Left)
      if (cut === 'close') pair.a.link.close()
      else pair.a.link.fail('connection_lost')
      expect(await settled(goodbye)).toBe(true)
      expect(pair.a.end).toBeUndefined()
      pair.b.link.close()
      pair.clock.advance(20)
      expect(pair.clock.pendingTimers).toBe(0)
    }
  })

  it('lets no packet through in either direction', () => {
    const pair = LinkPair.connected()
    void pair.a.link.goodbye(Goodbye.Left)
    pair.a.send('after the end')
    pair.a.sendUnreliable('after the end')
    pair.b.send('too late')
    pair.clock.advance(50)
    expect(pair.a.texts).toEqual([])
    expect(pair.b.texts).toEqual([])
  })

  it('is no use on an unreliable channel, nor with a wrong length', () => {
    const pair = LinkPair.connected()
    pair.b.link.receive(1, unreliable(50, [0], { kind: Kind.Goodbye }))
    pair.b.link.receive(0, reliable(Kind.Goodbye))
    pair.b.link.receive(0, reliable(Kind.Goodbye, [0, 0]))
    expect(pair.b.rejections.length).toBe(3)
    expect(pair.b.link.connected).toBe(true)
  })

  it('whose answer comes unasked does nothing', () => {
    const pair = LinkPair.connected()
    pair.b.link.receive(0, reliable(Kind.GoodbyeAck))
    expect(pair.b.link.connected).toBe(true)
  })
})

describe('bad messages', () => {
  it('are each counted and reported, and a few of them end the link', () => {
    const pair = LinkPair.connected()
    for (let i = 1; i < MAX_BAD_MESSAGES; i++) pair.b.link.receive(i % 2, Uint8Array.of(0xff))
    expect(pair.b.link.stats.rejected).toBe(MAX_BAD_MESSAGES - 1)
    pair.a.send('still fine')
    pair.clock.advance(20)
    expect(pair.b.texts).toEqual(['still fine'])
    pair.b.link.receive(0, Uint8Array.of(0xff))
    expect(pair.b.end).toBe('protocol_error')
    expect(pair.b.rejections.length).toBe(MAX_BAD_MESSAGES)
    pair.b.link.receive(0, Uint8Array.of(0xff))
    expect(pair.b.rejections.length).toBe(MAX_BAD_MESSAGES)
  })

  it('of the layer above count too', () => {
    const pair = LinkPair.connected()
    pair.b.react = (told) => {
      if (told.type === 'packet') pair.b.link.reject(new Error('not a value') as never)
    }
    for (let i = 0; i < MAX_BAD_MESSAGES; i++) pair.a.send('not a value')
    pair.clock.advance(20)
    expect(pair.b.end).toBe('protocol_error')
  })
})

describe('nothing is left behind', () => {
  const endings: Record<string, (pair: LinkPair) => void> = {
    'a goodbye': ({ a }) => void a.link.goodbye(Goodbye.Left),
    'an unanswered goodbye': (pair) => {
      pair.cut = true
      void pair.a.link.goodbye(Goodbye.Left)
      pair.b.link.close()
    },
    'a silence': (pair) => {
      pair.cut = true
    },
    'bad messages': ({ a, b }) => {
      for (let i = 0; i < MAX_BAD_MESSAGES; i++) a.link.receive(0, Uint8Array.of(0xff))
      b.link.fail('connection_lost')
    },
    'a failure': ({ a, b }) => {
      a.link.fail('connection_lost')
      b.link.fail('connection_lost')
    },
    'a closing': ({ a, b }) => {
      a.link.close()
      b.link.close()
    },
    'a full buffer': ({ a, b }) => {
      a.channels[0]!.blocked = true
      const payload = new Uint8Array(MAX_RELIABLE_PACKET)
      for (let i = 0; i < 3; i++) a.link.sendReliable(0, { kind: Kind.Bytes, payload }, GAMEPLAY_LANE)
      b.link.close()
    },
  }
  for (const [name, end] of Object.entries(endings)) {
    it(`by ${name}: no timer runs on, nothing more is told`, () => {
      const pair = LinkPair.connected()
      end(pair)
      pair.clock.advance(20_000)
      expect(pair.clock.pendingTimers).toBe(0)
      const told = pair.a.told.length + pair.b.told.length
      pair.a.link.fail('timeout')
      pair.b.link.receive(0, packet('late'))
      pair.b.link.opened(0)
      pair.b.link.drained(1)
      expect(pair.a.told.length + pair.b.told.length).toBe(told)
      expect([pair.a, pair.b].every((each) => each.told.filter(({ type }) => type === 'ended').length <= 1)).toBe(true)
    })
  }
})

it('takes any message in any state without a throw', () => {
  const random: Random = seededRandom(77)
  const message = () => {
    const bytes = Uint8Array.from({ length: random() % 12 }, () => random() & 0xff)
    // Most begin with a kind that exists.
    if (bytes.length > 0 && random() % 4 !== 0) bytes[0] = (random() % 9) | [0, 0x20, 0x40, 0x80, 0xc0][random() % 5]!
    return bytes
  }
  let ended = 0
  let pair = LinkPair.connected({ modes: [2, 1] })
  for (let i = 0; i < 20_000; i++) {
    pair.b.link.receive(random() % 4, message())
    if (random() % 16 === 0) pair.clock.advance(random() % 700)
    if (pair.b.end) {
      ended += 1
      pair = random() % 2 === 0 ? new LinkPair({ modes: [2, 1] }) : LinkPair.connected({ modes: [2, 1] })
      for (const port of [0, 1, 2]) pair.b.link.opened(port)
    }
    if (random() % 32 === 0) pair.b.link.opened(3)
    if (random() % 500 === 0) void pair.b.link.goodbye(Goodbye.Left)
    if (random() % 700 === 0) pair = LinkPair.connected({ modes: [2, 1] })
  }
  expect(ended).toBeGreaterThan(100)
})
