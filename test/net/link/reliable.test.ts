import { describe, expect, it } from 'vitest'
import {
  MAX_BAD_MESSAGES,
  MAX_FRAGMENT,
  MAX_FRAGMENTS,
  MAX_RELIABLE_BUFFERED,
  MAX_RELIABLE_PACKET,
  RELIABLE_HIGH_WATER,
} from '../../../src/net/link/constants.ts'
import { reliableMessages } from '../../../src/net/link/messages.ts'
import { Kind, MORE } from '../../../src/net/link/wire.ts'
import { type End, LinkPair } from '../../support/link-pair.ts'

/** Text of `length` characters in which every place can be told from its neighbours. */
function text(length: number): string {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff)).toString('latin1')
}

function fragment(end: End, length: number, { more = true, port = 0 } = {}): void {
  end.link.receive(port, new Uint8Array(1 + length).fill(7).fill(more ? Kind.Bytes | MORE : Kind.Bytes, 0, 1))
}

describe('reliable packets', () => {
  it.each([0, 1, MAX_FRAGMENT - 2, MAX_FRAGMENT - 1, MAX_FRAGMENT, 2 * (MAX_FRAGMENT - 1), MAX_RELIABLE_PACKET])(
    'of %i bytes arrive whole, in messages of bounded size, and the next after them',
    (length) => {
      const pair = LinkPair.connected()
      const before = pair.a.channels[0]!.sent.length
      pair.a.send(text(length))
      pair.a.send('next')
      pair.clock.advance(20)
      expect(pair.b.texts.map((each) => each.length)).toEqual([length, 4])
      expect(pair.b.texts[0] === text(length)).toBe(true)
      const messages = pair.a.channels[0]!.sent.slice(before, -1)
      expect(Math.max(...messages.map((message) => message.length))).toBeLessThanOrEqual(MAX_FRAGMENT)
      expect(messages.length).toBe(Math.max(1, Math.ceil(length / (MAX_FRAGMENT - 1))))
    },
  )

  it('stay apart on different channels, when their fragments and control messages come mixed', () => {
    const pair = LinkPair.connected({ modes: [2] })
    const { b } = pair
    const first = reliableMessages(Kind.Bytes, Buffer.from(text(40_000), 'latin1'))
    const second = reliableMessages(Kind.Bytes, Buffer.from(`!${text(39_999)}`, 'latin1'))
    for (const [i, message] of first.entries()) {
      b.link.receive(0, message)
      b.link.receive(1, Uint8Array.of(Kind.Ping, i, 100, i, 0, 0))
      b.link.receive(2, second[i]!)
    }
    expect(b.texts).toEqual([text(40_000), `!${text(39_999)}`])
    expect(b.rejections).toEqual([])
  })

  it('count what went through', () => {
    const pair = LinkPair.connected()
    const { bytesIn, packetsIn } = pair.b.link.stats
    pair.a.send(text(40_000))
    pair.clock.advance(20)
    expect(pair.a.link.stats.packetsOut).toBe(1)
    expect(pair.b.link.stats.packetsIn - packetsIn).toBe(1)
    expect(pair.b.link.stats.bytesIn - bytesIn).toBe(40_003)
  })
})

