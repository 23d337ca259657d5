// Whole rooms over the network, in virtual time.

import { afterEach, describe, expect, test } from 'vitest'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import type { Room } from '../../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { presets, SimulatedNetwork, type SimulatedNetworkOptions } from '../../../src/testing.ts'
import { expectCleanLeave } from '../../support/clean-leave.ts'
import { expectShare } from './support.ts'

let network: SimulatedNetwork
let rooms: Room[] = []

async function mesh(peers: number, options: SimulatedNetworkOptions): Promise<void> {
  network = new SimulatedNetwork(options)
  rooms = [await network.until(joinRoom(network.peerOptions('peer 0')))]
  for (let i = 1; i < peers; i++) {
    rooms.push(await network.until(joinRoom({ ...network.peerOptions(`peer ${i}`), room: rooms[0]!.code })))
  }
  await network.until(() => rooms.every((room) => room.peers.length === peers - 1))
}

afterEach(() => expectCleanLeave(network, rooms))

test('graceMs lets a room outlast an outage of 9 s, and tells later who is gone', async () => {
  network = new SimulatedNetwork({ latencyMs: 50, transport: 'browser' })
  const patient = (name: string) => ({ ...network.peerOptions(name), graceMs: 19_000 })
  const alice = await network.until(joinRoom(patient('alice')))
  const bob = await network.until(joinRoom({ ...patient('bob'), room: alice.code }))
  rooms = [alice, bob]
  await network.until(() => alice.peers.length === 1)
  const heard: unknown[] = []
  const gone: unknown[] = []
  bob.on('packet', (value) => heard.push(value))
  bob.on('peerDisconnected', (_id, reason) => gone.push(reason))
  alice.send('before')
  network.interrupt(9000)
  alice.send('meanwhile')
  await network.run(20_000)
  expect([heard, gone]).toEqual([['before', 'meanwhile'], []])
  network.kill('alice')
  await network.run(19_000)
  expect(gone).toEqual([])
  await network.run(2000)
  expect(gone).toEqual(['timeout'])
  rooms = [bob]
})

describe.each([2, 8])('a mesh of %i', (peers) => {
  test('meets and plays at 100 ms and 10 % loss', async () => {
    await mesh(peers, { seed: peers, latencyMs: 100, jitterMs: 10, loss: 0.1 })
    const orders: number[][] = []
    let unreliable = 0
    for (const room of rooms) {
      for (const id of room.peers) orders.push([room.id, id])
      room.on('packet', (value, from, mode) => {
        if (mode === TransferMode.Unreliable) unreliable += 1
        else orders.find(([to, sender]) => to === room.id && sender === from)!.push(value as number)
      })
    }
    for (let tick = 0; tick < 120; tick++) {
      for (const room of rooms) {
        room.send({ tick }, { mode: TransferMode.Unreliable })
        if (tick % 6 === 0) room.send(tick / 6)
      }
      await network.run(1000 / 60)
    }
    await network.run(5000)
    const links = peers * (peers - 1)
    expectShare(unreliable, 120 * links, 0.9)
    for (const [, , ...values] of orders) expect(values).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('suspects a killed peer within 1.5 s, and gives it up 15 s later', async () => {
    await mesh(peers, { seed: peers, latencyMs: 50, loss: 0.02 })
    const gone: unknown[] = []
    for (const room of rooms.slice(1)) {
      room.on('peerDisconnected', (id, reason) => gone.push([id === rooms[0]!.id, reason]))
    }
    const suspected: number[] = []
    for (const room of rooms.slice(1)) room.on('peerReconnecting', () => suspected.push(network.clock.now()))
    const start = network.clock.now()
    network.kill('peer 0')
    await network.until(() => gone.length === peers - 1)
    expect(suspected).toHaveLength(peers - 1)
    for (const at of suspected) expect(at - start).toBeLessThanOrEqual(1500)
    expect(network.clock.now() - start).toBeLessThanOrEqual(17_000)
    expect(gone).toEqual(Array(peers - 1).fill([true, 'timeout']))
    // Its program is gone with it: nobody is left to call `leave`.
    rooms.shift()
  })

  test('survives two seconds of outage', async () => {
    await mesh(peers, { seed: peers, ...presets.Cable })
    const gone: unknown[] = []
    for (const room of rooms) room.on('peerDisconnected', (id, reason) => gone.push([id, reason]))
    network.interrupt(2000)
    await network.run(10_000)
    expect(gone).toEqual([])
    expect(rooms.every((room) => room.peers.length === peers - 1)).toBe(true)
  })
})

test('a star', async () => {
  network = new SimulatedNetwork({ ...presets['4G'], seed: 5 })
  const host = await network.until(hostRoom(network.peerOptions('host')))
  const client = await network.until(joinRoom({ ...network.peerOptions('client'), room: host.code }))
  rooms = [host, client]
  const received: unknown[] = []
  host.on('packet', (value) => received.push(value))
  client.send('hello')
  await network.until(() => received.length === 1)
  expect(received).toEqual(['hello'])
})

test('an attempt over a dead network is given up with an error', async () => {
  network = new SimulatedNetwork({ outage: true })
  const host = await network.until(joinRoom(network.peerOptions('host')))
  const guest = await network.until(joinRoom({ ...network.peerOptions('guest'), room: host.code }))
  rooms = [host, guest]
  const failures: string[] = []
  for (const room of rooms) room.on('connectionFailed', (_id, { code }) => failures.push(code))
  await network.until(() => failures.length === 2)
  expect(failures).toEqual(['ERR_TIMEOUT', 'ERR_TIMEOUT'])
})

test('two networks in one process do not meet', async () => {
  const other = new SimulatedNetwork({ latencyMs: 10, seed: 2 })
  network = new SimulatedNetwork({ latencyMs: 10, seed: 2 })
  const theirs = await other.until(joinRoom(other.peerOptions('x')))
  const host = await network.until(joinRoom(network.peerOptions('x')))
  const guest = await network.until(joinRoom({ ...network.peerOptions('y'), room: host.code }))
  rooms = [host, guest]
  await network.until(() => guest.peers.length === 1)
  expect(theirs.peers).toEqual([])
  await other.until(theirs.leave())
})

test('a minute of eight peers at 60 Hz and 10 % loss takes a few seconds', { timeout: 60_000 }, async () => {
  await mesh(8, { seed: 1, latencyMs: 50, jitterMs: 5, loss: 0.1 })
  let received = 0
  for (const room of rooms) room.on('packet', () => received++)
  for (let tick = 0; tick < 3600; tick++) {
    for (const room of rooms) room.send([tick, 1, 2, 3], { mode: TransferMode.Unreliable })
    await network.run(1000 / 60)
  }
  await network.run(1000)
  expectShare(received, 3600 * 56, 0.9)
})
