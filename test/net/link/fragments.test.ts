import { describe, expect, it } from 'vitest'
import {
  MAX_BAD_MESSAGES,
  MAX_LANES,
  MAX_MESSAGE,
  MAX_RELIABLE_PACKET,
  MAX_SIGNAL,
  MAX_UNFINISHED_BYTES,
  MAX_UNFINISHED_BYTES_IN_ALL,
  MAX_UNFINISHED_UNRELIABLE,
  UNFINISHED_TIMEOUT_MS,
} from '../../../src/net/link/constants.ts'
import { Joiner, UnfinishedBudget } from '../../../src/net/link/joiner.ts'
import { BULK_LANE, GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import { FIRST_PIECE, Kind, LAST_PIECE } from '../../../src/net/link/wire.ts'
import { LinkPair } from '../../support/link-pair.ts'
import { packet, piece, u32, unreliablePiece } from '../../support/wire.ts'

/** Text of `length` characters in which every place can be told from its neighbours. */
function text(length: number): string {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff)).toString('latin1')
}

describe('a reliable packet', () => {
  const borders = [0, 1, 1_140, 1_141, 1_142, 1_145, 1_146, 1_147, 2 * 1_141, 2 * 1_146, 65_535, 65_536, 200_000]
  for (const [name, lane] of [
    ['gameplay', GAMEPLAY_LANE],
    ['bulk', BULK_LANE],
  ] as const) {
    it.each(borders)(`of %i bytes in the lane ${name} arrives whole, in messages of bounded size`, (length) => {
      const pair = LinkPair.connected()
      pair.a.queue(text(length), 0, lane)
      pair.a.queue('next', 0, lane)
      pair.a.link.flush()
      pair.clock.advance(2_000)
      expect(pair.b.texts.map((each) => each.length)).toEqual([length, 4])
      expect(pair.b.texts[0] === text(length)).toBe(true)
      expect(Math.max(...pair.a.channels[0]!.sent.map((message) => message.length))).toBeLessThanOrEqual(MAX_MESSAGE)
    })
  }

  it('of 64 MiB arrives whole, with progress on both sides', () => {
    const budget = new UnfinishedBudget()
    const progress: number[] = []
    const joiner = new Joiner(budget, (_lane, bytes) => progress.push(bytes))
    const content = new Uint8Array(1_100).fill(5)
    let whole: Uint8Array | undefined
    for (let at = 0; at < MAX_RELIABLE_PACKET; at += content.length) {
      const part = content.subarray(0, Math.min(content.length, MAX_RELIABLE_PACKET - at))
      const last = at + part.length === MAX_RELIABLE_PACKET
      const header = at === 0 ? [FIRST_PIECE, ...u32(MAX_RELIABLE_PACKET)] : [last ? LAST_PIECE : 0]
      const message = new Uint8Array(header.length + part.length)
      message.set(header)
      message.set(part, header.length)
      whole = joiner.add(1, Kind.Bytes, message)
    }
    expect(whole?.length).toBe(MAX_RELIABLE_PACKET)
    expect(progress.length).toBe(MAX_RELIABLE_PACKET / 65_536)
    expect(budget.bytes).toBe(0)
  })

  it('tells its progress on both sides, up to the whole', () => {
    const pair = LinkPair.connected()
    pair.a.send(text(300_000), 0, BULK_LANE)
    pair.clock.advance(3_000)
    for (const [end, direction] of [
      [pair.a, 'out'],
      [pair.b, 'in'],
    ] as const) {
      const told = end.told.filter((each) => each.type === 'progress')
      expect(told.every((each) => each.direction === direction && each.totalBytes === 300_000)).toBe(true)
      expect(told.map(({ bytes }) => Math.floor(bytes / 65_536))).toEqual([1, 2, 3, 4, 4])
      expect(told.at(-1)!.bytes).toBe(300_000)
    }
  })

  it('does not mix with packets of other lanes and channels whose pieces come in between', () => {
    const { b } = LinkPair.connected({ modes: [2] })
    for (const [port, lane] of [
      [0, 1],
      [0, 2],
      [0, 9],
      [2, 1],
    ] as const) {
      b.link.receive(port, piece(`${port}${lane}a`, { total: 9, lane }))
    }
    b.link.receive(0, packet('whole'))
    for (const [port, lane] of [
      [2, 1],
      [0, 9],
      [0, 2],
      [0, 1],
    ] as const) {
      b.link.receive(port, piece(`${port}${lane}b`, { lane }))
      b.link.receive(port, piece(`${port}${lane}c`, { last: true, lane }))
    }
    expect(b.texts).toEqual(['whole', '21a21b21c', '09a09b09c', '02a02b02c', '01a01b01c'])
    expect(b.rejections).toEqual([])
  })
})

