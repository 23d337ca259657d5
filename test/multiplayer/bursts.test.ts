import { afterEach, expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

let network: SimulatedNetwork
let rooms: Room[] = []

afterEach(() => network.until(Promise.all(rooms.map((room) => room.leave()))))

it.each([1, 25])('loss is no reason to hold back a game that sends in bursts (%i ms one way)', async (latencyMs) => {
  let [arrived, dropped] = [0, 0]
  for (const seed of SEEDS) {
    await play(latencyMs, seed, {
      arrived: () => arrived++,
      dropped: (count) => {
        dropped += count
      },
    })
  }
  // SCTP itself stands still now and then; then the newest wins.
  expect(dropped / (SEEDS.length * SENT)).toBeLessThan(0.05)
  expect(arrived / (SEEDS.length * SENT)).toBeGreaterThan(0.85)
})

const SEEDS = [1, 2, 3, 4]
const SENT = 2_000

async function play(
  latencyMs: number,
  seed: number,
  told: { arrived(): void; dropped(count: number): void },
): Promise<void> {
  network = new SimulatedNetwork({ seed, latencyMs, loss: 0.1 })
  const a = await network.until(joinRoom(network.peerOptions('a')))
  const b = await network.until(joinRoom({ ...network.peerOptions('b'), room: a.code }))
  rooms = [a, b]
  await network.until(() => a.peers.length === 1 && b.peers.length === 1)
  b.on('packet', () => told.arrived())
  for (let tick = 0; tick < 200; tick++) {
    for (let i = 0; i < 10; i++) a.sendBytes(new Uint8Array(200), { mode: TransferMode.Unreliable })
    await network.run(50)
  }
  await network.run(500)
  told.dropped(a.stats(b.id).dropped)
  rooms = []
  await network.until(Promise.all([a.leave(), b.leave()]))
}
