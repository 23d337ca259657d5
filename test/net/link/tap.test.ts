import { expect, it } from 'vitest'
import { BULK_LANE, GAMEPLAY_LANE } from '../../../src/net/link/lane-table.ts'
import type { TappedFrame } from '../../../src/net/link/tap.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { LinkPair } from '../../support/link-pair.ts'

it('hears of every frame, out at the sender and in at the receiver, with time, size, lane and mode', () => {
  const pair = LinkPair.connected({ modes: [2, 1] })
  const heard: { a: TappedFrame[]; b: TappedFrame[] } = { a: [], b: [] }
  const packets = ({ kind, direction }: TappedFrame, way: 'in' | 'out') => kind === Kind.Bytes && direction === way
  pair.a.link.tap = (frame) => heard.a.push(frame)
  pair.b.link.tap = (frame) => heard.b.push(frame)
  const start = pair.clock.now()
  pair.a.queue('one')
  pair.a.queue('on a channel', 2)
  pair.a.queueUnreliable('two', { ordered: true })
  pair.a.queueUnreliable('three', { port: 3 })
  pair.a.queue('x'.repeat(3_000), 0, BULK_LANE)
  pair.a.link.flush()
  pair.clock.advance(100)
  const out = heard.a.filter((frame) => packets(frame, 'out'))
  const common = { kind: Kind.Bytes, isPiece: false, lane: GAMEPLAY_LANE, direction: 'out', at: start }
  expect(out).toHaveLength(7)
  expect(out).toContainEqual({ ...common, bytes: 3, ordered: false, port: 0, reliable: true })
  expect(out).toContainEqual({ ...common, bytes: 12, ordered: false, port: 2, reliable: true })
  expect(out).toContainEqual({ ...common, bytes: 3, ordered: true, port: 1, reliable: false })
  expect(out).toContainEqual({ ...common, bytes: 5, ordered: false, port: 3, reliable: false })
  const bulk = out.filter(({ lane }) => lane === BULK_LANE)
  expect(bulk.map(({ isPiece }) => isPiece)).toEqual([true, true, true])
  // Each piece has a header of a byte, and the first the packet's size.
  expect(bulk.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(3_000 + 3 + 4)
  const came = heard.b.filter((frame) => packets(frame, 'in'))
  const key = ({ port, lane, bytes }: TappedFrame) => `${port} ${lane} ${bytes}`
  expect(came.map(key).sort()).toEqual(out.map(key).sort())
  expect(came.every(({ at }) => at === start + 10)).toBe(true)
})

it('is one listener, until it is taken away', () => {
  const pair = LinkPair.connected()
  let [first, second] = [0, 0]
  pair.a.link.tap = () => {
    first += 1
  }
  pair.a.link.tap = () => {
    second += 1
  }
  pair.a.send('x')
  expect([first, second]).toEqual([0, 1])
  pair.a.link.tap = undefined
  pair.a.send('x')
  pair.clock.advance(2_000)
  expect(second).toBe(1)
})

it('may send and flush, and is not heard in the midst of a message', () => {
  const pair = LinkPair.connected()
  let n = 0
  pair.a.link.tap = ({ kind, direction }) => {
    if (kind !== Kind.Bytes || direction !== 'out' || n >= 20) return
    pair.a.queue(`echo ${n}`)
    pair.a.queueUnreliable(`unreliable echo ${n++}`)
    pair.a.link.flush()
  }
  for (let i = 0; i < 5; i++) pair.a.queue(`${i}`)
  pair.a.link.flush()
  pair.clock.advance(200)
  expect(pair.b.rejections).toEqual([])
  expect(pair.b.texts.length).toBe(5 + 2 * n)
})
