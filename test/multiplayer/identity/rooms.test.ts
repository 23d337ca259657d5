// Rooms whose members prove who they are, over a simulated network: with an honest signaling service, and with one that puts
// itself in between.

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type IdentityAuthentication, identify } from '../../../src/multiplayer/identity/identify.ts'
import { createIdentity, type Identity } from '../../../src/multiplayer/identity/identity.ts'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import { RelayHub } from '../../../src/multiplayer/relay/hub.ts'
import { Command, writeCommand, writeRemove } from '../../../src/multiplayer/relay/wire.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { CONTROL_LANE } from '../../../src/net/link/lane-table.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { Mallory } from '../../support/mallory.ts'
import { runUntil, settled, watchCryptography } from './support.ts'

let network: SimulatedNetwork
let rooms: Room[] = []
let [alice, bob]: Identity[] = []

beforeAll(async () => {
  watchCryptography()
  ;[alice, bob] = await Promise.all([createIdentity(), createIdentity()])
  return () => vi.restoreAllMocks()
})

afterEach(leaveAll)

async function leaveAll(): Promise<void> {
  const leaving = rooms.map((room) => room.leave())
  rooms = []
  await settled(network, Promise.all(leaving))
}

interface Guest {
  readonly room: Room
  readonly authentication: IdentityAuthentication | undefined
  readonly connected: number[]
  /** When it let the first one in, in ms. */
  connectedAt: number | undefined
  readonly failures: string[]
  readonly packets: unknown[]
}

async function enter(
  name: string,
  identity: Identity | undefined,
  options: Partial<JoinRoomOptions> = {},
  how = joinRoom,
): Promise<Guest> {
  const authentication = identity && identify({ identity })
  const own = authentication && { authentication }
  const room = await settled(network, how({ ...network.peerOptions(name), ...own, ...options }))
  rooms.push(room)
  const connected = [...room.peers]
  const connectedAt = connected.length > 0 ? network.clock.now() : undefined
  const guest: Guest = { room, authentication, connected, connectedAt, failures: [], packets: [] }
  room.on('peerConnected', (id) => {
    guest.connected.push(id)
    guest.connectedAt ??= network.clock.now()
  })
  room.on('peerAuthenticationFailed', (_id, { message }) => guest.failures.push(message))
  room.on('packet', (value) => guest.packets.push(value))
  return guest
}

describe('players who prove who they are', () => {
  it('know each other in a mesh', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 30, jitterMs: 10, loss: 0.05 })
    const a = await enter('a', alice)
    const b = await enter('b', bob, { room: a.room.code })
    await runUntil(network, () => a.connected.length === 1 && b.connected.length === 1)
    expect(a.authentication!.peer(b.room.id)).toEqual({ id: b.room.id, key: bob!.key, passport: undefined })
    expect(b.authentication!.peer(a.room.id)?.key).toBe(alice!.key)
  })

  it('know each other in a star, before the client is in its room', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 30 })
    const a = await enter('a', alice, {}, hostRoom)
    const b = await enter('b', bob, { room: a.room.code })
    expect(b.authentication!.peer(1)?.key).toBe(alice!.key)
    await runUntil(network, () => a.connected.length === 1)
    expect(a.authentication!.peer(b.room.id)?.key).toBe(bob!.key)
  })

  it.each(['mesh', 'star'] as const)('need one round trip more than others, and no more, in a %s', async (topology) => {
    const latencyMs = 100
    const took: number[][] = []
    for (const [one, other] of [
      [undefined, undefined],
      [alice, bob],
    ]) {
      network = new SimulatedNetwork({ seed: 1, latencyMs })
      const a = await enter('a', one, { topology })
      const startedAt = network.clock.now()
      const b = await enter('b', other, { room: a.room.code })
      await runUntil(network, () => a.connected.length === 1 && b.connected.length === 1)
      took.push([a, b].map(({ connectedAt }) => connectedAt! - startedAt))
      await leaveAll()
    }
    const [without, withIdentity] = took as [number[], number[]]
    for (const [side, ms] of withIdentity.entries()) {
      expect(Math.abs(ms - without[side]! - 2 * latencyMs)).toBeLessThanOrEqual(3)
    }
  })

  it('do not let in who proves nothing', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const a = await enter('a', alice)
    const b = await enter('b', undefined, { room: a.room.code })
    b.room.send('let me in')
    await runUntil(network, () => a.failures.length === 1)
    expect(a.connected).toEqual([])
    expect(a.packets).toEqual([])
  })
})

