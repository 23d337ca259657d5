// The clock and the tickers of whole rooms, over a simulated network.

import { afterEach, describe, expect, it } from 'vitest'
import { MultiplayerAPI } from '../../../src/multiplayer/api/multiplayer-api.ts'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { WebRTCMultiplayerPeer } from '../../../src/multiplayer/webrtc-multiplayer-peer.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { expectCleanLeave } from '../../support/clean-leave.ts'
import { meet } from '../../support/meet.ts'
import { connectionOn, Forger } from '../relay/support.ts'

let network: SimulatedNetwork
const rooms: Room[] = []

afterEach(() => expectCleanLeave(network, rooms))

async function enter(name: string, how: typeof joinRoom, options: Partial<JoinRoomOptions> = {}): Promise<Room> {
  const room = await network.until(how({ ...network.peerOptions(name), ...options }))
  rooms.push(room)
  return room
}

describe.each([true, false])('with autoPoll: %s', (autoPoll) => {
  it('all peers of a star have the time of its host, and the same ticks', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 60, jitterMs: 15, loss: 0.05 })
    const host = await enter('host', hostRoom, { autoPoll })
    await network.run(5_000)
    const b = await enter('b', joinRoom, { autoPoll, room: host.code })
    const c = await enter('c', joinRoom, { autoPoll, room: host.code })
    const ticks: [tick: number, at: number][][] = []
    for (const room of rooms) {
      const ticker = room.ticker({ hz: 30 })
      const seen: [number, number][] = []
      ticks.push(seen)
      ticker.on('tick', (tick) => seen.push([tick, network.clock.now()]))
      ticker.start()
    }
    for (let frame = 0; frame < 600; frame++) {
      await network.run(16)
      // Seldom: answers are stamped when they come, not when the game looks.
      if (frame % 10 === 0) for (const room of rooms) room.poll()
      if (frame * 16 < 3_000) continue
      expect(Math.abs(b.clock.now() - host.clock.now())).toBeLessThan(5)
      expect(Math.abs(c.clock.now() - host.clock.now())).toBeLessThan(5)
    }
    const [mine, ...others] = ticks.map((seen) => new Map(seen))
    for (const seen of others) {
      let shared = 0
      for (const [tick, at] of seen) {
        if (!mine!.has(tick)) continue
        shared += 1
        expect(Math.abs(mine!.get(tick)! - at)).toBeLessThan(8)
      }
      expect(shared).toBeGreaterThan(150)
    }
    await network.until(host.clock.ready)
  })
})

describe('the room', () => {
  it('asks nobody for the time while nobody wants it', async () => {
    network = new SimulatedNetwork({ seed: 1 })
    const a = await enter('a', joinRoom)
    const b = await enter('b', joinRoom, { room: a.code })
    await network.until(() => b.peers.length === 1)
    await network.run(1_000)
    const { packetsOut } = b.stats(a.id)
    await network.run(5_000)
    expect(b.stats(a.id).packetsOut).toBe(packetsOut)
    await network.until(b.clock.ready)
    expect(b.stats(a.id).packetsOut).toBeGreaterThan(packetsOut)
  })

  it('goes on in the same time when the host of a mesh leaves', async () => {
    network = new SimulatedNetwork({ seed: 2, latencyMs: 50, jitterMs: 10 })
    const a = await enter('a', joinRoom)
    await network.run(60_000)
    const b = await enter('b', joinRoom, { room: a.code })
    const c = await enter('c', joinRoom, { room: a.code })
    await network.until(Promise.all([b.clock.ready, c.clock.ready]))
    await network.run(5_000)
    await network.until(a.leave())
    await network.until(() => b.host !== a.id && c.host === b.host)
    const steps: number[] = []
    for (const room of [b, c]) room.clock.on('stepped', (byMs) => steps.push(byMs))
    for (let i = 0; i < 100; i++) {
      await network.run(100)
      expect(Math.abs(b.clock.now() - c.clock.now())).toBeLessThan(5)
    }
    expect(b.clock.now()).toBeGreaterThan(70_000)
    expect(steps).toEqual([])
  })

  it('ends its tickers when it is over', async () => {
    network = new SimulatedNetwork({ seed: 1 })
    const room = await enter('a', joinRoom)
    const ticker = room.ticker({ hz: 10 })
    let ticks = 0
    ticker.on('tick', () => {
      ticks += 1
    })
    ticker.start()
    await network.run(1_000)
    expect(ticks).toBe(10)
    await network.until(room.leave())
    await network.run(1_000)
    expect(ticks).toBe(10)
    expect(ticker.isStarted).toBe(false)
  })

  it('asks nobody, and throws nothing, when the host was disconnected and the game has not polled yet', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const host = await enter('host', hostRoom)
    const client = await enter('client', joinRoom, { room: host.code, autoPoll: false })
    expect(client.clock.synchronized).toBe(false)
    for (let i = 0; i < 100; i++) {
      await network.run(20)
      client.poll()
    }
    expect(client.clock.synchronized).toBe(true)
    client.disconnectPeer(1)
    await network.run(1_000)
    client.poll()
    expect(client.peers).toEqual([])
  })

  it('asks nobody, and throws nothing, when the peer beneath was closed by itself', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const { clock, random } = network.peerOptions('alone')
    const multiplayerPeer = new WebRTCMultiplayerPeer({ clock })
    multiplayerPeer.createMesh(2)
    const mine = connectionOn(network, 'alone')
    multiplayerPeer.addPeer(mine, 1)
    const other = new Forger(network, 1)
    meet(other.remote.connection, mine)
    const api = new MultiplayerAPI({ multiplayerPeer, clock, random })
    await network.until(() => api.peers.includes(1))
    expect(api.clock.synchronized).toBe(false)
    void multiplayerPeer.close()
    await network.run(1_000)
    other.remote.close()
    await network.until(api.close())
  })
})
