// What takes the server much more work than the client that asks for it.

import { once } from 'node:events'
import { createConnection } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  LISTINGS_AT_ONCE_PER_ADDRESS,
  MAX_PENDING_HANDSHAKES_PER_ADDRESS,
  PASSWORDS_AT_ONCE_PER_ADDRESS,
} from '../../../server/signaling/constants.ts'
import type { RoomState } from '../../../server/signaling/room-state.ts'
import { stateChange } from '../../../server/signaling/room-state.ts'
import { SortedKeys } from '../../../server/signaling/sorted-keys.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { roomChange } from '../../../src/net/signaling/room.ts'
import { Chance } from '../../fuzz/support/chance.ts'
import { RawClient, withServer } from './support.ts'

describe('listings', () => {
  it('of one address are so many at once, however many its clients are; other addresses do not notice', async () => {
    const clock = new VirtualClock()
    await withServer({ clock }, async (connect) => {
      const clients = await Promise.all(Array.from({ length: 5 }, () => connect()))
      for (const client of clients) {
        for (let n = 0; n < 60; n++) client.say({ type: 'list', version: 2 })
        await client.heard('rooms')
        await client.settled()
      }
      const types = clients.flatMap(({ messages }) => messages.map(({ type }) => type))
      expect(types.filter((type) => type === 'rooms')).toHaveLength(LISTINGS_AT_ONCE_PER_ADDRESS)
      expect(new Set(clients.flatMap((client) => client.codes()))).toEqual(new Set(['ERR_RATE_LIMITED']))
      const other = await connect({ localAddress: '127.0.0.2' })
      other.say({ type: 'list', version: 2 })
      await other.heard('rooms')
    })
  })

  it('go through the keys in order, from any of them or between them', () => {
    const chance = new Chance(3)
    const keys = new SortedKeys()
    const known = new Set<string>()
    for (let round = 0; round < 2_000; round++) {
      const key = String(chance.below(50))
      if (chance.oneIn(2)) {
        keys.add(key)
        known.add(key)
      } else {
        keys.delete(key)
        known.delete(key)
      }
      const after = chance.oneIn(3) ? undefined : String(chance.below(50))
      const expected = [...known].sort().filter((each) => after === undefined || each > after)
      expect([...keys.after(after)]).toEqual(expected)
    }
  })
})

it('passwords of one address are so many at once, of new rooms as of old ones', async () => {
  const clock = new VirtualClock()
  await withServer({ clock }, async (connect) => {
    const refused: string[] = []
    for (let n = 0; n <= PASSWORDS_AT_ONCE_PER_ADDRESS; n++) {
      const client = await connect()
      client.say({ type: 'create', version: 2, topology: 'mesh', password: 'x' })
      await Promise.race([client.heard('joined'), client.closed])
      refused.push(...client.codes())
    }
    expect(refused).toEqual(['ERR_RATE_LIMITED'])
    const guest = await connect()
    guest.say({ type: 'join', version: 2, room: 'AAA-AAA-AAA', password: 'x' })
    expect((await guest.heard('error')).code).toBe('ERR_RATE_LIMITED')
    const other = await connect({ localAddress: '127.0.0.2' })
    other.say({ type: 'create', version: 2, topology: 'mesh', password: 'x' })
    await other.heard('joined')
  })
}, 30_000)