describe('a packet that breaks the rules is refused once, and the next one is not lost', () => {
  const full = MAX_FRAGMENT - 1

  it('one byte more than allowed', () => {
    const { b } = LinkPair.connected()
    for (let sent = 0; sent < MAX_RELIABLE_PACKET; sent += full) fragment(b, Math.min(full, MAX_RELIABLE_PACKET - sent))
    fragment(b, 1, { more: false })
    b.link.receive(0, Buffer.from('\x01next'))
    expect(b.rejections).toEqual([`A packet of more than ${MAX_RELIABLE_PACKET} bytes.`])
    expect(b.texts).toEqual(['next'])
  })

  it('much more than allowed: its rest is skipped', () => {
    const { b } = LinkPair.connected()
    for (let i = 0; i < 100; i++) fragment(b, full)
    fragment(b, full, { more: false })
    b.link.receive(0, Buffer.from('\x01next'))
    expect(b.rejections.length).toBe(1)
    expect(b.texts).toEqual(['next'])
  })

  it('an empty fragment: the rest of its packet is skipped too', () => {
    const { b } = LinkPair.connected()
    fragment(b, 3)
    fragment(b, 0)
    fragment(b, 5, { more: false })
    b.link.receive(0, Buffer.from('\x01next'))
    expect(b.rejections).toEqual(['An empty fragment.'])
    expect(b.texts).toEqual(['next'])
  })

  it('a crowd of tiny fragments', () => {
    const { b } = LinkPair.connected()
    for (let i = 0; i <= MAX_FRAGMENTS; i++) fragment(b, 1)
    fragment(b, 1, { more: false })
    b.link.receive(0, Buffer.from('\x01next'))
    expect(b.rejections).toEqual([`A packet in more than ${MAX_FRAGMENTS} fragments.`])
    expect(b.texts).toEqual(['next'])
  })

  it('an empty message, and a header that does not exist', () => {
    const { b } = LinkPair.connected()
    b.link.receive(0, new Uint8Array(0))
    b.link.receive(0, Uint8Array.of(0x20 | Kind.Bytes, 1))
    b.link.receive(0, Uint8Array.of(0x40 | Kind.Bytes, 1))
    expect(b.rejections).toEqual([
      'An empty message.',
      'A reliable message began with 33.',
      'A reliable message began with 65.',
    ])
    expect(b.link.connected).toBe(true)
  })
})

it('a packet that never ends is reported for each megabyte, and ends the link', () => {
  const { b } = LinkPair.connected()
  let sent = 0
  while (!b.end && sent < 100 * MAX_RELIABLE_PACKET) {
    fragment(b, MAX_FRAGMENT - 1)
    sent += MAX_FRAGMENT - 1
  }
  expect(b.end).toBe('protocol_error')
  expect(b.rejections.length).toBe(MAX_BAD_MESSAGES)
  expect(sent).toBeLessThan((MAX_BAD_MESSAGES + 1) * MAX_RELIABLE_PACKET)
})

describe('a remote that does not take what is sent', () => {
  it('is seen in `ready` and `bufferedBytes`, and gets everything in the end', () => {
    const pair = LinkPair.connected()
    const [channel] = pair.a.channels
    channel!.blocked = true
    for (let i = 0; i * 16_000 < RELIABLE_HIGH_WATER; i++) {
      expect(pair.a.link.ready).toBe(true)
      pair.a.send(text(16_000))
    }
    expect(pair.a.link.ready).toBe(false)
    expect(pair.a.link.stats.bufferedBytes).toBeGreaterThanOrEqual(RELIABLE_HIGH_WATER)
    channel!.release()
    pair.clock.advance(20)
    expect(pair.a.link.ready).toBe(true)
    expect(pair.b.texts.length).toBe(17)
  })

  it('is given up at the limit, without a throw at the sender', () => {
    const pair = LinkPair.connected()
    pair.a.channels[0]!.blocked = true
    const payload = text(MAX_RELIABLE_PACKET)
    for (let i = 0; i < MAX_RELIABLE_BUFFERED / MAX_RELIABLE_PACKET - 1; i++) pair.a.send(payload)
    expect(pair.a.end).toBeUndefined()
    pair.a.send(payload)
    expect(pair.a.end).toBe('buffer_overflow')
    expect(() => pair.a.send('more')).not.toThrow()
    expect(pair.a.told.filter((told) => told.type === 'ended').length).toBe(1)
  })

  it('because its channel is closed: the connection is lost', () => {
    const pair = LinkPair.connected()
    pair.a.channels[0]!.broken = true
    pair.a.send('hello?')
    expect(pair.a.end).toBe('connection_lost')
  })
})
