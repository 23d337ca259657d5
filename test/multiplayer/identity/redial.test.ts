// A signaling service that was honest when two players met, and puts itself in between when they are dialled again.

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { identify } from '../../../src/multiplayer/identity/identify.ts'
import { createIdentity, type Identity } from '../../../src/multiplayer/identity/identity.ts'
import { joinRoom } from '../../../src/multiplayer/join-room.ts'
import type { Room } from '../../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { WebRTCDataChannel } from '../../../src/net/data-channel.ts'
import type { DriverConnection } from '../../../src/net/drivers/driver.ts'
import { NetError } from '../../../src/net/errors.ts'
import { KIND_MASK, Kind } from '../../../src/net/link/wire.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { Mallory } from '../../support/mallory.ts'
import { watchedDriver } from '../../support/watched-driver.ts'
import { hello } from '../../support/wire.ts'
import { runUntil, settled, watchCryptography } from './support.ts'

let network: SimulatedNetwork
let mallory: Mallory
let players: Player[] = []
/** Signatures take real time, which virtual time waits for. */
let signed = false
let [alice, bob]: Identity[] = []

beforeAll(async () => {
  watchCryptography()
  ;[alice, bob] = await Promise.all([createIdentity(), createIdentity()])
  return () => vi.restoreAllMocks()
})

afterEach(async () => {
  mallory.close()
  const leaving = players.map(({ room }) => room.leave())
  players = []
  await settled(network, Promise.all(leaving))
})

interface Player {
  readonly room: Room
  /** What it was told of the other one, and errors by their codes. */
  readonly log: string[]
  readonly packets: unknown[]
  readonly connections: DriverConnection[]
  /** How many packets it sent. */
  sent: number
}

async function enter(name: string, identity?: Identity, room?: string): Promise<Player> {
  const { driver, ...options } = network.peerOptions(name)
  const connections: DriverConnection[] = []
  const watched = watchedDriver(driver, connections)
  const own = identity && { authentication: identify({ identity }) }
  const joined = await settled(
    network,
    joinRoom({ ...options, ...own, driver: watched, signaling: mallory, room, graceMs: 10_000 }),
  )
  const player: Player = { room: joined, log: [], packets: [], connections, sent: 0 }
  players.push(player)
  joined.on('peerConnected', () => player.log.push('connected'))
  joined.on('peerReconnecting', () => player.log.push('reconnecting'))
  joined.on('peerReconnected', () => player.log.push('reconnected'))
  joined.on('peerDisconnected', (_id, reason) => player.log.push(reason))
  joined.on('peerAuthenticationFailed', (_id, { code }) => player.log.push(`refused: ${code}`))
  joined.on('error', ({ code }) => player.log.push(code))
  joined.on('packet', (value, _from, mode) => {
    if (mode === TransferMode.Reliable) player.packets.push(value)
  })
  return player
}

interface Scene {
  readonly transport?: 'node' | 'browser'
  readonly identities?: readonly [Identity | undefined, Identity | undefined]
  /** From the beginning. */
  readonly active?: boolean
}

/** Two players who have met. */
async function met({ transport = 'node', identities = [undefined, undefined], active = false }: Scene = {}) {
  network = new SimulatedNetwork({ seed: 3, latencyMs: 20, transport })
  signed = identities[0] !== undefined
  const { driver, clock } = network.peerOptions('mallory')
  mallory = new Mallory(network.signaling, { driver, clock }, active)
  const a = await enter('a', identities[0])
  const b = await enter('b', identities[1], a.room.code)
  await runUntil(network, () => a.room.peers.length + b.room.peers.length === 2)
  await runFor(1_000)
  return [a, b] as const
}

async function runFor(ms: number): Promise<void> {
  if (!signed) return network.run(ms)
  const end = network.clock.now() + ms
  await runUntil(network, () => network.clock.now() >= end, ms + 1_000)
}

/** Both send all the time, reliably. */
async function play(each: readonly Player[], ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    for (const player of each) if (player.room.peers.length > 0) player.room.send(`secret ${player.sent++}`)
    await runFor(50)
  }
}

function cut(each: readonly Player[]): void {
  for (const { connections } of each) connections.at(-1)!.close()
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `secret ${n}`)
}

function expectNothingLost([a, b]: readonly [Player, Player]): void {
  expect(a.packets).toEqual(numbered(b.sent))
  expect(b.packets).toEqual(numbered(a.sent))
}

