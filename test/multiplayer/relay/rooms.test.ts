// Relaying as rooms have it: with authentication, RPC's services and the polled style above it.

import { afterEach, describe, expect, it } from 'vitest'
import type { PeerAuthentication } from '../../../src/multiplayer/api/authentication.ts'
import { MultiplayerAPI } from '../../../src/multiplayer/api/multiplayer-api.ts'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { expectCleanLeave } from '../../support/clean-leave.ts'
import { type Player, Star } from './support.ts'

let network: SimulatedNetwork
let rooms: Room[] = []

async function star(clients: number, options: Partial<JoinRoomOptions> = {}): Promise<Room[]> {
  network = new SimulatedNetwork({ latencyMs: 10 })
  const host = await network.until(hostRoom({ ...network.peerOptions('host'), ...options }))
  rooms = [host]
  for (let i = 0; i < clients; i++) {
    rooms.push(await network.until(joinRoom({ ...network.peerOptions(`${i}`), room: host.code, ...options })))
  }
  await network.run(500)
  return rooms
}

afterEach(() => expectCleanLeave(network, rooms))

/** The host lets in who says the word. */
function password(word: string): PeerAuthentication {
  return {
    begin: (peer) => peer.send(new TextEncoder().encode(word)),
    receive: (peer, data) => {
      if (new TextDecoder().decode(data) === 'swordfish') peer.complete()
      else peer.refuse('That is not the word.')
    },
  }
}

describe('a star room', () => {
  it('makes peers of its clients', async () => {
    const [host, two, three] = (await star(2)) as [Room, Room, Room]
    expect(two.peers).toEqual([1, three.id])
    const heard: unknown[] = []
    for (const room of [host, three]) room.on('packet', (value, from) => heard.push([room.id, value, from]))
    two.send('all')
    await network.run(100)
    expect(heard).toEqual([
      [1, 'all', two.id],
      [three.id, 'all', two.id],
    ])
    expect(two.stats(three.id).via).toBe(1)
    expect(host.stats(three.id).via).toBeUndefined()
  })

  it.each([false, true])('measures the whole way to a client that knows the time (%s)', async (knows) => {
    const [host, two, three] = (await star(2)) as [Room, Room, Room]
    // Another way back and forth than between the host and two.
    network.between('host', '1').set({ latencyMs: 50 })
    if (knows) void three.clock.ready
    for (let i = 0; i < 20; i++) {
      two.stats(three.id)
      await network.run(500)
    }
    const { roundTripTimeMs, roundTripVariationMs } = two.stats(three.id)
    if (knows) {
      expect(roundTripTimeMs).toBeGreaterThanOrEqual(119)
      expect(roundTripTimeMs).toBeLessThan(135)
      expect(roundTripVariationMs).toBeLessThan(40)
    } else expect([roundTripTimeMs, roundTripVariationMs]).toEqual([undefined, undefined])
    expect(host.stats(three.id).roundTripTimeMs).toBeGreaterThan(90)
  })

  it('says of a client what can be known of it, and how the way to the host is', async () => {
    const [host, two, three] = (await star(2)) as [Room, Room, Room]
    two.send('12345', { to: three.id })
    host.send('to three alone', { to: three.id })
    three.sendBytes(new Uint8Array(20_000), { to: two.id })
    await network.run(1_000)
    const [direct, relayed] = [two.stats(1), two.stats(three.id)]
    expect(relayed).toMatchObject({
      id: three.id,
      via: 1,
      state: 'connected',
      packetsOut: 1,
      packetsIn: 1,
      rejected: 0,
    })
    expect([relayed.bytesIn, relayed.bytesOut]).toEqual([20_000, 6])
    expect(relayed.capacityBytesPerSecond).toBeGreaterThan(0)
    const { queueMs, capacityBytesPerSecond } = direct
    expect(relayed).toMatchObject({ queueMs, capacityBytesPerSecond })
    expect(direct.roundTripTimeMs).toBeGreaterThan(19)
    for (const figure of ['roundTripTimeMs', 'roundTripVariationMs', 'lossIn', 'lossOut', 'route'] as const) {
      expect(relayed[figure], figure).toBeUndefined()
    }
    network.between('0', 'host').set({ outage: true })
    await network.run(3_000)
    expect(two.stats(three.id).state).toBe('reconnecting')
    expect(three.stats(two.id).state).toBe('connected')
    network.between('0', 'host').set({ outage: false })
    await network.run(6_000)
    expect(two.stats(three.id).state).toBe('connected')
  })

  it('relays nothing where its host does not want it', async () => {
    const [, two] = (await star(2, { serverRelay: false })) as [Room, Room, Room]
    expect(two.peers).toEqual([1])
  })

  it('passes on with the polled style, without waiting for the host to poll', async () => {
    const [host, two, three] = (await star(2, { autoPoll: false })) as [Room, Room, Room]
    for (const room of rooms) room.poll()
    await network.run(100)
    for (const room of rooms) room.poll()
    expect(two.peers).toEqual([1, three.id])
    const heard: unknown[] = []
    for (const room of [host, three]) room.on('packet', (value, from) => heard.push([room.id, value, from]))
    two.send('all')
    await network.run(100)
    expect(heard).toEqual([])
    three.poll()
    expect(heard).toEqual([[three.id, 'all', two.id]])
    host.poll()
    expect(heard).toEqual([
      [three.id, 'all', two.id],
      [1, 'all', two.id],
    ])
  })
})

describe('with authentication', () => {
  it('whom the host let in the others let in, and are not asked', async () => {
    const [, two, three] = (await star(2, { authentication: password('swordfish') })) as [Room, Room, Room]
    expect([two.peers, three.peers]).toEqual([
      [1, three.id],
      [1, two.id],
    ])
    const heard: unknown[] = []
    three.on('packet', (value, from) => heard.push([value, from]))
    two.send('all')
    await network.run(100)
    expect(heard).toEqual([['all', two.id]])
  })

  it('who is not let in hears and is heard by nobody', async () => {
    const [host, two] = (await star(1, { authentication: password('swordfish') })) as [Room, Room]
    const joined: unknown[] = []
    two.on('peerConnected', (id) => joined.push(id))
    const refused = joinRoom({ ...network.peerOptions('x'), room: host.code, authentication: password('guess') })
    await expect(network.until(refused)).rejects.toThrow()
    await network.run(500)
    expect([joined, two.peers, host.peers]).toEqual([[], [1], [two.id]])
  })
})

describe('the services', () => {
  it('talk across the host as they do directly', async () => {
    const star = await Star.of(0)
    network = star.network
    rooms = []
    const services: unknown[] = []
    const api = (player: Player) => new MultiplayerAPI({ multiplayerPeer: player.peer, clock: network.clock })
    api(star.host)
    const couriers = [star.join(), star.join()].map((player) =>
      api(player).addPart([5], {
        receive: (message, from) => services.push([player.peer.uniqueId, [...message], from]),
      }),
    )
    await star.settled()
    couriers[0]!.send(Uint8Array.of(5, 1, 2), { to: 3 })
    await network.run(100)
    expect(services).toEqual([[3, [5, 1, 2], 2]])
    await star.close()
  })
})
