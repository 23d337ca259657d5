import { describe, expect, it } from 'vitest'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import type { ServerMessage } from '../../../src/net/signaling/messages.ts'
import { RawClient, until, withServer } from './support.ts'

type Joined = Extract<ServerMessage, { type: 'joined' }>
type Connect = Parameters<Parameters<typeof withServer>[1]>[0]

async function resume(connect: Connect, { id, room, resume }: Joined, { fresh = false, secret = resume.secret } = {}) {
  const client = await connect()
  client.say({ type: 'resume', version: 2, room: room.code, id, secret, ...(fresh && { fresh }) })
  return { client, answer: await Promise.race([client.heard('joined'), client.heard('error')]) }
}

describe('a client whose socket broke', () => {
  it('comes back to its id and room with its secret, which is good for once', async () => {
    await withServer({}, async (connect) => {
      const host = await connect()
      const { room, id: hostId } = await host.create()
      const guest = await connect()
      const joined = await guest.join(room.code)
      guest.socket.terminate()
      await guest.closed
      const { client, answer } = await resume(connect, joined)
      expect(answer).toMatchObject({
        type: 'joined',
        id: joined.id,
        room: { code: room.code },
        peers: [{ id: hostId }],
      })
      expect(host.messages.map(({ type }) => type)).not.toContain('peer_left')
      expect(await host.heard('peer_back')).toEqual({ type: 'peer_back', id: joined.id })
      expect((answer as Joined).resume.secret).not.toBe(joined.resume.secret)
      await client.settled()
      expect((await resume(connect, joined)).answer).toMatchObject({ type: 'error', code: 'ERR_DOES_NOT_EXIST' })
      expect((await resume(connect, answer as Joined)).answer.type).toBe('joined')
    })
  })

  it('takes the place from its old socket, which may still look well', async () => {
    await withServer({}, async (connect) => {
      const host = await connect()
      const { room } = await host.create()
      const guest = await connect()
      const joined = await guest.join(room.code)
      const { client } = await resume(connect, joined)
      expect((await guest.heard('closed')).code).toBe('ERR_ALREADY_IN_USE')
      await guest.closed
      client.say({ type: 'signal', to: 1, signal: { kind: 'description', type: 'offer', sdp: 'v=0' } })
      await client.settled()
      expect(host.messages.map(({ type }) => type)).toEqual(['joined', 'peer_joined', 'peer_back'])
    })
  })

  it('is told no more of why not than that there is no such place', async () => {
    await withServer({}, async (connect) => {
      const host = await connect()
      const joined = await host.create()
      const other = { ...joined, room: { ...joined.room, code: 'AAA-AAA-AAA' } }
      const wrong = await resume(connect, joined, { secret: '0'.repeat(32) })
      expect(wrong.answer).toMatchObject({ type: 'error', code: 'ERR_DOES_NOT_EXIST' })
      expect((await resume(connect, other)).answer).toEqual(wrong.answer)
      expect((await resume(connect, { ...joined, id: 77 })).answer).toEqual(wrong.answer)
    })
  })

  it('has lost its place when the time is over', async () => {
    const clock = new VirtualClock()
    await withServer({ clock, places: { resumeGraceMs: 30_000 } }, async (connect, server) => {
      const host = await connect()
      const { room } = await host.create()
      const guest = await connect()
      const joined = await guest.join(room.code)
      guest.socket.terminate()
      await until(() => server.connectionCount === 1)
      await pass(clock, 29_000)
      expect(host.messages.map(({ type }) => type)).not.toContain('peer_left')
      await pass(clock, 6_000)
      expect(await host.heard('peer_left')).toEqual({ type: 'peer_left', id: joined.id })
      expect((await resume(connect, joined)).answer.type).toBe('error')
    })
  })

  it('is a newcomer under its old id when its connections are gone too', async () => {
    await withServer({}, async (connect) => {
      const first = await connect()
      const joined = await first.create()
      const guest = await connect()
      const { id: guestId } = await guest.join(joined.room.code)
      const { answer } = await resume(connect, joined, { fresh: true })
      expect(answer).toMatchObject({ id: joined.id, room: { host: joined.id }, peers: [{ id: guestId, offer: true }] })
      await guest.heard('peer_joined')
      expect(guest.messages.slice(1)).toMatchObject([
        { type: 'peer_left', id: joined.id },
        { type: 'peer_joined', id: joined.id },
      ])
    })
  })
})

