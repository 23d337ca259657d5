// Rooms in virtual time whose network breaks: who is told what, and that nothing reliable is lost or doubled.

import { afterEach, describe, expect, it } from 'vitest'
import { LOST_GOODBYE_MS } from '../../src/multiplayer/constants.ts'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import type { DriverConnection } from '../../src/net/drivers/driver.ts'
import type { SignalingEvent, SignalingTransport } from '../../src/net/signaling/transport.ts'
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../../src/testing.ts'
import { expectCleanLeave } from '../support/clean-leave.ts'
import { Witness } from '../support/peers.ts'
import { watchedDriver } from '../support/watched-driver.ts'

let network: SimulatedNetwork
const rooms: Room[] = []

afterEach(() => expectCleanLeave(network, rooms))

interface Side {
  readonly room: Room
  readonly witness: Witness
  /** Every event about the other side's presence, in its order. */
  readonly log: string[]
  /** Its connections, the newest last. */
  readonly connections: DriverConnection[]
}

async function side(name: string, options: Partial<JoinRoomOptions> = {}): Promise<Side> {
  const connections: DriverConnection[] = []
  const peer = network.peerOptions(name)
  const room = await network.until(joinRoom({ ...peer, driver: watchedDriver(peer.driver, connections), ...options }))
  rooms.push(room)
  const log: string[] = []
  room.on('peerConnected', () => log.push('connected'))
  room.on('peerReconnecting', () => log.push('reconnecting'))
  room.on('peerReconnected', () => log.push('reconnected'))
  room.on('peerDisconnected', (_id, reason) => log.push(reason))
  return { room, witness: new Witness(room), log, connections }
}

/** Signaling whose sessions tell their listener to `heard`, too. */
function overheard(
  signaling: SignalingTransport,
  heard: (listener: (event: SignalingEvent) => void) => void,
): SignalingTransport {
  return {
    async open(request, context) {
      const session = await signaling.open(request, context)
      const listen = session.listen.bind(session)
      session.listen = (listener) => {
        heard(listener)
        listen(listener)
      }
      return session
    },
  }
}

async function two(options: SimulatedNetworkOptions = {}, each: Partial<JoinRoomOptions> = {}): Promise<[Side, Side]> {
  network = new SimulatedNetwork({ latencyMs: 30, ...options })
  const one = await side('one', each)
  const other = await side('other', { ...each, room: one.room.code })
  await network.until(() => one.room.peers.length + other.room.peers.length === 2)
  await network.run(1_000)
  return [one, other]
}

/** Sends reliable packets both ways all the time. Returns how many each side sent. */
async function play(sides: readonly Side[], ms: number): Promise<number> {
  const count = ms / 50
  for (let n = 0; n < count; n++) {
    for (const { room } of sides) {
      room.send(n)
      room.send(`state ${n}`, { mode: TransferMode.Unreliable })
    }
    await network.run(50)
  }
  return count
}

function numbers({ witness }: Side): unknown[] {
  return witness.packets.flatMap(({ value, mode }) => (mode === TransferMode.Reliable ? [value] : []))
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}

describe('a network that is away', () => {
  it.each([
    ['node', 2_000],
    ['browser', 2_000],
    ['node', 10_000],
    ['browser', 10_000],
  ] as const)('of the kind %s, for %i ms: the peers are reconnecting, and nothing is lost', async (transport, ms) => {
    const sides = await two({ transport })
    network.interrupt(ms)
    const count = await play(sides, ms + 5_000)
    for (const each of sides) {
      expect(each.log.filter((word) => word !== 'connected')).toEqual(['reconnecting', 'reconnected'])
      expect(numbers(each)).toEqual(upTo(count))
      expect(each.witness.errors).toEqual([])
    }
  })

  it('for 0.4 s is not told of', async () => {
    const sides = await two()
    network.interrupt(400)
    await play(sides, 3_000)
    for (const { log } of sides) expect(log).not.toContain('reconnecting')
  })

  it.each(['node', 'browser'] as const)('of the kind %s, for 20 s ends in a timeout', async (transport) => {
    const sides = await two({ transport })
    network.interrupt(20_000)
    await network.run(15_500)
    for (const { log } of sides) expect(log.at(-1)).toBe('reconnecting')
    await network.run(1_500)
    for (const { log, room } of sides) {
      expect(['timeout', 'connection_lost']).toContain(log.at(-1))
      expect(room.peers).toEqual([])
    }
    await network.run(30_000)
  })

  it('is back with a first packet within half a second', async () => {
    const sides = await two()
    const at: number[] = []
    for (const { room } of sides) {
      room.on('packet', () => at.push(network.clock.now()))
    }
    network.interrupt(2_000)
    const back = network.clock.now() + 2_000
    await play(sides, 4_000)
    expect(at.find((each) => each > back)! - back).toBeLessThan(500)
  })
})