describe('a pair of a mesh that could meet only over a third', () => {
  it('does not let each other in: the third could read and change everything', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
    network.between('a', 'b').set({ outage: true })
    const carol = await createIdentity()
    const a = await enter('a', alice)
    const b = await enter('b', bob, { room: a.room.code })
    const c = await enter('c', carol, { room: a.room.code })
    await runUntil(network, () => a.failures.length > 0 && b.failures.length > 0, 60_000)
    await runUntil(network, () => c.connected.length === 2)
    for (const { room, connected } of [a, b]) {
      expect(connected).toEqual([c.room.id])
      expect(room.peers).toEqual([c.room.id])
    }
    expect(a.authentication!.peer(b.room.id)).toBeUndefined()
    expect([...a.failures, ...b.failures].join()).toContain('no direct connection')
  })
})

describe('a member of a mesh that speaks in the name of somebody who cannot be connected to yet', () => {
  it.each([
    ['and goes on', false],
    ['and takes it away again', true],
  ])('%s, does not keep the two apart', async (_name, takesAway) => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
    network.between('a', 'b').set({ outage: true })
    const lines = vi.spyOn(RelayHub.prototype, 'join')
    const a = await enter('a', alice)
    const liar = await enter('liar', await createIdentity(), { room: a.room.code })
    await runUntil(network, () => a.connected.length === 1 && liar.connected.length === 1)
    const line = lines.mock.calls.find(([{ id }]) => id === a.room.id)![0]
    lines.mockRestore()
    const b = await enter('b', bob, { room: a.room.code })
    await network.run(30)
    const say = (payload: Uint8Array) => line.link.sendReliable(0, { kind: Kind.Relay, payload }, CONTROL_LANE)
    say(writeCommand(Command.Add, b.room.id))
    if (takesAway) say(writeRemove(b.room.id, 'left', 0))
    line.link.flush()
    await runUntil(network, () => a.failures.length === 1)
    await runUntil(network, () => liar.connected.length === 2 && b.connected.length === 1)
    // Longer than the first attempts.
    await network.run(50_000)
    network.between('a', 'b').set({ outage: false })
    await runUntil(network, () => a.connected.length === 2 && b.connected.length === 2, 60_000)
    expect(a.authentication!.peer(b.room.id)?.key).toBe(bob!.key)
    expect(a.room.stats(b.room.id).via).toBeUndefined()
    expect(a.failures.length).toBeLessThanOrEqual(2)
  })
})

describe('a signaling service in between, which ends both connections', () => {
  async function attacked(one?: Identity, other?: Identity): Promise<[Guest, Guest, Mallory]> {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const { driver, clock } = network.peerOptions('mallory')
    const mallory = new Mallory(network.signaling, { driver, clock })
    const a = await enter('a', one, { signaling: mallory })
    const b = await enter('b', other, { signaling: mallory, room: a.room.code })
    return [a, b, mallory]
  }

  it('reads everything where nobody proves anything', async () => {
    const [a, b, mallory] = await attacked()
    await runUntil(network, () => a.connected.length === 1 && b.connected.length === 1)
    a.room.send('my secret')
    await runUntil(network, () => b.packets.length === 1)
    expect(b.packets).toEqual(['my secret'])
    expect(mallory.text).toContain('my secret')
    mallory.close()
  })

  it('is found out by both sides before any packet, where they sign their connections', async () => {
    const [a, b, mallory] = await attacked(alice, bob)
    a.room.on('peerAuthenticating', () => expect(() => a.room.send('my secret')).not.toThrow())
    await runUntil(network, () => a.failures.length === 1 && b.failures.length === 1)
    for (const { failures } of [a, b]) expect(failures[0]).toMatch(/stands in between|left before it was authenticated/)
    expect([...a.failures, ...b.failures].join()).toContain('stands in between')
    await network.run(1_000)
    expect([a.connected, b.connected, a.packets, b.packets]).toEqual([[], [], [], []])
    expect(a.authentication!.peer(b.room.id)).toBeUndefined()
    // It had their messages: the proofs did go through it.
    expect(mallory.heard.length).toBeGreaterThan(0)
    expect(mallory.text).not.toContain('my secret')
    mallory.close()
  })
})
