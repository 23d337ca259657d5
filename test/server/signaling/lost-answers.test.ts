// A client comes back, and its socket breaks again before it reads the secret for the next time.

import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignalingAdapter } from '../../../server/signaling/adapter.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { RedisAdapter } from '../../../server/signaling/redis-adapter.ts'
import type { RoomState } from '../../../server/signaling/room-state.ts'
import { confirm, openState, restored, resume } from '../../../server/signaling/room-state.ts'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import type { ServerMessage } from '../../../src/net/signaling/messages.ts'
import { createRoom } from '../../../src/net/signaling/room.ts'
import { thrown } from '../../net/signaling/support.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { RawClient, withServer } from './support.ts'

type Joined = Extract<ServerMessage, { type: 'joined' }>

let redis: RedisServer
beforeAll(async () => {
  redis = await RedisServer.start()
})
afterAll(() => redis.kill())

/** A client that asks for the place of `joined` with its secret. */
async function comeBack(url: string, { id, room, resume: { secret } }: Joined) {
  const client = await RawClient.connect(url)
  client.say({ type: 'resume', version: 2, room: room.code, id, secret })
  return { client, answer: await Promise.race([client.heard('joined'), client.heard('error')]) }
}

/** Its answer came, but to nobody: the socket breaks without a word. */
async function comeBackInVain(url: string, joined: Joined): Promise<Joined> {
  const { client, answer } = await comeBack(url, joined)
  client.socket.terminate()
  await client.closed
  return answer as Joined
}

const NO_PLACE = { type: 'error', code: 'ERR_DOES_NOT_EXIST' }

describe.each<[string, () => SignalingAdapter & { close?(): Promise<void> }]>([
  ['memory', () => new MemoryAdapter()],
  ['Redis', () => new RedisAdapter({ url: redis.url })],
])('a client whose socket breaks before it reads its new secret, with rooms in %s', (_, makeAdapter) => {
  const withTwoServers = async (test: (urls: [string, string], adapter: SignalingAdapter) => Promise<void>) => {
    const adapters = [makeAdapter(), makeAdapter()]
    const shared = adapters[0] instanceof MemoryAdapter ? [adapters[0], adapters[0]] : adapters
    const servers = await Promise.all(
      shared.map((adapter) => createSignalingServer({ host: '127.0.0.1', adapter: adapter! })),
    )
    try {
      await test([servers[0]!.url, servers[1]!.url], shared[0]!)
    } finally {
      await Promise.all(servers.map((server) => server.close()))
      for (const adapter of adapters) await adapter.close?.()
    }
  }
  /** The store knows that the newest secret of `id` was read. */
  const spent = (adapter: SignalingAdapter, { id, room }: Joined) =>
    expect
      .poll(async () => {
        const state = await adapter.transact<RoomState>(room.code, (record) => record)
        return state?.places[id]?.previous
      })
      .toBeUndefined()

  it('comes back with the one before, as often as that happens, at any process', async () => {
    await withTwoServers(async ([here, there]) => {
      const host = await RawClient.connect(here)
      const guest = await RawClient.connect(there)
      const opened = await host.create()
      const joined = await guest.join(opened.room.code)
      guest.socket.terminate()
      const unread = [await comeBackInVain(here, joined), await comeBackInVain(there, joined)]
      const { client, answer } = await comeBack(here, joined)
      expect(answer).toMatchObject({ type: 'joined', id: joined.id, room: { code: joined.room.code } })
      expect(host.messages.map(({ type }) => type)).not.toContain('peer_left')
      client.say({ type: 'signal', to: opened.id, signal: { kind: 'failed' } })
      expect((await host.heard('signal')).from).toBe(joined.id)
      // What nobody has read is nobody's key.
      for (const lost of unread) expect((await comeBack(there, lost)).answer).toMatchObject(NO_PLACE)
    })
  })

  it('has spent the one before with its first word, and only the newest is good then', async () => {
    await withTwoServers(async ([here, there], adapter) => {
      const host = await RawClient.connect(here)
      const joined = await host.create()
      const { client, answer } = await comeBack(there, joined)
      client.say({ type: 'ping' })
      await spent(adapter, joined)
      expect((await comeBack(here, joined)).answer).toMatchObject(NO_PLACE)
      client.socket.terminate()
      await client.closed
      expect((await comeBack(here, joined)).answer).toMatchObject(NO_PLACE)
      const again = await comeBack(here, answer as Joined)
      expect(again.answer).toMatchObject({ type: 'joined', id: joined.id })
      // It needs no word: who shows the newest one has read it.
      expect((await comeBack(there, joined)).answer).toMatchObject(NO_PLACE)
    })
  })

  it('takes the place from whoever came with the same secret in between, whose own is worth nothing then', async () => {
    await withTwoServers(async ([here, there]) => {
      const host = await RawClient.connect(here)
      const joined = await host.create()
      const thief = await comeBack(there, joined)
      const { client, answer } = await comeBack(here, joined)
      expect(answer.type).toBe('joined')
      expect((await thief.client.heard('closed')).code).toBe('ERR_ALREADY_IN_USE')
      expect((await comeBack(there, thief.answer as Joined)).answer).toMatchObject(NO_PLACE)
      await client.settled()
    })
  })
})

it('what was said before the answer does not show that it was read', async () => {
  let answer = () => {}
  let asked = Promise.resolve()
  const iceServers = async () => {
    await asked
    return { iceServers: [], lifetimeSeconds: 600 }
  }
  await withServer({ iceServers }, async (connect, server) => {
    const joined = await (await connect()).create()
    asked = new Promise((resolve) => {
      answer = resolve
    })
    const { id, room } = joined
    const hasty = await connect()
    hasty.say({ type: 'resume', version: 2, room: room.code, id, secret: joined.resume.secret })
    hasty.say({ type: 'ping' })
    // Answered by the socket itself, in order: the server has the message above, too.
    hasty.socket.ping()
    await once(hasty.socket, 'pong')
    answer()
    await hasty.heard('pong')
    hasty.socket.terminate()
    await hasty.closed
    expect((await comeBack(server.url, joined)).answer.type).toBe('joined')
  })
})

describe('the secret before the newest', () => {
  const presence = {}
  const arrival = (secret: string) => ({ secret, until: 1_000 })
  const state = openState(
    createRoom({ code: 'A', topology: 'star' }, () => 0),
    { secret: 'first', holder: 'me', until: 1_000 },
  )
  const back = resume(state, 1, 'first', arrival('second'), { fresh: false, presence })

  it('is spent by the socket that has the place, and by no older one', () => {
    const again = resume(back, 1, 'first', arrival('third'), { fresh: false, presence })
    expect(confirm(again, 1, back.places[1]!.link)).toBe(again)
    const confirmed = confirm(again, 1, again.places[1]!.link)
    expect(confirmed.revision).toBe(again.revision)
    expect(thrown(() => resume(confirmed, 1, 'first', arrival('x'), { fresh: false, presence }))).toBe(
      'ERR_DOES_NOT_EXIST',
    )
    expect(confirm(confirmed, 1, again.places[1]!.link)).toBe(confirmed)
  })

  it('is spent when a room is restored by what a member remembers, which may be older than its end', () => {
    const anew = restored(undefined, back)
    expect(thrown(() => resume(anew, 1, 'first', arrival('x'), { fresh: false, presence }))).toBe('ERR_DOES_NOT_EXIST')
    expect(resume(anew, 1, 'second', arrival('x'), { fresh: false, presence }).places[1]).toMatchObject({
      previous: 'second',
    })
    expect(restored(back, back)).toBe(back)
  })
})
