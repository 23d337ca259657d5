import { describe, expect, it } from 'vitest'
import { MAX_MESSAGE } from '../../../src/net/link/constants.ts'
import { FrameReader, MessageWriter } from '../../../src/net/link/frames.ts'
import { BULK_LANE, CONTROL_LANE, GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { HAS_LANE, Kind, LAST, PIECE } from '../../../src/net/link/wire.ts'
import { LinkPair } from '../../support/link-pair.ts'

/** The messages that `act` makes `pair.a` hand over on a channel. */
function handedOver(pair: LinkPair, port: number, act: () => void): Uint8Array[] {
  const { sent } = pair.a.channels[port]!
  const before = sent.length
  act()
  return sent.slice(before)
}

describe('packets of one flush', () => {
  it('travel in one message, reliable and unreliable ones each in theirs', () => {
    const pair = LinkPair.connected()
    const texts = Array.from({ length: 30 }, (_, i) => `packet ${i}`)
    for (const [port, queue] of [
      [0, (text: string) => pair.a.queue(text)],
      [1, (text: string) => pair.a.queueUnreliable(text)],
    ] as const) {
      const messages = handedOver(pair, port, () => {
        for (const text of texts) queue(text)
        pair.a.link.flush()
      })
      expect(messages.length).toBe(1)
    }
    pair.clock.advance(10)
    expect(pair.b.texts).toEqual([...texts, ...texts])
  })

  it('fill messages up to the limit, and not beyond', () => {
    const pair = LinkPair.connected()
    for (const [port, queue] of [
      [0, (text: string) => pair.a.queue(text)],
      [1, (text: string) => pair.a.queueUnreliable(text)],
    ] as const) {
      const messages = handedOver(pair, port, () => {
        for (let i = 0; i < 70; i++) queue('x'.repeat(100))
        pair.a.link.flush()
      })
      expect(messages.length).toBe(Math.ceil((70 * 102) / (MAX_MESSAGE - 102)))
      for (const { length } of messages) expect(length).toBeLessThanOrEqual(MAX_MESSAGE)
      for (const { length } of messages.slice(0, -1)) expect(length).toBeGreaterThan(MAX_MESSAGE - 110)
    }
  })

  it('wait for the flush, but not where a message is full', () => {
    const pair = LinkPair.connected()
    expect(handedOver(pair, 0, () => pair.a.queue('reliable'))).toEqual([])
    expect(handedOver(pair, 1, () => pair.a.queueUnreliable('unreliable '.repeat(3)))).toEqual([])
    expect(handedOver(pair, 1, () => pair.a.queueUnreliable('x'.repeat(1_120))).length).toBe(1)
    expect(handedOver(pair, 0, () => pair.a.link.flush()).length).toBe(1)
  })
})

describe('the header of a frame', () => {
  const payload = (length: number) => new Uint8Array(length).fill(7)
  const written = (write: (writer: MessageWriter) => void) => {
    const writer = new MessageWriter()
    writer.start(0)
    write(writer)
    return writer.finish().slice()
  }

  it.each([
    ['1 byte at the end of a message', GAMEPLAY_LANE, 20, [Kind.Bytes | LAST]],
    ['2 bytes with a lane at the end of a message', BULK_LANE, 20, [Kind.Bytes | LAST | HAS_LANE, BULK_LANE]],
  ])('takes %s', (_, lane, length, header) => {
    const message = written((writer) => writer.laneFrame(Kind.Bytes, lane, payload(length)))
    expect([...message]).toEqual([...header, ...payload(length)])
  })

  it.each([
    ['2 bytes', GAMEPLAY_LANE, 127, [Kind.Bytes, 127]],
    ['3 bytes from 128 bytes on', GAMEPLAY_LANE, 128, [Kind.Bytes, 0x80, 1]],
    ['3 bytes with a lane', CONTROL_LANE, 127, [Kind.Bytes | HAS_LANE, CONTROL_LANE, 127]],
    ['4 bytes with a lane from 128 bytes on', CONTROL_LANE, 300, [Kind.Bytes | HAS_LANE, CONTROL_LANE, 0xac, 2]],
  ])('takes %s before another frame', (_, lane, length, header) => {
    const message = written((writer) => {
      writer.laneFrame(Kind.Bytes, lane, payload(length))
      writer.laneFrame(Kind.Value, GAMEPLAY_LANE, payload(0))
    })
    expect([...message]).toEqual([...header, ...payload(length), Kind.Value | LAST])
  })

  it('is read as it was written, for every size of a frame and of its neighbour', () => {
    const reader = new FrameReader(true)
    for (const first of [0, 1, 47, 48, 126, 127, 128, 129, 500, 1_000]) {
      for (const second of [0, 1, 127, 128, 140]) {
        const message = written((writer) => {
          writer.laneFrame(Kind.Value, 9, payload(first))
          writer.laneFrame(Kind.Bytes, GAMEPLAY_LANE, payload(second))
        })
        reader.open(message, 0)
        const read = []
        while (reader.next()) read.push([reader.kind, reader.lane, reader.isPiece, reader.payload.length])
        expect(read).toEqual([
          [Kind.Value, 9, false, first],
          [Kind.Bytes, GAMEPLAY_LANE, false, second],
        ])
      }
    }
  })

  it.each([
    ['a bit that has no meaning', [0x10]],
    ['no length', [Kind.Bytes]],
    ['half a length', [Kind.Bytes, 0x80]],
    ['a length of three bytes', [Kind.Bytes, 0x80, 0x80, 1]],
    ['a length beyond the message', [Kind.Bytes, 3, 1, 2]],
    ['no lane', [Kind.Bytes | HAS_LANE | LAST]],
    ['no lane and no length', [Kind.Bytes | HAS_LANE]],
    ['a piece without its header', [Kind.Bytes | PIECE | LAST]],
    ['a first piece with half a size', [Kind.Bytes | PIECE | LAST, 1, 9, 9]],
  ])('with %s is refused, and what came before it in the message counts', (_, bytes) => {
    const { b } = LinkPair.connected()
    b.link.receive(0, Uint8Array.of(Kind.Bytes, 4, ...Buffer.from('good'), ...bytes))
    expect(b.texts).toEqual(['good'])
    expect(b.rejections.length).toBe(1)
    expect(b.link.connected).toBe(true)
  })
})

it('a message of more than one packet of the network is refused on every channel', () => {
  const pair = LinkPair.connected({ modes: [2, 0] })
  for (const port of [0, 1, 2, 3]) pair.b.link.receive(port, new Uint8Array(MAX_MESSAGE + 1).fill(Kind.Bytes | LAST))
  pair.b.link.receiveBulk(new Uint8Array(MAX_MESSAGE + 1).fill(Kind.Stream | LAST))
  expect(pair.b.rejections).toEqual(new Array(5).fill('A message of 1151 bytes; 1150 are possible.'))
  expect(pair.b.texts).toEqual([])
})

it('a packet for many peers is one object for all of them: it is encoded once', () => {
  const pairs = Array.from({ length: 8 }, () => LinkPair.connected())
  let read = 0
  const payload = new Proxy(new Uint8Array(8).fill(65), {
    get(target, name) {
      if (name === 'length') read += 1
      const value: unknown = Reflect.get(target, name, target)
      return value
    },
  })
  const packet = { kind: Kind.Bytes, payload }
  for (const { a } of pairs) {
    a.link.sendReliable(0, packet, GAMEPLAY_LANE)
    a.link.sendUnreliable(1, packet, false)
    a.link.flush()
  }
  for (const { clock, b } of pairs) {
    clock.advance(10)
    expect(b.texts).toEqual(['AAAAAAAA', 'AAAAAAAA'])
  }
  expect(read).toBeGreaterThan(0)
})
