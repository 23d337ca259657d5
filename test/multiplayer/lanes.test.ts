// Lanes of the user's, and what a game is told of the path to a peer, in a room.

import { afterEach, expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

/** 2 Mbit/s and 16 Mbit/s, in bytes a second. */
const SLOW = 250_000
const FAST = 2_000_000

let network: SimulatedNetwork
let rooms: Room[] = []

afterEach(() => network.until(Promise.all(rooms.map((room) => room.leave()))))

async function mesh(...names: string[]): Promise<Room[]> {
  const lanes = { chat: { priority: 1 }, replay: { priority: 2 }, level: { priority: 2, weight: 3 } }
  network = new SimulatedNetwork({ seed: 2, latencyMs: 20, rateBytesPerSecond: SLOW })
  rooms = []
  for (const name of names) {
    const room = rooms[0] && { room: rooms[0].code }
    rooms.push(await network.until(joinRoom({ ...network.peerOptions(name), lanes, ...room })))
  }
  await network.until(() => rooms.every((room) => room.peers.length === names.length - 1))
  return rooms
}

it('lanes of the user share by weight, pass by priority, and hold back each for itself', async () => {
  const [a, b] = (await mesh('a', 'b')) as [Room, Room]
  const bytes = new Map<string, number>()
  a.tap(b.id, ({ direction, reliable, lane, bytes: size }) => {
    if (direction === 'out' && reliable) bytes.set(lane, (bytes.get(lane) ?? 0) + size)
  })
  const heard: unknown[] = []
  b.on('packet', (value) => heard.push(value instanceof Uint8Array ? value.length : value))
  expect(a.sendBytes(new Uint8Array(900_000), { lane: 'replay' })).toBe(false)
  expect(a.sendBytes(new Uint8Array(900_001), { lane: 'level' })).toBe(false)
  expect(a.send('good game', { lane: 'chat' })).toBe(true)
  let drained = false
  void a.drained('level').then(() => {
    drained = true
  })
  await network.run(3_000)
  expect(heard).toEqual(['good game'])
  expect(drained).toBe(false)
  expect(bytes.get('level')! / bytes.get('replay')!).toBeCloseTo(3, 0)
  await network.until(() => heard.length === 3)
  expect(heard).toEqual(['good game', 900_001, 900_000])
  expect(drained).toBe(true)
})

it('what each path takes is told, so that a game can send less detail to the slow one', async () => {
  const [a, slow, fast] = (await mesh('a', 'slow', 'fast')) as [Room, Room, Room]
  network.between('a', 'fast').set({ rateBytesPerSecond: FAST })
  a.sendBytes(new Uint8Array(8_000_000))
  await network.run(3_000)
  for (const [{ id }, rate] of [
    [slow, SLOW],
    [fast, FAST],
  ] as const) {
    const { capacityBytesPerSecond, queueMs } = a.stats(id)
    expect(capacityBytesPerSecond).toBeGreaterThan(0.6 * rate)
    expect(capacityBytesPerSecond).toBeLessThan(1.3 * rate)
    expect(queueMs).toBeLessThan(50)
  }
})