describe('pieces that do not fit are refused once, and the next packet is not lost', () => {
  const cases: Record<string, readonly Uint8Array[]> = {
    'more than was said': [piece('abc', { total: 4 }), piece('de'), piece('f', { last: true })],
    'less than was said': [piece('abc', { total: 9 }), piece('de', { last: true })],
    'all that was said, and it goes on': [piece('abc', { total: 5 }), piece('de'), piece('f', { last: true })],
    'a changed kind': [piece('abc', { total: 9 }), piece('def', { kind: Kind.Value }), piece('ghi', { last: true })],
    'no first piece': [piece('abc'), piece('def'), piece('ghi', { last: true })],
    'a first piece in the midst': [piece('a', { total: 9 }), piece('abc', { total: 9 }), piece('ghi', { last: true })],
    'an empty piece': [piece('abc', { total: 9 }), piece(''), piece('defghi', { last: true })],
    'an empty packet': [piece('', { total: 0, last: true })],
    'more than is possible': [piece('abc', { total: MAX_RELIABLE_PACKET + 1 }), piece('d'), piece('e', { last: true })],
    'a signal of more than it takes': [piece('[', { total: MAX_SIGNAL + 1, kind: Kind.Signal })],
  }
  for (const [name, messages] of Object.entries(cases)) {
    it(name, () => {
      const { b } = LinkPair.connected()
      for (const message of messages) b.link.receive(0, message)
      b.link.receive(0, piece('ne', { total: 4 }))
      b.link.receive(0, piece('xt', { last: true }))
      expect(b.rejections.length).toBe(1)
      expect(b.texts).toEqual(['next'])
    })
  }
})

describe('floods of unfinished packets', () => {
  it('cost no memory by what they claim: what is kept follows what came', () => {
    const budget = new UnfinishedBudget()
    const joiner = new Joiner(budget, () => {})
    for (let lane = 0; lane < MAX_LANES; lane++) {
      joiner.add(lane, Kind.Bytes, Uint8Array.of(FIRST_PIECE, ...u32(MAX_RELIABLE_PACKET), 1))
    }
    expect(budget.bytes).toBe(MAX_LANES * 64 * 1024)
    expect(() => joiner.add(99, Kind.Bytes, Uint8Array.of(FIRST_PIECE, ...u32(9), 1))).toThrow('16 lanes')
    joiner.clear()
    expect(budget.bytes).toBe(0)
  })

  it('end the link at the limit of one peer, over all of its channels together, and give all back', () => {
    const pair = LinkPair.connected({ modes: [2, 2] })
    const content = new Uint8Array(1_100)
    const more = piece(content)
    let sent = 0
    for (const port of [0, 2, 3]) {
      pair.b.link.receive(port, piece(content, { total: MAX_RELIABLE_PACKET }))
      for (let i = 1; i < 61_000 && !pair.b.end; i++, sent += content.length) pair.b.link.receive(port, more)
    }
    expect(pair.b.end).toBe('buffer_overflow')
    expect(sent).toBeGreaterThan(MAX_UNFINISHED_BYTES / 2)
    expect(sent).toBeLessThanOrEqual(MAX_UNFINISHED_BYTES)
  })

  it('of one peer leave the others their part of what all may take', () => {
    const all = new UnfinishedBudget()
    const [one, other] = [new UnfinishedBudget(all), new UnfinishedBudget(all)]
    expect(() => one.take(MAX_UNFINISHED_BYTES + 1)).toThrow('Unfinished packets')
    one.take(MAX_UNFINISHED_BYTES)
    expect(() => one.take(1)).toThrow('Unfinished packets')
    other.take(MAX_UNFINISHED_BYTES)
    const more = Array.from({ length: 3 }, () => new UnfinishedBudget(all))
    more[0]!.take(MAX_UNFINISHED_BYTES)
    more[1]!.take(MAX_UNFINISHED_BYTES)
    expect(() => more[2]!.take(1)).toThrow('Unfinished packets')
    one.give(MAX_UNFINISHED_BYTES)
    expect([one.bytes, all.bytes, more[2]!.bytes]).toEqual([0, MAX_UNFINISHED_BYTES_IN_ALL - MAX_UNFINISHED_BYTES, 0])
    more[2]!.take(1)
  })
})