it('connections that never shake hands are so many of one address, and do not keep others out', async () => {
  await withServer({ limits: { connections: 1 } }, async (connect, server) => {
    let cut = 0
    const silent = Array.from({ length: MAX_PENDING_HANDSHAKES_PER_ADDRESS + 20 }, () => {
      const socket = createConnection({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
      socket.on('error', () => {})
      socket.on('close', () => {
        cut += 1
      })
      return socket
    })
    await expect.poll(() => cut).toBe(20)
    await (await connect()).create()
    for (const socket of silent) socket.destroy()
  })
})

it('a socket that shook hands is none of those that are on their way', async () => {
  await withServer({ limits: { connectionsPerAddress: 1_000 } }, async (_, server) => {
    const clients: RawClient[] = []
    for (let n = 0; n < MAX_PENDING_HANDSHAKES_PER_ADDRESS + 5; n++) clients.push(await RawClient.connect(server.url))
    expect(server.connectionCount).toBe(clients.length)
    const closed = clients.map(({ socket }) => once(socket, 'close'))
    for (const { socket } of clients) socket.terminate()
    await Promise.all(closed)
  })
})

it.each(['mesh', 'star'] as const)(
  'changes of a large room, a %s, cost the one who makes them more than its text',
  async (topology) => {
    const changes = async (peers: number, until: (changer: RawClient, guest: RawClient) => Promise<unknown>) => {
      let told = 0
      const options = { clock: new VirtualClock(), limits: { messageBurst: 100, messagesPerSecond: 1 } }
      await withServer(options, async (connect) => {
        const host = await connect()
        const { room } = await host.create(topology, 64)
        const guests = await Promise.all(Array.from({ length: peers - 1 }, () => connect()))
        for (const guest of guests) await guest.join(room.code)
        const changer = guests.at(-1)!
        for (let n = 1; n <= 60; n++) changer.say({ type: 'presence', presence: { name: `${n}` } })
        await until(changer, guests[0]!)
        told = guests[0]!.messages.filter(({ type }) => type === 'presence').length
      })
      return told
    }
    const all = (_: RawClient, guest: RawClient) =>
      expect.poll(() => guest.messages.filter(({ type }) => type === 'presence').length).toBe(60)
    expect(await changes(3, all)).toBe(60)
    expect(await changes(32, (changer) => changer.heard('error'))).toBeLessThan(40)
  },
)

describe('in a room whose members all hear of it', () => {
  /** A star of ten, whose members come from 127.0.0.1. */
  async function crowd(connect: (options?: { localAddress: string }) => Promise<RawClient>) {
    const host = await connect()
    const { room } = await host.create('star', 16)
    const guests: RawClient[] = []
    for (let n = 0; n < 9; n++) {
      const guest = await connect()
      await guest.join(room.code)
      guests.push(guest)
    }
    return { host, guests, room: room.code }
  }
  const elsewhere = { localAddress: '127.0.0.2' }

  it('coming and going costs the address as many messages as hear of it, and others may come', async () => {
    // 160 at once.
    const options = { clock: new VirtualClock(), limits: { messagesPerSecondPerAddress: 10 } }
    await withServer(options, async (connect) => {
      const { room } = await crowd(connect)
      let entered = 0
      for (;;) {
        const client = await connect(elsewhere)
        client.say({ type: 'join', version: 2, room })
        const answer = await Promise.race([client.heard('joined'), client.heard('error')])
        if (answer.type === 'error') {
          expect(answer.code).toBe('ERR_RATE_LIMITED')
          break
        }
        entered += 1
        client.say({ type: 'leave' })
        await client.closed
      }
      // Each of them says two messages, and ten members hear of it.
      expect(entered).toBe(Math.floor(160 / 12))
      await (await connect({ localAddress: '127.0.0.3' })).join(room)
    })
  })

  it('changes cost the address of who makes them as many messages as hear of it, in however many rooms', async () => {
    const options = { clock: new VirtualClock(), limits: { messagesPerSecondPerAddress: 10 } }
    await withServer(options, async (connect) => {
      const flooded = [await crowd(connect), await crowd((own) => connect(own ?? { localAddress: '127.0.0.4' }))]
      const bad = [await connect(elsewhere), await connect(elsewhere)]
      for (const [n, { room }] of flooded.entries()) await bad[n]!.join(room)
      for (const client of bad) {
        for (let n = 1; n <= 20; n++) client.say({ type: 'presence', presence: { name: `${n}` } })
        expect((await client.heard('error')).code).toBe('ERR_RATE_LIMITED')
      }
      for (const { guests } of flooded) await guests[0]!.settled()
      const told = flooded.map(({ guests }) => guests[0]!.messages.filter(({ type }) => type === 'presence').length)
      expect(told[0]! + told[1]!).toBeLessThan(160 / 11)
    })
  })

  it('who floods it can be thrown out by its host all the same', async () => {
    const options = { clock: new VirtualClock(), limits: { messagesPerSecondPerRoom: 2 } }
    await withServer(options, async (connect) => {
      const { host, guests } = await crowd(connect)
      const [bad, good] = guests
      for (let n = 1; n <= 20; n++) bad?.say({ type: 'presence', presence: { name: `${n}` } })
      await bad?.heard('error')
      host.say({ type: 'seal', sealed: true })
      expect((await host.heard('error')).code).toBe('ERR_RATE_LIMITED')
      const { id } = await bad!.heard('joined')
      host.say({ type: 'kick', id, ban: true })
      expect((await bad!.heard('closed')).code).toBe('ERR_KICKED')
      expect((await good!.heard('player_left')).id).toBe(id)
    })
  })
})

it('what changed in a room is the same for each member, whether it is worked out for all or for one', () => {
  const chance = new Chance(9)
  const state = (revision: number): RoomState => {
    const peers = [1, 2, 3, 4, 5, 6].filter(() => !chance.oneIn(4))
    const presence = Object.fromEntries(
      peers.map((id) => [id, { name: `${chance.below(2)}`, properties: {}, visible: true }]),
    )
    const place = () => ({ life: 1, link: chance.below(2), secret: '', until: 0, holder: '' })
    return {
      code: 'A',
      topology: chance.oneIn(2) ? 'mesh' : 'star',
      maxPeers: 8,
      sealed: chance.oneIn(2),
      host: 1,
      public: false,
      locked: false,
      whenHostLeaves: 'wait',
      metadata: {},
      peers,
      presence,
      revision,
      places: Object.fromEntries(peers.map((id) => [id, place()])),
      bans: [],
    }
  }
  for (let round = 0; round < 500; round++) {
    const before = state(1)
    const after = { ...state(2), topology: before.topology }
    for (const id of before.peers.filter((peer) => after.peers.includes(peer))) {
      const { back, ...change } = stateChange(before, after, id)
      expect(change).toEqual(roomChange(before, after, id))
      expect(back.every((peer) => after.peers.includes(peer) && before.peers.includes(peer))).toBe(true)
    }
  }
})
