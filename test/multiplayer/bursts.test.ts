import { afterEach, expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

let network: SimulatedNetwork
let rooms: Room[] = []

afterEach(() => network.until(Promise.all(rooms.map((room) => room.leave()))))

it.each([1, 25])('loss is no reason to hold back a game that sends in bursts (%i ms one way)', async (latencyMs) => {
  network = new SimulatedNetwork({ seed: 9, latencyMs, loss: 0.1 })
  const a = await network.until(joinRoom(network.peerOptions('a')))
  const b = await network.until(joinRoom({ ...network.peerOptions('b'), room: a.code }))
  rooms = [a, b]
  await network.until(() => a.peers.length === 1 && b.peers.length === 1)
  let arrived = 0
  b.on('packet', () => {
    arrived += 1
  })
  for (let tick = 0; tick < 200; tick++) {
    for (let i = 0; i < 10; i++) a.sendBytes(new Uint8Array(200), { mode: TransferMode.Unreliable })
    await network.run(50)
  }
  await network.run(500)
  expect(a.stats(b.id).dropped).toBe(0)
  expect(arrived / 2_000).toBeGreaterThan(0.87)
})
