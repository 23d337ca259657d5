import { afterEach, describe, expect, it } from 'vitest'
import { BulkConnection } from '../../src/multiplayer/bulk-connection.ts'
import {
  BULK_PATIENCE_MS,
  BULK_REDIAL_MS,
  CONNECT_TIMEOUT_MS,
  MAX_BULK_ATTEMPTS,
} from '../../src/multiplayer/constants.ts'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../src/multiplayer/room-types.ts'
import type {
  ConnectionConfiguration,
  DriverChannel,
  DriverConnection,
  WebRTCDriver,
} from '../../src/net/drivers/driver.ts'
import { NetError } from '../../src/net/errors.ts'
import { BULK_STALL_MS } from '../../src/net/link/constants.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { expectCleanLeave } from '../support/clean-leave.ts'

let network: SimulatedNetwork
let rooms: Room[] = []

/** A driver whose connections can be counted, closed and forbidden. */
class Watched {
  readonly connections: DriverConnection[] = []
  readonly #bulk: DriverChannel[] = []
  /** No more can be made. */
  forbidden = false
  /** They find no way to each other. */
  lost = false
  readonly driver: WebRTCDriver

  constructor(driver: WebRTCDriver) {
    this.driver = {
      ...driver,
      createConnection: (...args) => {
        if (this.forbidden) throw new Error('no more connections')
        const connection = driver.createConnection(...args)
        if (this.lost) connection.addIceCandidate = () => {}
        this.connections.push(connection)
        const createDataChannel = connection.createDataChannel.bind(connection)
        connection.createDataChannel = (label, options) => {
          const channel = createDataChannel(label, options)
          if (label === 'bulk') this.#bulk.push(channel)
          return channel
        }
        return connection
      },
    }
  }

