import { expect, it } from 'vitest'
import { Caretaker } from '../../../server/signaling/caretaker.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import type { RoomState } from '../../../server/signaling/room-state.ts'
import { openState } from '../../../server/signaling/room-state.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { createRoom } from '../../../src/net/signaling/room.ts'

const PLACES = { graceMs: 30_000, hostWaitMs: 300_000, leaseMs: 60_000 }
const HOUR = 3_600_000

async function keptRoom() {
  const clock = new VirtualClock()
  let set = 0
  const time = () => 1_000_000 + clock.now() + set
  const adapter = new MemoryAdapter()
  const caretaker = new Caretaker({ adapter, clock, time, places: PLACES, log: () => {} })
  const room = createRoom({ code: 'A', topology: 'mesh' }, seededRandom(1))
  const creator = { secret: '', holder: '', until: time() + PLACES.leaseMs }
  const state = await adapter.transact<RoomState>('A', () => openState(room, creator))
  const place = { id: room.host, link: room.revision, state: state!, catchUp: () => {} }
  caretaker.add(place)
  const setTime = (ms: number) => {
    set += ms
  }
  const wait = async (ms: number) => {
    for (let waited = 0; waited < ms; waited += 1_000) {
      clock.advance(1_000)
      // What the caretaker begins goes on between the ticks.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { adapter, caretaker, place, wait, setTime }
}

it.each([HOUR, -HOUR])('gives nobody up when the time of day is set by %i ms', async (ms) => {
  const { adapter, wait, setTime } = await keptRoom()
  await wait(60_000)
  setTime(ms)
  await wait(120_000)
  expect(adapter.roomCount).toBe(1)
})

it('gives up whom nobody keeps any more, also after the time of day was set', async () => {
  const { adapter, caretaker, place, wait, setTime } = await keptRoom()
  await wait(30_000)
  setTime(HOUR)
  await wait(30_000)
  caretaker.delete(place)
  await wait(90_000)
  expect(adapter.roomCount).toBe(0)
  await caretaker.close()
})

it('tells of a gap as soon as the store can be reached, not only with the next renewal', async () => {
  const { adapter, caretaker, place, wait } = await keptRoom()
  const transact = adapter.transact.bind(adapter)
  let attempts = 0
  adapter.transact = (key, update) => {
    attempts += 1
    return attempts > 2 ? transact(key, update) : Promise.reject(new Error('The store is away.'))
  }
  const mended = async () => {
    let found: number | undefined
    await transact<RoomState>('A', (state) => {
      found = state?.places[place.id]?.mended
      return state
    })
    return found
  }
  caretaker.gap('A')
  await wait(1_000)
  expect(await mended()).toBeUndefined()
  await wait(3_000)
  expect(attempts).toBe(3)
  expect(await mended()).toBe(place.state.revision + 1)
  await caretaker.close()
})
