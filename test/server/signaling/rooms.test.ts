import { describe, expect, it } from 'vitest'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import type { SignalingServerOptions } from '../../../server/signaling/options.ts'
import type { RoomState } from '../../../server/signaling/room-state.ts'
import type { ClientMessage, ServerMessage } from '../../../src/net/signaling/messages.ts'
import { type RawClient, withServer } from './support.ts'

type Asked<Type extends ClientMessage['type']> = Omit<Extract<ClientMessage, { type: Type }>, 'type' | 'version'>
type Connect = Parameters<Parameters<typeof withServer>[1]>[0]

/** A new client's first message, and its answer. */
async function ask<Type extends 'create' | 'join' | 'match' | 'list'>(
  connect: Connect,
  type: Type,
  asked: Asked<Type>,
): Promise<{ client: RawClient; answer: ServerMessage }> {
  const client = await connect()
  client.say({ type, version: 2, ...asked } as ClientMessage)
  const answer = await Promise.race([client.heard('joined'), client.heard('error'), client.heard('rooms')])
  return { client, answer }
}

async function enter<Type extends 'create' | 'join' | 'match'>(connect: Connect, type: Type, asked: Asked<Type>) {
  const { client, answer } = await ask(connect, type, asked)
  if (answer.type !== 'joined') throw new Error(`not let in: ${JSON.stringify(answer)}`)
  return { client, joined: answer }
}

const refusal = async (...[connect, type, asked]: Parameters<typeof ask<'join'>>) => {
  const { answer } = await ask(connect, type, asked)
  return answer.type === 'error' ? answer : undefined
}

const withRooms = (test: (connect: Connect) => Promise<void>, options: SignalingServerOptions = {}) =>
  withServer(options, (connect) => test(connect))

describe('a password', () => {
  it('lets in who knows it, and says the same to who does not as where there is no room', async () => {
    const adapter = new MemoryAdapter()
    await withRooms(
      async (connect) => {
        const { joined } = await enter(connect, 'create', { topology: 'mesh', password: 'swordfish' })
        const { code: room } = joined.room
        expect(joined.room.locked).toBe(true)
        const wrong = await refusal(connect, 'join', { room, password: 'guess' })
        const missing = await refusal(connect, 'join', { room })
        const nowhere = await refusal(connect, 'join', { room: 'AAA-AAA-AAA', password: 'guess' })
        expect(wrong?.code).toBe('ERR_ROOM_NOT_FOUND')
        expect(missing).toEqual(wrong)
        expect(nowhere?.message.replace('AAA-AAA-AAA', room)).toBe(wrong?.message)
        await enter(connect, 'join', { room, password: 'swordfish' })
        const state = await adapter.transact<RoomState>(room, (record) => record)
        expect(JSON.stringify(state)).not.toContain('swordfish')
      },
      { adapter },
    )
  })

  it('takes as long to be refused where there is no room', async () => {
    await withRooms(async (connect) => {
      const { joined } = await enter(connect, 'create', { topology: 'mesh', password: 'swordfish' })
      const time = async (room: string) => {
        const client = await connect()
        const startedAt = performance.now()
        client.say({ type: 'join', version: 2, room, password: 'guess' })
        await client.heard('error')
        return performance.now() - startedAt
      }
      const times: [wrong: number, nowhere: number][] = []
      for (let n = 0; n < 9; n++) times.push([await time(joined.room.code), await time('AAA-AAA-AAA')])
      const ratios = times.map(([wrong, nowhere]) => wrong / nowhere).sort((a, b) => a - b)
      expect(ratios[4]).toBeGreaterThan(0.5)
      expect(ratios[4]).toBeLessThan(2)
    })
  })
})