  /** What is sent on bulk connections goes nowhere from now on. */
  swallow(): void {
    for (const channel of this.#bulk) channel.send = () => {}
  }
}

async function two(options: Partial<JoinRoomOptions> = {}, conditions = { latencyMs: 20 }) {
  network = new SimulatedNetwork({ seed: 3, ...conditions })
  const watched: Watched[] = []
  const enter = async (name: string, room?: string) => {
    const peer = network.peerOptions(name)
    const watch = new Watched(peer.driver)
    watched.push(watch)
    const entered = await network.until(joinRoom({ ...peer, driver: watch.driver, ...(room && { room }), ...options }))
    rooms.push(entered)
    return entered
  }
  const a = await enter('a')
  const b = await enter('b', a.code)
  await network.until(() => a.peers.length === 1 && b.peers.length === 1)
  // Those of the way in.
  for (const { connections } of watched) connections.length = 0
  const heard = (room: Room) => {
    const values: unknown[] = []
    room.on('packet', (value) => values.push(value instanceof Uint8Array ? value.length : value))
    return values
  }
  const errors: NetError[] = []
  const gone: unknown[] = []
  for (const room of [a, b]) {
    room.on('error', (error) => errors.push(error))
    room.on('peerDisconnected', (_id, reason) => gone.push(reason))
  }
  const route = (room: Room) => room.stats(room.peers[0]!).bulkRoute
  return { a, b, watched: watched as [Watched, Watched], heardA: heard(a), heardB: heard(b), errors, gone, route }
}

const level = (size = 300_000) => new Uint8Array(size)

afterEach(() => expectCleanLeave(network, rooms, CONNECT_TIMEOUT_MS + 2_000))

describe('bulk', () => {
  it.each([0, 1])('gets a connection of its own when it is first sent, from either side (%i)', async (first) => {
    const { a, b, watched, heardA, heardB, route, errors } = await two()
    const [sender, heard] = first === 0 ? [a, heardB] : [b, heardA]
    await network.run(1_000)
    expect([route(a), route(b)]).toEqual(['shared', 'shared'])
    expect(watched.map(({ connections }) => connections.length)).toEqual([0, 0])
    for (let i = 0; i < 3; i++) sender.sendBytes(level())
    sender.send('after')
    await network.until(() => heard.length === 4)
    expect(heard).toEqual(['after', 300_000, 300_000, 300_000])
    await network.until(() => route(a) === 'own' && route(b) === 'own')
    for (const room of [a, b]) room.sendBytes(level())
    await network.run(5_000)
    expect(watched.map(({ connections }) => connections.length)).toEqual([1, 1])
    expect(errors).toEqual([])
  })

  it('gets one connection when both sides begin at once', async () => {
    const { a, b, watched, heardA, heardB, route, errors } = await two()
    for (const room of [a, b]) room.sendBytes(level())
    await network.until(() => heardA.length === 1 && heardB.length === 1)
    await network.until(() => route(a) === 'own' && route(b) === 'own')
    expect(watched.map(({ connections }) => connections.length)).toEqual([1, 1])
    expect(errors).toEqual([])
  })

  it.each([0, 1])('goes over the first connection where no other can be made (%i)', async (side) => {
    const { a, b, watched, heardA, heardB, route, errors, gone } = await two()
    watched[side]!.forbidden = true
    for (const room of [a, b]) room.sendBytes(level())
    await network.until(() => heardA.length === 1 && heardB.length === 1)
    expect([route(a), route(b)]).toEqual(['shared', 'shared'])
    for (const room of [a, b]) room.sendBytes(level())
    await network.until(() => heardA.length === 2 && heardB.length === 2)
    expect([errors, gone]).toEqual([[], []])
  })

  it('hardly waits for a connection that is dialled and does not come', async () => {
    const conditions = { latencyMs: 20, rateBytesPerSecond: 2_500_000, queueBytes: 100_000 }
    const { a, watched, heardB, route, errors } = await two({}, conditions)
    for (const watch of watched) watch.lost = true
    a.sendBytes(level(4_000_000))
    // With ten packets a round trip it would take 14 s.
    await network.until(() => heardB.length === 1, { limitMs: BULK_PATIENCE_MS + 3_000 })
    expect(route(a)).toBe('shared')
    expect(errors).toEqual([])
  })

  it('stays on the first connection when one side wants no other', async () => {
    network = new SimulatedNetwork({ latencyMs: 20 })
    const a = await network.until(joinRoom({ ...network.peerOptions('a'), bulkConnection: false }))
    const b = await network.until(joinRoom({ ...network.peerOptions('b'), room: a.code }))
    rooms = [a, b]
    await network.until(() => a.peers.length === 1 && b.peers.length === 1)
    let heard = 0
    for (const room of rooms) room.on('packet', () => heard++)
    for (const room of rooms) room.sendBytes(level())
    await network.until(() => heard === 2)
    expect(rooms.map((room) => room.stats(room.peers[0]!).bulkRoute)).toEqual(['shared', 'shared'])
  })

  it.each([0, 1])('loses nothing when its connection is lost in the midst of a transfer (%i)', async (side) => {
    const { a, watched, heardB, route, gone, errors } = await two({}, {
      latencyMs: 20,
      rateBytesPerSecond: 500_000,
    } as never)
    const sizes = Array.from({ length: 10 }, (_, i) => 100_000 + i)
    for (const size of sizes) a.sendBytes(level(size))
    await network.until(() => route(a) === 'own' && heardB.length > 3, { limitMs: 60_000 })
    watched[side]!.connections[0]!.close()
    a.send('game')
    await network.until(() => heardB.length === 11, { limitMs: 120_000 })
    expect(heardB.filter((value) => value !== 'game')).toEqual(sizes)
    expect([gone, errors]).toEqual([[], []])
  })

  it.each([0, 1])('is dialled again when its connection is lost, and goes over the new one (%i)', async (side) => {
    const { a, b, watched, heardB, route, gone, errors } = await two()
    a.sendBytes(level())
    await network.until(() => route(a) === 'own' && route(b) === 'own')
    watched[side]!.connections[0]!.close()
    await network.until(() => route(a) === 'shared' && route(b) === 'shared')
    await network.run(BULK_REDIAL_MS)
    a.sendBytes(level())
    await network.until(() => route(a) === 'own' && route(b) === 'own')
    a.sendBytes(level())
    await network.until(() => heardB.length === 3)
    expect(watched.map(({ connections }) => connections.length)).toEqual([2, 2])
    expect([gone, errors]).toEqual([[], []])
  })

  it.each([0, 1])(
    'is dialled again when its connection could not be made, in the midst of a transfer (%i)',
    async (side) => {
      const { a, b, watched, heardB, route, gone, errors } = await two({}, {
        latencyMs: 20,
        rateBytesPerSecond: 500_000,
      } as never)
      watched[side]!.forbidden = true
      a.sendBytes(level(4_000_000))
      await network.run(BULK_REDIAL_MS / 2)
      watched[side]!.forbidden = false
      await network.until(() => route(a) === 'own' && route(b) === 'own')
      expect(heardB).toEqual([])
      await network.until(() => heardB.length === 1, { limitMs: 60_000 })
      expect([gone, errors]).toEqual([[], []])
    },
  )
})

it('bulk gets a connection of its own again where the pair moved to a new one', async () => {
  const { a, b, heardB, route, gone, errors } = await two({}, { latencyMs: 20, transport: 'node' } as never)
  const changes: string[] = []
  a.on('peerReconnected', () => changes.push('back'))
  a.sendBytes(level())
  await network.until(() => route(a) === 'own' && route(b) === 'own')
  network.interrupt(10_000)
  await network.until(() => changes.length === 1, { limitMs: 60_000 })
  await network.until(() => route(a) === 'shared' && route(b) === 'shared')
  await network.run(BULK_REDIAL_MS)
  a.sendBytes(level())
  await network.until(() => route(a) === 'own' && route(b) === 'own')
  await network.until(() => heardB.length === 2)
  expect([gone, errors]).toEqual([[], []])
})

describe('a bulk connection that is open and carries nothing', () => {
  it.each([0, 1])('is given up after a while, and nothing is lost or doubled (%i)', async (side) => {
    const { a, b, watched, heardA, heardB, route, gone, errors } = await two({}, {
      latencyMs: 20,
      rateBytesPerSecond: 500_000,
    } as never)
    const [sender, heard] = side === 0 ? [a, heardB] : [b, heardA]
    const sizes = Array.from({ length: 30 }, (_, i) => 100_000 + i)
    for (const size of sizes) sender.sendBytes(level(size))
    await network.until(() => route(a) === 'own' && heard.length > 3, { limitMs: 60_000 })
    for (const watch of watched) watch.swallow()
    await network.run(500)
    const before = heard.length
    await network.run(BULK_STALL_MS - 2_000)
    expect(heard.length).toBe(before)
    expect([route(a), route(b)]).toEqual(['own', 'own'])
    await network.run(3_000)
    expect([route(a), route(b)]).toEqual(['shared', 'shared'])
    await network.until(() => heard.length === sizes.length, { limitMs: 120_000 })
    expect(heard).toEqual(sizes)
    expect([gone, errors]).toEqual([[], []])
  })

  it('is not to blame when the network is away altogether', async () => {
    const { a, b, heardB, route, gone } = await two({ suspicionMs: 30_000 }, {
      // In Node SCTP gives up sooner by itself.
      ...{ latencyMs: 20, transport: 'browser' },
      rateBytesPerSecond: 500_000,
    } as never)
    const sizes = Array.from({ length: 30 }, (_, i) => 100_000 + i)
    for (const size of sizes) a.sendBytes(level(size))
    await network.until(() => route(a) === 'own' && heardB.length > 3, { limitMs: 60_000 })
    network.interrupt(BULK_STALL_MS + 2_000)
    await network.until(() => heardB.length === sizes.length, { limitMs: 120_000 })
    expect(heardB).toEqual(sizes)
    expect([route(a), route(b)]).toEqual(['own', 'own'])
    expect(gone).toEqual([])
  })

  it('is not to blame when the other side computes for a while', async () => {
    const { a, b, heardB, route, gone } = await two({ suspicionMs: 30_000 }, {
      latencyMs: 20,
      rateBytesPerSecond: 500_000,
    } as never)
    const sizes = Array.from({ length: 30 }, (_, i) => 100_000 + i)
    for (const size of sizes) a.sendBytes(level(size))
    await network.until(() => route(a) === 'own' && heardB.length > 3, { limitMs: 60_000 })
    network.freeze('b')
    await network.run(BULK_STALL_MS + 2_000)
    network.thaw('b')
    await network.until(() => heardB.length === sizes.length, { limitMs: 120_000 })
    expect(heardB).toEqual(sizes)
    expect([route(a), route(b)]).toEqual(['own', 'own'])
    expect(gone).toEqual([])
  })
})

describe('signals of a bulk connection', () => {
  const encoder = new TextEncoder()

  function alone(offers: boolean) {
    network = new SimulatedNetwork()
    const { driver, clock } = network.peerOptions('a')
    const watched = new Watched(driver)
    const said: string[] = []
    const bulk = new BulkConnection({
      configuration: () => ({ driver: watched.driver }) as ConnectionConfiguration,
      offers,
      clock,
      send: (payload) => said.push(JSON.parse(new TextDecoder().decode(payload)).kind),
      opened: () => {},
      packet: () => {},
      drained: () => {},
      closed: () => {},
    })
    const signal = (value: unknown) =>
      bulk.signal(encoder.encode(typeof value === 'string' ? value : JSON.stringify(value)))
    return { bulk, watched, said, signal }
  }

  it('that are garbage are refused, and change nothing', () => {
    const { bulk, watched, signal } = alone(true)
    const garbage = ['', '{', '[]', 'null', '{"kind":"x"}', '{"kind":"wanted","more":1}', { kind: 'description' }]
    for (const each of [...garbage, '\u0000'.repeat(1_000), '['.repeat(100_000)]) {
      expect(() => signal(each)).toThrow(NetError)
    }
    expect(() => bulk.signal(Uint8Array.of(0xff, 0xfe, 0x80))).toThrow(NetError)
    expect(bulk.state).toBe('none')
    expect(watched.connections).toEqual([])
  })

  it('make one connection an attempt at most, and no more than the attempts that there are, however often they ask', async () => {
    const offering = alone(true)
    for (let attempt = 0; attempt < 3 * MAX_BULK_ATTEMPTS; attempt++) {
      for (let i = 0; i < 20; i++) offering.signal({ kind: 'wanted', attempt })
      expect(offering.watched.connections.length).toBe(Math.min(attempt + 1, MAX_BULK_ATTEMPTS))
      await network.run(CONNECT_TIMEOUT_MS)
    }
    expect(offering.bulk.state).toBe('shared')
    expect(network.clock.pendingTimers).toBe(0)
  })

  it('from the side that should not offer are passed over', () => {
    const { bulk, watched, signal } = alone(true)
    for (let i = 0; i < 20; i++) signal({ kind: 'description', type: 'offer', sdp: 'v=0\r\n' })
    expect(watched.connections).toEqual([])
    expect(bulk.state).toBe('none')
  })

  it('of offers and candidates that are no such thing are refused, and the attempt ends in time', async () => {
    const { bulk, watched, signal, said } = alone(false)
    const tries = [
      ...Array.from({ length: 20 }, () => ({ kind: 'description', type: 'offer', sdp: 'v=0\r\nnonsense' })),
      { kind: 'description', type: 'answer', sdp: 'v=0\r\n' },
      ...Array.from({ length: 500 }, () => ({ kind: 'candidate', media: 'x', index: 9, name: 'candidate:nonsense' })),
    ]
    for (const each of tries) {
      try {
        signal(each)
      } catch (error) {
        expect(error).toBeInstanceOf(NetError)
      }
    }
    expect(watched.connections.length).toBeLessThanOrEqual(1)
    await network.run(CONNECT_TIMEOUT_MS + 1_000)
    expect(bulk.state).toBe('none')
    expect(said.filter((kind) => kind === 'failed').length).toBeGreaterThan(0)
    expect(network.clock.pendingTimers).toBe(0)
  })

  it('of a failure end it without an answer, so that two never go on answering', () => {
    const { bulk, said, signal } = alone(true)
    bulk.want()
    const before = said.length
    for (let attempt = 0; attempt < MAX_BULK_ATTEMPTS; attempt++) {
      for (let i = 0; i < 5; i++) signal({ kind: 'failed', attempt })
      expect(said.length).toBe(before)
    }
    expect(bulk.state).toBe('shared')
    signal({ kind: 'wanted' })
    expect(said.at(-1)).toBe('failed')
  })
})