describe('a star that waits', () => {
  const create = async (connect: Connect) => {
    const host = await connect()
    host.say({ type: 'create', version: 2, topology: 'star', whenHostLeaves: 'wait' })
    return { host, joined: await host.heard('joined') }
  }

  it('goes on when its host comes back, and lets nobody in meanwhile', async () => {
    await withServer({}, async (connect) => {
      const { host, joined } = await create(connect)
      const guest = await connect()
      const { id } = await guest.join(joined.room.code)
      host.say({ type: 'leave' })
      expect(await guest.heard('peer_left')).toEqual({ type: 'peer_left', id: 1 })
      const early = await connect()
      early.say({ type: 'join', version: 2, room: joined.room.code })
      expect((await early.heard('error')).code).toBe('ERR_UNAVAILABLE')
      const { answer } = await resume(connect, joined, { fresh: true })
      expect(answer).toMatchObject({ type: 'joined', id: 1, peers: [{ id, offer: true }] })
      expect(await guest.heard('peer_joined')).toMatchObject({ id: 1 })
      await (await connect()).join(joined.room.code)
    })
  })

  it('ends when its host does not', async () => {
    const clock = new VirtualClock()
    await withServer({ clock, places: { hostWaitMs: 60_000 } }, async (connect) => {
      const { host, joined } = await create(connect)
      const guest = await connect()
      await guest.join(joined.room.code)
      host.say({ type: 'leave' })
      await guest.heard('peer_left')
      await pass(clock, 70_000, () => Promise.race([guest.settled(), guest.closed]))
      expect((await guest.heard('closed')).code).toBe('ERR_ROOM_CLOSED')
    })
  })
})

describe('a process that died', () => {
  it('is found by the others, which give its places up', async () => {
    const adapter = new MemoryAdapter()
    const clock = new VirtualClock()
    // A process whose time stands still renews nothing.
    const dead = await createSignalingServer({ host: '127.0.0.1', adapter, clock: new VirtualClock() })
    await withServer({ adapter, clock }, async (connect) => {
      const host = await connect()
      const { room } = await host.create()
      const lost = await RawClient.connect(dead.url)
      const { id } = await lost.join(room.code)
      await pass(clock, 90_000, async () => host.settled())
      expect(await host.heard('peer_left')).toEqual({ type: 'peer_left', id })
      expect(adapter.roomCount).toBe(1)
      lost.socket.terminate()
    })
    await dead.close()
  })
})

describe('a server that drains', () => {
  it('takes no new sockets, and its clients come back elsewhere to the same rooms', async () => {
    const adapter = new MemoryAdapter()
    const leaving = await createSignalingServer({ host: '127.0.0.1', adapter })
    const clients = await Promise.all(Array.from({ length: 30 }, () => RawClient.connect(leaving.url)))
    const places = await Promise.all(clients.map((client) => client.create()))
    const startedAt = performance.now()
    const { url } = leaving
    const drained = leaving.drain(1_000)
    await expect(RawClient.connect(url)).rejects.toThrow()
    const codes = await Promise.all(clients.map(({ closed }) => closed))
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([1012]))
    await drained
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    await withServer({ adapter }, async (connect) => {
      const back = await Promise.all(places.map((place) => resume(connect, place)))
      expect(back.map(({ answer }) => (answer as Joined).id)).toEqual(places.map(({ id }) => id))
    })
  })
})

/** Lets virtual time pass, second by second, so that sockets and stores keep up. */
async function pass(clock: VirtualClock, ms: number, between: () => Promise<unknown> = async () => {}): Promise<void> {
  for (let at = 0; at < ms; at += 1_000) {
    clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 1))
    await between()
  }
}