describe('the list of public rooms', () => {
  it('has those that are public, page by page, with filters on what they are', async () => {
    await withRooms(async (connect) => {
      await enter(connect, 'create', { topology: 'mesh', metadata: { mode: 'ctf' } })
      for (let n = 0; n < 5; n++) {
        const metadata = { mode: n % 2 ? 'ctf' : 'dm', level: n }
        await enter(connect, 'create', { topology: 'mesh', public: true, maxPeers: n === 4 ? 1 : 8, metadata })
      }
      const list = async (asked: Asked<'list'>) => {
        const { answer } = await ask(connect, 'list', asked)
        if (answer.type !== 'rooms') throw new Error(JSON.stringify(answer))
        return answer
      }
      const first = await list({ limit: 3 })
      const second = await list({ limit: 3, after: first.next! })
      expect([...first.rooms, ...second.rooms].map(({ metadata }) => metadata.level).sort()).toEqual([0, 1, 2, 3, 4])
      expect(second.next).toBeUndefined()
      const levels = async (filter: NonNullable<Asked<'list'>['filter']>) =>
        (await list({ filter })).rooms.map(({ metadata }) => metadata.level).sort()
      expect(await levels({ metadata: { mode: 'ctf' } })).toEqual([1, 3])
      expect(await levels({ metadata: { mode: 'dm', level: 2 } })).toEqual([2])
      expect(await levels({ metadata: { level: '2' } })).toEqual([])
      expect(await levels({ open: false })).toEqual([4])
      expect(await levels({ topology: 'star' })).toEqual([])
      expect(await levels({ minPlayers: 2 })).toEqual([])
      expect(first.rooms[0]).toMatchObject({ topology: 'mesh', players: 1, sealed: false, locked: false })
    })
  })

  it('follows what the host changes', async () => {
    await withRooms(async (connect) => {
      const { client, joined } = await enter(connect, 'create', { topology: 'mesh' })
      const guest = await enter(connect, 'join', { room: joined.room.code })
      client.say({ type: 'update', public: true, metadata: { map: 'dust' } })
      expect((await guest.client.heard('room')).room).toMatchObject({ public: true, metadata: { map: 'dust' } })
      const { answer } = await ask(connect, 'list', { filter: { metadata: { map: 'dust' } } })
      expect(answer).toMatchObject({ rooms: [{ code: joined.room.code, players: 2 }] })
      guest.client.say({ type: 'update', public: false })
      expect((await guest.client.heard('error')).code).toBe('ERR_UNAUTHORIZED')
    })
  })
})

describe('a quick match', () => {
  const wish = { topology: 'mesh', maxPeers: 4, metadata: { mode: 'ctf' } } as const

  it('brings those together who ask at the same instant, into rooms that are full before there is another', async () => {
    const adapter = new MemoryAdapter()
    await withServer({ adapter }, async (connect) => {
      await withServer({ adapter }, async (connectThere) => {
        const places = await Promise.all(
          Array.from({ length: 10 }, (_, n) => enter(n % 2 ? connect : connectThere, 'match', wish)),
        )
        const sizes = new Map<string, number>()
        for (const { joined } of places) sizes.set(joined.room.code, (sizes.get(joined.room.code) ?? 0) + 1)
        expect([...sizes.values()].sort()).toEqual([2, 4, 4])
      })
    })
  })

  it('leads to any open room that says so, and to no other', async () => {
    await withRooms(async (connect) => {
      const metadata = { mode: 'ctf', map: 'dust' }
      await enter(connect, 'create', { ...wish, metadata })
      await enter(connect, 'create', { ...wish, metadata, public: true, password: 'secret' })
      await enter(connect, 'create', { ...wish, metadata: { mode: 'dm' }, public: true })
      await enter(connect, 'create', { ...wish, maxPeers: 5, public: true })
      const right = await enter(connect, 'create', { ...wish, metadata, public: true })
      const matched = await enter(connect, 'match', wish)
      expect(matched.joined.room.code).toBe(right.joined.room.code)
      right.client.say({ type: 'seal', sealed: true })
      await matched.client.heard('room')
      const other = await enter(connect, 'match', wish)
      expect(other.joined.peers).toEqual([])
      expect(other.joined.room).toMatchObject({ public: true, maxPeers: 4, metadata: { mode: 'ctf' } })
    })
  })
})

describe('a host', () => {
  it('throws a peer out, which is told, and so are the others; it may come again', async () => {
    await withRooms(async (connect) => {
      const host = await enter(connect, 'create', { topology: 'mesh' })
      const room = host.joined.room.code
      const [bad, good] = [await enter(connect, 'join', { room }), await enter(connect, 'join', { room })]
      good.client.say({ type: 'kick', id: host.joined.id, ban: false })
      expect((await good.client.heard('error')).code).toBe('ERR_UNAUTHORIZED')
      host.client.say({ type: 'kick', id: bad.joined.id, ban: false })
      expect((await bad.client.heard('closed')).code).toBe('ERR_KICKED')
      expect(await good.client.heard('peer_left')).toEqual({ type: 'peer_left', id: bad.joined.id, kicked: true })
      host.client.say({ type: 'kick', id: bad.joined.id, ban: false })
      expect((await host.client.heard('error')).code).toBe('ERR_DOES_NOT_EXIST')
      await enter(connect, 'join', { room })
    })
  })

  it('bans whoever holds a subject, and nobody else', async () => {
    const authorize = ({ token }: { token?: string }) => ({ subject: token ?? 'nobody' })
    await withRooms(
      async (connect) => {
        const host = await enter(connect, 'create', { topology: 'mesh', token: 'host' })
        const room = host.joined.room.code
        const bad = await enter(connect, 'join', { room, token: 'bad' })
        host.client.say({ type: 'kick', id: bad.joined.id, ban: true })
        await bad.client.closed
        expect((await refusal(connect, 'join', { room, token: 'bad' }))?.code).toBe('ERR_KICKED')
        await enter(connect, 'join', { room, token: 'good' })
      },
      { authorize },
    )
  })
})

