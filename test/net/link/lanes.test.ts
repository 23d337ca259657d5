import { describe, expect, it } from 'vitest'
import { LaneNames } from '../../../src/multiplayer/lane-names.ts'
import { MAX_MESSAGE } from '../../../src/net/link/constants.ts'
import { MessageWriter } from '../../../src/net/link/frames.ts'
import { BULK_LANE, CONTROL_LANE, GAMEPLAY_LANE, type LaneTable } from '../../../src/net/link/lane-table.ts'
import { Lanes } from '../../../src/net/link/lanes.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { LinkPair } from '../../support/link-pair.ts'
import { thrown } from '../../support/net-errors.ts'

/** Which lanes go how often, when `count` messages are filled. */
function shares(table: LaneTable, count: number, sizes: Readonly<Record<number, number>>): Map<number, number> {
  const lanes = new Lanes(table, () => {})
  const writer = new MessageWriter()
  const bytes = new Map<number, number>()
  writer.onFrame = (frame) => bytes.set(frame.lane, (bytes.get(frame.lane) ?? 0) + frame.bytes)
  for (let i = 0; i < count; i++) {
    for (const [lane, size] of Object.entries(sizes)) {
      while (lanes.waiting(Number(lane)) < 20_000) {
        lanes.add(Number(lane), { kind: Kind.Bytes, payload: new Uint8Array(size) })
      }
    }
    writer.start(0)
    lanes.fill(writer)
  }
  return bytes
}

