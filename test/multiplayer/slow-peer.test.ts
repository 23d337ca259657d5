// One slow peer among others: it is held back, the sender is told, and nobody else feels it.

import { afterEach, describe, expect, it } from 'vitest'
import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../src/multiplayer/types.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

const TICK_MS = 1000 / 60
/** 10 Mbit/s and 0.3 Mbit/s, in bytes a second. */
const FAST = 1_250_000
const SLOW = 37_500

let network: SimulatedNetwork
const rooms: Room[] = []

async function mesh(...names: string[]): Promise<Room[]> {
  network = new SimulatedNetwork({ seed: 11, latencyMs: 20, rateBytesPerSecond: FAST, queueBytes: 100_000 })
  for (const name of names) {
    const room = rooms[0] ? { room: rooms[0].code } : {}
    rooms.push(await network.until(joinRoom({ ...network.peerOptions(name), ...room })))
  }
  await network.until(() => rooms.every((room) => room.peers.length === names.length - 1))
  return rooms
}

afterEach(async () => {
  await network.until(Promise.all(rooms.splice(0).map((room) => room.leave())))
})

describe('a slow peer', () => {
  it('does not slow the others: their states and transfers come as if it were not there', async () => {
    const [a, b, c] = (await mesh('a', 'b', 'slow')) as [Room, Room, Room]
    network.between('a', 'slow').set({ rateBytesPerSecond: SLOW })
    const delays: number[] = []
    let bulk = 0
    b.on('packet', (value) => {
      if (value instanceof Uint8Array) bulk += value.length
      else delays.push(network.clock.now() - (value as number))
    })
    const states: number[] = []
    c.on('packet', (value) => {
      if (typeof value === 'number') states.push(network.clock.now() - value)
    })
    for (let i = 0; i < 4; i++) a.sendBytes(new Uint8Array(500_000))
    for (let tick = 0; tick < 240; tick++) {
      a.send(network.clock.now(), { mode: TransferMode.Unreliable })
      await network.run(TICK_MS)
    }
    expect(bulk).toBe(2_000_000)
    expect(delays.length).toBeGreaterThan(235)
    expect(Math.max(...delays)).toBeLessThan(20 + 30)
    // The slow one gets the transfer slowly, and the game all the same.
    expect(states.length).toBeGreaterThan(120)
    expect(states.sort((x, y) => x - y)[Math.floor(states.length * 0.95)]).toBeLessThan(300)
  })

  it('holds back who asks: `send` says so, and `drained` waits for it alone', async () => {
    const [a, b, c] = (await mesh('a', 'b', 'slow')) as [Room, Room, Room]
    network.between('a', 'slow').set({ rateBytesPerSecond: SLOW })
    const packet = new Uint8Array(20_000)
    let sent = 0
    while (a.sendBytes(packet) && sent < 1_000) sent += 1
    expect(sent).toBeLessThan(1_000)
    await network.run(250)
    const waits: string[] = []
    void a.drained('gameplay', c.id).then(() => waits.push('slow'))
    void a.drained('gameplay', b.id).then(() => waits.push('fast'))
    void a.drained().then(() => waits.push('all'))
    await network.run(0)
    expect(waits).toEqual(['fast'])
    await network.until(() => waits.length === 3, { limitMs: 60_000 })
    expect(a.sendBytes(packet, { to: c.id })).toBe(true)
  })

  it('that goes is not waited for any more', async () => {
    const [a, , c] = (await mesh('a', 'b', 'slow')) as [Room, Room, Room]
    network.between('a', 'slow').set({ rateBytesPerSecond: SLOW })
    while (a.sendBytes(new Uint8Array(20_000), { to: c.id }));
    let drained = 0
    for (const to of [0, c.id]) void a.drained('gameplay', to).then(() => drained++)
    await network.run(500)
    expect(drained).toBe(0)
    a.disconnectPeer(c.id)
    await network.run(0)
    expect(drained).toBe(2)
  })

  it('that is killed is not waited for any more', async () => {
    const [a, , c] = (await mesh('a', 'b', 'slow')) as [Room, Room, Room]
    while (a.sendBytes(new Uint8Array(20_000), { to: c.id }));
    let drained = false
    void a.drained().then(() => {
      drained = true
    })
    network.kill('slow')
    rooms.pop()
    await network.until(() => drained, { limitMs: 40_000 })
    expect(a.peers).not.toContain(c.id)
  })
})

it('a broadcast is packed once, however many it goes to', async () => {
  const [a, ...others] = await mesh('a', 'b', 'c', 'd')
  const heard: unknown[] = []
  for (const room of others) room.on('packet', (value) => heard.push(value))
  let packed = 0
  const value = {
    get state() {
      packed += 1
      return 'here'
    },
  }
  for (const mode of [TransferMode.Reliable, TransferMode.Unreliable]) {
    packed = 0
    a!.send(value, { mode, to: others[0]!.id })
    const forOne = packed
    a!.send(value, { mode })
    expect(packed).toBe(2 * forOne)
  }
  await network.until(() => heard.length === 8)
  expect(heard).toEqual(new Array(8).fill({ state: 'here' }))
})

it('the largest packet goes through, with its progress told on both sides, and a byte more is refused', async () => {
  const [a, b] = (await mesh('a', 'b')) as [Room, Room]
  network.between('a', 'b').set({ rateBytesPerSecond: 50_000_000, queueBytes: 1_000_000 })
  const size = 64 * 1024 * 1024
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i += 4_099) bytes[i] = i
  const received: Uint8Array[] = []
  b.on('packet', (value) => received.push(value as Uint8Array))
  const told = { in: [] as number[], out: [] as number[] }
  for (const room of rooms) room.on('progress', ({ direction, bytes: done }) => told[direction].push(done))
  a.sendBytes(bytes)
  expect(() => a.sendBytes(new Uint8Array(size + 1))).toThrow(/67108864 are possible/)
  await network.until(() => received.length === 1, { limitMs: 60_000 })
  expect(Buffer.compare(received[0]!, bytes)).toBe(0)
  for (const each of [told.in, told.out]) {
    expect(each.length).toBeGreaterThan(900)
    expect(each.at(-1)).toBe(size)
    expect(each).toEqual([...each].sort((x, y) => x - y))
  }
})