describe('who stands in between at the redial', () => {
  it.each(['node', 'browser'] as const)(
    'is found out (%s): nothing is told to it, and nothing is lost once it is out of the way',
    async (transport) => {
      const pair = await met({ transport })
      await play(pair, 500)
      mallory.active = true
      cut(pair)
      await play(pair, 6_000)
      expect(mallory.heard.length).toBeGreaterThan(0)
      expect(mallory.text).not.toContain('secret')
      for (const { log, room } of pair) {
        expect(log).toContain('ERR_UNAUTHORIZED')
        expect(log).not.toContain('reconnected')
        expect(room.peers).toHaveLength(1)
      }
      mallory.active = false
      await play(pair, 5_000)
      await runFor(1_000)
      for (const { log } of pair) {
        const words = log.filter((word) => word !== 'connected' && !word.startsWith('ERR'))
        expect(words).toEqual(['reconnecting', 'reconnected'])
      }
      expectNothingLost(pair)
    },
  )

  it('gets nothing out of the whole grace: the peer is gone then, as with a network that is away', async () => {
    const pair = await met({ identities: [alice, bob] })
    mallory.active = true
    cut(pair)
    await play(pair, 13_000)
    expect(mallory.text).not.toContain('secret')
    for (const { log, packets } of pair) {
      expect(log.filter((word) => !word.startsWith('ERR')).slice(-2)).toEqual(['reconnecting', 'connection_lost'])
      expect(packets).toEqual([])
    }
  })

  it('cannot take a connection over that lives, by saying that the other side does not hear it', async () => {
    const pair = await met()
    const [a, b] = pair
    await play(pair, 500)
    mallory.active = true
    for (let i = 0; i < 3; i++) {
      for (const [victim, alias] of [
        [a, b],
        [b, a],
      ] as const) {
        mallory.say(victim.room.id, alias.room.id, { kind: 'failed', attempt: 0 })
      }
      await play(pair, 3_000)
    }
    await runFor(500)
    expect(mallory.standing + mallory.heard.length).toBeGreaterThan(0)
    expect(mallory.text).not.toContain('secret')
    for (const { log } of pair) {
      expect(log).toContain('ERR_UNAUTHORIZED')
      expect(log).not.toContain('reconnecting')
    }
    expectNothingLost(pair)
  })

  it.each([
    ['sends each side its own proof', (packet: Uint8Array, from: number) => [[from, packet] as [number, Uint8Array]]],
    [
      'cuts the proofs',
      (packet: Uint8Array, _from: number, to: number) => [[to, packet.slice(0, 20)] as [number, Uint8Array]],
    ],
    [
      'sends rubbish',
      (_: Uint8Array, _from: number, to: number) => [[to, new Uint8Array(1_000).fill(0xac)] as [number, Uint8Array]],
    ],
    ['sends nothing', () => []],
  ])('and %s is found out, too', async (_what, rewrite) => {
    const pair = await met()
    mallory.active = true
    mallory.rewrite = (packet, { from, to }) => rewrite(packet, from, to)
    cut(pair)
    await play(pair, 4_000)
    expect(mallory.heard.length).toBeGreaterThan(0)
    expect(mallory.text).not.toContain('secret')
    for (const { log } of pair) expect(log).not.toContain('reconnected')
    mallory.active = false
    await play(pair, 5_000)
    await runFor(1_000)
    expectNothingLost(pair)
  })

  it('and repeats the proofs of an earlier redial is found out, too', async () => {
    const pair = await met()
    mallory.active = true
    cut(pair)
    await play(pair, 3_000)
    const proofs = new Map<number, Uint8Array>()
    mallory.rewrite = (packet, { from, to }) => {
      proofs.set(from, packet)
      return [[to, packet]]
    }
    await play(pair, 2_500)
    expect(proofs.size).toBe(2)
    const heard = mallory.heard.length
    mallory.rewrite = (_, { from, to }) => [[to, proofs.get(from)!]]
    await play(pair, 4_000)
    expect(mallory.heard.length).toBeGreaterThan(heard)
    expect(mallory.text).not.toContain('secret')
    for (const { log } of pair) expect(log).not.toContain('reconnected')
  })
})

describe('who stands in between at the redial and pretends that the peer began anew', () => {
  const standBetween = () => {
    mallory.active = true
    mallory.rewrite = (packet, { to, channel }) =>
      channel === 0 && (packet[0]! & KIND_MASK) === Kind.Proof ? [[to, hello()]] : [[to, packet]]
  }

  /** Each hears, as from the other, that the connection failed. */
  const claimFailure = (a: Player, b: Player) => {
    mallory.say(a.room.id, b.room.id, { kind: 'failed', attempt: 0 })
    mallory.say(b.room.id, a.room.id, { kind: 'failed', attempt: 0 })
  }

  it('does not end a connection that lives', async () => {
    const pair = await met()
    standBetween()
    claimFailure(...pair)
    await play(pair, 5_000)
    await runFor(500)
    expect(mallory.heard.length).toBeGreaterThan(0)
    for (const { log } of pair) expect(log).not.toContain('connection_lost')
    expectNothingLost(pair)
  })

  it('is told after the one before is gone, also where a send finds that out', async () => {
    const pair = await met()
    const [a] = pair
    standBetween()
    claimFailure(...pair)
    await play(pair, 1_000)
    for (const { log } of pair) expect(log).toEqual(['connected'])
    const spy = vi.spyOn(WebRTCDataChannel.prototype, 'putPacket').mockImplementationOnce(() => {
      throw new NetError('ERR_FILE_CANT_WRITE', 'It is closed.')
    })
    for (let i = 0; i < 100; i++) a.room.sendBytes(new Uint8Array(1_000), { mode: TransferMode.Unreliable })
    spy.mockRestore()
    await play(pair, 100)
    expect(a.log.slice(0, 4)).toEqual(['connected', 'reconnecting', 'connection_lost', 'connected'])
  })

  it('is a newcomer, who has to show who it is', async () => {
    const pair = await met({ identities: [alice, bob] })
    standBetween()
    cut(pair)
    await play(pair, 9_000)
    expect(mallory.text).not.toContain('secret')
    for (const { log, packets } of pair) {
      expect(log).toContain('connection_lost')
      expect(log.filter((word) => word === 'connected').length).toBeLessThan(2)
      expect(packets).toEqual([])
    }
  })
})

it('who stood in between from the beginning cannot step aside unnoticed, even where nobody proves who he is', async () => {
  const pair = await met({ active: true })
  await play(pair, 1_000)
  expect(mallory.text).toContain('secret')
  mallory.active = false
  mallory.close()
  await play(pair, 6_000)
  for (const { log } of pair) {
    expect(log).toContain('ERR_UNAUTHORIZED')
    expect(log).not.toContain('reconnected')
  }
})