describe('a connection that is closed', () => {
  it.each([0, 1])('under side %i is made anew, and nothing is lost', async (which) => {
    const sides = await two()
    const playing = play(sides, 6_000)
    await Promise.resolve()
    sides[which]!.connections.at(-1)!.close()
    const count = await playing
    await network.run(1_000)
    for (const each of sides) {
      expect(each.log.filter((word) => word !== 'connected')).toEqual(['reconnecting', 'reconnected'])
      expect(numbers(each)).toEqual(upTo(count))
      expect(each.connections.length).toBeGreaterThan(1)
      expect(each.room.stats(each.room.peers[0]!).state).toBe('connected')
    }
  })

  it('again and again is made anew each time', async () => {
    const sides = await two()
    for (let round = 0; round < 300; round++) {
      sides[round % 2]!.connections.at(-1)!.close()
      for (const { room } of sides) room.send(round)
      await network.run(4_000)
    }
    await network.run(5_000)
    for (const each of sides) expect(numbers(each)).toEqual(upTo(300))
  })
})

describe('a peer that had given the other one up, and is met anew by the one that had not', () => {
  it.each([
    ['the first', 2_000, 15_000],
    ['the second', 15_000, 2_000],
  ])('is waited for again when the new connection is lost, too (%s gave up)', async (_who, ...graceMs) => {
    network = new SimulatedNetwork({ latencyMs: 30 })
    const one = await side('one', { graceMs: graceMs[0]! })
    const sides = [one, await side('other', { graceMs: graceMs[1]!, room: one.room.code })]
    await network.until(() => sides.every(({ room }) => room.peers.length === 1))
    network.interrupt(5_000)
    await network.run(15_000)
    for (const [index, { log, room }] of sides.entries()) {
      expect(log.slice(-3)).toEqual([
        'reconnecting',
        graceMs[index] === 2_000 ? 'timeout' : 'connection_lost',
        'connected',
      ])
      expect(room.peers).toHaveLength(1)
    }
    const playing = play(sides, 6_000)
    await Promise.resolve()
    for (const { connections } of sides) connections.at(-1)!.close()
    const count = await playing
    await network.run(1_000)
    for (const each of sides) {
      expect(each.log.slice(-3)).toEqual(['connected', 'reconnecting', 'reconnected'])
      expect(numbers(each)).toEqual(upTo(count))
    }
  })
})

it('with nobody who waits a lost peer is gone at once', async () => {
  const sides = await two({}, { graceMs: 0 })
  network.interrupt(3_000)
  await network.run(1_500)
  for (const { log } of sides) expect(log.at(-1)).toBe('timeout')
  await network.run(5_000)
})

describe('a peer of which signaling says that it left', () => {
  it('is gone when it falls silent just then: its goodbye was lost', async () => {
    const [one, other] = await two()
    network.between('one', 'other').interrupt(1_000)
    void other.room.leave()
    await network.run(2_000)
    expect(one.log).toEqual(['connected', 'reconnecting', 'left'])
  })

  it('plays on where it is heard of, and has its grace when it falls silent later', async () => {
    network = new SimulatedNetwork({ latencyMs: 30 })
    const tell: ((event: SignalingEvent) => void)[] = []
    const signaling = overheard(network.peerOptions('one').signaling, (listener) => tell.push(listener))
    const one = await side('one', { signaling })
    const other = await side('other', { signaling, room: one.room.code })
    await network.run(1_000)
    tell[0]!({ type: 'peerLeft', id: other.room.id })
    tell[1]!({ type: 'peerLeft', id: one.room.id })
    await network.run(LOST_GOODBYE_MS)
    expect(one.log).toEqual(['connected'])
    network.interrupt(2_000)
    await network.run(6_000)
    expect(one.log).toEqual(['connected', 'reconnecting', 'reconnected'])
  })
})