describe('an unreliable packet', () => {
  const sizes = [0, 1, 1_125, 1_128, 1_129, 1_130, 2_250, 2_251, 16_000]
  it.each(sizes)('of %i bytes arrives whole, in messages of bounded size', (length) => {
    const pair = LinkPair.connected()
    pair.a.sendUnreliable(text(length), { ordered: true })
    pair.a.sendUnreliable('next', { ordered: true })
    pair.clock.advance(200)
    expect(pair.b.texts.map((each) => each.length)).toEqual([length, 4])
    expect(pair.b.texts[0] === text(length)).toBe(true)
    expect(Math.max(...pair.a.channels[1]!.sent.map((message) => message.length))).toBeLessThanOrEqual(MAX_MESSAGE)
  })

  it('is lost with any one of its pieces, silently, and alone', () => {
    for (let lost = 0; lost < 4; lost++) {
      const pair = LinkPair.connected()
      let n = 0
      pair.weatherA.lose = () => n++ === lost
      const receipts: boolean[] = []
      pair.a.sendUnreliable(text(4_000), { receipt: (delivered) => receipts.push(delivered) })
      pair.a.sendUnreliable('next')
      pair.clock.advance(2_000)
      expect(pair.b.texts).toEqual(['next'])
      expect(pair.b.rejections).toEqual([])
      expect(receipts).toEqual([false])
    }
  })

  const part = (sequence: number, packet: number, index: number, count: number, content = `${index}`) =>
    unreliablePiece(sequence, { packet, index, count }, content)

  it('is put together in any order, once, whatever comes twice', () => {
    const { b } = LinkPair.connected()
    for (const [i, index] of [2, 0, 2, 1, 0, 1, 2].entries()) b.link.receive(1, part(100 + i, 7, index, 3))
    expect(b.texts).toEqual(['012'])
    expect(b.rejections).toEqual([])
  })

  it('is forgotten when the rest does not come in time', () => {
    const pair = LinkPair.connected()
    pair.b.link.receive(1, part(100, 7, 0, 2, 'old'))
    pair.clock.advance(UNFINISHED_TIMEOUT_MS + 1)
    pair.b.link.receive(1, part(101, 7, 1, 2, 'new'))
    pair.b.link.receive(1, part(102, 7, 0, 2, 'a'))
    expect(pair.b.texts).toEqual(['anew'])
  })

  it('waits beside so many others at most: the oldest goes', () => {
    const { b } = LinkPair.connected()
    for (let id = 0; id <= MAX_UNFINISHED_UNRELIABLE; id++) b.link.receive(1, part(100 + id, id, 0, 2))
    for (let id = 1; id <= MAX_UNFINISHED_UNRELIABLE; id++) b.link.receive(1, part(200 + id, id, 1, 2))
    expect(b.texts.length).toBe(MAX_UNFINISHED_UNRELIABLE)
    b.link.receive(1, part(300, 0, 1, 2))
    expect(b.texts.length).toBe(MAX_UNFINISHED_UNRELIABLE)
  })

  it.each([
    ['an index beyond the count', [part(100, 7, 3, 3)]],
    ['no content', [part(100, 7, 0, 3, '')]],
    ['a changed count', [part(100, 7, 0, 3), part(101, 7, 1, 4)]],
    ['a changed kind', [part(100, 7, 0, 3), unreliablePiece(101, { packet: 7, index: 1, count: 3, kind: 0 }, 'x')]],
  ])('with %s is refused', (_, messages) => {
    const { b } = LinkPair.connected()
    for (const message of messages) b.link.receive(1, message)
    expect(b.rejections.length).toBe(1)
    expect(b.texts).toEqual([])
  })

  it('of nothing but wrong pieces ends the link', () => {
    const { b } = LinkPair.connected()
    for (let i = 0; i < MAX_BAD_MESSAGES; i++) b.link.receive(1, part(100 + i, i, 3, 2))
    expect(b.end).toBe('protocol_error')
  })
})