describe('presence', () => {
  it('is told to the others, cleaned, when somebody comes and when it changes', async () => {
    await withRooms(async (connect) => {
      const host = await enter(connect, 'create', {
        topology: 'mesh',
        presence: { name: 'Ada\u202e\n', properties: { team: 1 } },
      })
      const guest = await enter(connect, 'join', { room: host.joined.room.code, presence: { visible: false } })
      expect(guest.joined.peers[0]?.presence).toEqual({ name: 'Ada', properties: { team: 1 }, visible: true })
      expect((await host.client.heard('peer_joined')).presence).toEqual({ name: '', properties: {}, visible: false })
      host.client.say({ type: 'presence', presence: { visible: false } })
      const { id } = host.joined
      const presence = { name: 'Ada', properties: { team: 1 }, visible: false }
      expect(await guest.client.heard('presence')).toEqual({ type: 'presence', id, presence })
    })
  })

  it('has the name that the operator gave, which the player cannot change', async () => {
    await withRooms(
      async (connect) => {
        const host = await enter(connect, 'create', { topology: 'mesh', presence: { name: 'Admin' } })
        host.client.say({ type: 'presence', presence: { name: 'Admin', visible: false } })
        const guest = await enter(connect, 'join', { room: host.joined.room.code })
        expect(guest.joined.peers[0]?.presence).toEqual({ name: 'Ada', properties: {}, visible: false })
      },
      { authorize: () => ({ name: 'Ada' }) },
    )
  })
})

describe('a member whose traffic is above its rate', () => {
  it('is refused, now and then told so, and closed only when it floods', async () => {
    await withRooms(
      async (connect) => {
        const { client } = await enter(connect, 'create', { topology: 'mesh' })
        for (let n = 0; n < 200; n++) client.say({ type: 'ping' })
        await client.heard('error')
        await new Promise((resolve) => setTimeout(resolve, 100))
        expect(client.codes()).toEqual(['ERR_RATE_LIMITED'])
        expect(client.socket.readyState).toBe(client.socket.OPEN)
        for (let n = 0; n < 1_000; n++) client.say({ type: 'ping' })
        expect(await client.closed).toEqual({ code: 1008, reason: 'ERR_RATE_LIMITED' })
      },
      { limits: { messageBurst: 50, messagesPerSecond: 5 } },
    )
  })
})

describe('a star whose clients all come at once', () => {
  it('does not use up what its host may send: what others cause does not count', async () => {
    await withRooms(
      async (connect) => {
        const host = await enter(connect, 'create', { topology: 'star', maxPeers: 64 })
        const room = host.joined.room.code
        const guests = await Promise.all(Array.from({ length: 20 }, () => enter(connect, 'join', { room })))
        const answer = { kind: 'description', type: 'answer', sdp: 'v=0' } as const
        const candidate = {
          kind: 'candidate',
          media: '0',
          index: 0,
          name: 'candidate:1 1 UDP 1 10.0.0.1 9 typ host',
        } as const
        host.client.socket.on('message', (data) => {
          const message = JSON.parse(String(data)) as ServerMessage
          if (message.type !== 'signal') return
          const signal = message.signal.kind === 'description' ? answer : candidate
          host.client.say({ type: 'signal', to: message.from, signal })
        })
        await Promise.all(
          guests.map(async ({ client }) => {
            client.say({ type: 'signal', to: 1, signal: { ...answer, type: 'offer' } })
            for (let n = 0; n < 12; n++) client.say({ type: 'signal', to: 1, signal: candidate })
            await expect.poll(() => client.messages.filter(({ type }) => type === 'signal').length).toBe(13)
          }),
        )
        expect(host.client.codes()).toEqual([])
      },
      // Far below the 260 messages that the host answers with.
      { limits: { messageBurst: 40, messagesPerSecond: 5 } },
    )
  })
})
