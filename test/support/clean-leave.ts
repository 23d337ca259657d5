import { expect } from 'vitest'
import type { Room } from '../../src/multiplayer/room-types.ts'
import type { SimulatedNetwork } from '../../src/testing.ts'

/** Empties `rooms`: everybody leaves, and `lingerMs` of virtual time later nothing waits for anything any more. */
export async function expectCleanLeave(network: SimulatedNetwork, rooms: Room[], lingerMs = 2_000): Promise<void> {
  await network.until(Promise.all(rooms.splice(0).map((room) => room.leave())))
  await network.run(lingerMs)
  expect(network.clock.pendingTimers).toBe(0)
}