describe('lanes', () => {
  it('of a smaller priority go first, and each keeps its order', () => {
    const pair = LinkPair.connected({ lanes: new Map([[3, { priority: 0 }]]) })
    for (let i = 0; i < 5; i++) {
      for (const lane of [BULK_LANE, GAMEPLAY_LANE, 3]) pair.a.queue(`${lane}.${i}`, 0, lane)
    }
    pair.a.link.flush()
    pair.clock.advance(100)
    const order = [3, GAMEPLAY_LANE, BULK_LANE].flatMap((lane) => [0, 1, 2, 3, 4].map((i) => `${lane}.${i}`))
    expect(pair.b.texts).toEqual(order)
  })

  it('of one priority share by weight, whatever the size of their packets', () => {
    const table = new Map([
      [1, { priority: 1, weight: 1 }],
      [2, { priority: 1, weight: 3 }],
    ])
    for (const sizes of [
      { 1: 100, 2: 100 },
      { 1: 30_000, 2: 20 },
      { 1: 20, 2: 30_000 },
    ]) {
      const bytes = shares(table, 400, sizes)
      // Small packets pay for their headers too.
      const [light, heavy] = [1, 2].map((lane) => bytes.get(lane)! * (1 + 4 / Math.min(1_000, sizes[lane as 1 | 2])))
      expect(heavy! / light!).toBeGreaterThan(2.7)
      expect(heavy! / light!).toBeLessThan(3.3)
    }
  })

  /** Two lanes of the same priority; `fill` sends one message and says whether there was something to send. */
  const equals = () => {
    const table = new Map([
      [1, { priority: 1 }],
      [2, { priority: 1 }],
    ])
    const lanes = new Lanes(table, () => {})
    const writer = new MessageWriter()
    const fill = () => {
      writer.start(0)
      return lanes.fill(writer)
    }
    return { lanes, fill }
  }

  it('that were idle have saved nothing up', () => {
    const { lanes, fill } = equals()
    lanes.add(1, { kind: Kind.Bytes, payload: new Uint8Array(1_000_000) })
    for (let i = 0; i < 500; i++) fill()
    lanes.add(2, { kind: Kind.Bytes, payload: new Uint8Array(1_000_000) })
    for (let i = 0; i < 100; i++) fill()
    const gone = 1_000_000 - lanes.waiting(2)
    expect(gone).toBeGreaterThan(45 * 1_100)
    expect(gone).toBeLessThan(55 * 1_150)
  })

  it('that were busy long ago owe nothing: each pause begins anew', () => {
    const { lanes, fill } = equals()
    lanes.add(1, { kind: Kind.Bytes, payload: new Uint8Array(1_000_000) })
    while (fill());
    for (const lane of [2, 1]) lanes.add(lane, { kind: Kind.Bytes, payload: new Uint8Array(500_000) })
    for (let i = 0; i < 100; i++) fill()
    expect(500_000 - lanes.waiting(1)).toBeGreaterThan(45 * 1_100)
    expect(500_000 - lanes.waiting(2)).toBeGreaterThan(45 * 1_100)
  })

  it('let a gameplay packet pass behind one piece of bulk at most', () => {
    const pair = LinkPair.connected()
    pair.a.send('b'.repeat(500_000), 0, BULK_LANE)
    const { sent } = pair.a.channels[0]!
    for (let i = 0; i < 50; i++) {
      pair.clock.advance(7)
      const before = sent.length
      pair.a.send(`gameplay ${i}`)
      const game = sent.slice(before).findIndex((message) => Buffer.from(message).includes(`gameplay ${i}`))
      expect(game).toBeGreaterThanOrEqual(0)
      expect(game).toBeLessThanOrEqual(1)
    }
    pair.clock.advance(5_000)
    const whole = pair.b.texts.findIndex((text) => text.length === 500_000)
    expect(whole).toBeGreaterThan(10)
  })

  it('let a small packet of an urgent lane pass a large one of a lesser lane on the same channel', () => {
    const lanes = new Lanes(
      new Map([
        [CONTROL_LANE, { priority: 0 }],
        [GAMEPLAY_LANE, { priority: 1 }],
      ]),
      () => {},
    )
    const writer = new MessageWriter()
    const next = () => {
      const heard: number[] = []
      writer.onFrame = ({ lane }) => heard.push(lane)
      writer.start(0)
      lanes.fill(writer)
      return heard
    }
    lanes.add(GAMEPLAY_LANE, { kind: Kind.Bytes, payload: new Uint8Array(10 * MAX_MESSAGE) })
    expect(next()).toEqual([GAMEPLAY_LANE])
    lanes.add(CONTROL_LANE, { kind: Kind.Bytes, payload: new Uint8Array(10) })
    expect(next()).toEqual([CONTROL_LANE, GAMEPLAY_LANE])
  })

  it('count what waits, down to nothing', () => {
    const table = new Map([
      [1, { priority: 1 }],
      [2, { priority: 2 }],
    ])
    const lanes = new Lanes(table, () => {})
    const writer = new MessageWriter()
    for (let i = 0; i < 3_000; i++) lanes.add(1 + (i % 2), { kind: 1, payload: new Uint8Array((i * 37) % 4_000) })
    while (lanes.packets > 0) {
      writer.start(0)
      expect(lanes.fill(writer)).toBe(true)
      expect(lanes.bytes).toBe(lanes.waiting(1) + lanes.waiting(2))
    }
    expect([lanes.bytes, lanes.waiting(1), lanes.waiting(2)]).toEqual([0, 0, 0])
  })
})

describe('names of lanes', () => {
  const refused = (lanes: ConstructorParameters<typeof LaneNames>[0]) => thrown(() => new LaneNames(lanes))

  it('are numbers on the wire, ours first', () => {
    const names = new LaneNames({ chat: { priority: 1 }, maps: { priority: 3, weight: 2 } })
    expect(['control', 'gameplay', 'bulk', 'chat', 'maps'].map((name) => names.numberOf(name))).toEqual([0, 1, 2, 3, 4])
    expect([0, 3, 4, 9].map((number) => names.nameOf(number))).toEqual(['control', 'chat', 'maps', '9'])
    expect(names.table.get(4)).toEqual({ priority: 3, weight: 2 })
  })

  it('that cannot be are refused with what to do', () => {
    expect(refused({ bulk: { priority: 1 } }).message).toContain('"bulk" is there already')
    for (const priority of [-1, 1.5, 256, Number.NaN])
      expect(refused({ x: { priority } }).message).toContain('0 to 255')
    for (const weight of [0, -1, 1_001, Number.NaN]) {
      expect(refused({ x: { priority: 1, weight } }).message).toContain('1 to 1,000')
    }
    const many = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`lane ${i}`, { priority: 1 }]))
    expect(refused(many).message).toContain('13 lanes beside ours')
    expect(thrown(() => new LaneNames({}).numberOf('chat')).message).toContain('There are: control, gameplay, bulk')
  })
})
