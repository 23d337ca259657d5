// A star's clients connect with its host only, and know of each other: who is there, what they say of themselves.

import { describe, expect, it } from 'vitest'
import type { MembershipClient, MembershipParts } from '../../../server/signaling/membership.ts'
import { Membership } from '../../../server/signaling/membership.ts'
import { admit, openState } from '../../../server/signaling/room-state.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import {
  MAX_NAME_LENGTH,
  MAX_PEER_ID,
  MAX_PEERS_LIMIT,
  MAX_SERVER_MESSAGE_LENGTH,
} from '../../../src/net/signaling/constants.ts'
import type { ServerMessage } from '../../../src/net/signaling/messages.ts'
import { createRoom } from '../../../src/net/signaling/room.ts'
import { readServerMessage } from '../../../src/net/signaling/server-messages.ts'
import { type RawClient, until, withServer } from './support.ts'

type Joined = Extract<ServerMessage, { type: 'joined' }>
type Connect = Parameters<Parameters<typeof withServer>[1]>[0]

const SIGNAL = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

/** A star of a host, 1, and two clients, with what they were told when they came. */
async function star(connect: Connect, whenHostLeaves: 'close' | 'wait' = 'close') {
  const host = await connect()
  host.say({ type: 'create', version: 2, topology: 'star', whenHostLeaves })
  const opened = await host.heard('joined')
  const [one, two] = [await connect(), await connect()]
  const first = await one.join(opened.room.code)
  const second = await two.join(opened.room.code)
  await one.heard('player_joined')
  return { host, one, two, opened, first, second }
}

async function resume(connect: Connect, { id, room, resume: { secret } }: Joined, fresh: boolean, name?: string) {
  const client = await connect()
  const presence = name !== undefined && { presence: { name } }
  client.say({ type: 'resume', version: 2, room: room.code, id, secret, fresh, ...presence })
  return { client, joined: await client.heard('joined') }
}

/** What `client` was told of others since its first message, beside signals. */
const told = (client: RawClient) => client.messages.slice(1).filter(({ type }) => type !== 'pong' && type !== 'signal')

describe('a player of a star', () => {
  it('hears nothing of another one whose socket broke and came back, and finds the same players when its own did', async () => {
    await withServer({}, async (connect) => {
      const { host, one, two, first, second } = await star(connect)
      one.socket.terminate()
      await one.closed
      const back = await resume(connect, first, false)
      expect(back.joined.players).toMatchObject([{ id: second.id }])
      expect(back.joined.peers.map(({ id }) => id)).toEqual([1])
      await host.heard('peer_back')
      await two.settled()
      expect(told(two)).toEqual([])
    })
  })

  it('hears what another one says of itself when that comes back, also with nothing but its place', async () => {
    await withServer({}, async (connect) => {
      const { host, two, first } = await star(connect)
      const { client, joined } = await resume(connect, first, true, 'Ada')
      expect(joined.peers).toMatchObject([{ id: 1, offer: true }])
      expect((await two.heard('presence')).presence.name).toBe('Ada')
      expect(told(two).map(({ type }) => type)).toEqual(['presence'])
      // For the host it is a peer to connect with anew.
      await until(() => told(host).length === 4)
      expect(told(host).map(({ type }) => type)).toEqual(['peer_joined', 'peer_joined', 'peer_left', 'peer_joined'])
      // And still none for the other.
      client.say({ type: 'signal', to: two.messages[0]?.type === 'joined' ? two.messages[0].id : 0, signal: SIGNAL })
      await client.settled()
      await two.settled()
      expect(two.messages.map(({ type }) => type)).not.toContain('signal')
    })
  })

  it('hears that another one is gone when its grace time is over, when it leaves, is thrown out or banned', async () => {
    const clock = new VirtualClock()
    await withServer({ clock, places: { resumeGraceMs: 30_000 } }, async (connect, server) => {
      const { host, one, two, first } = await star(connect)
      const ids = [first.id]
      for (let n = 0; n < 3; n++) ids.push((await (await connect()).join(first.room.code)).id)
      one.socket.terminate()
      await until(() => server.connectionCount === 5)
      host.say({ type: 'kick', id: ids[1]!, ban: false })
      await until(() => told(two).some((message) => message.type === 'player_left' && message.id === ids[1]))
      for (let at = 0; at < 40_000; at += 1_000) {
        clock.advance(1_000)
        await Promise.all([host.settled(), two.settled()])
      }
      await until(() => told(two).some((message) => message.type === 'player_left' && message.id === ids[0]))
      // All of this test come from one address: with the ban none of them comes again.
      host.say({ type: 'kick', id: ids[2]!, ban: true })
      await until(() => told(two).some((message) => message.type === 'player_left' && message.id === ids[2]))
      const banned = await connect()
      banned.say({ type: 'join', version: 2, room: first.room.code })
      expect((await banned.heard('error')).code).toBe('ERR_KICKED')
      await two.settled()
      const left = told(two).flatMap((message) => (message.type === 'player_left' ? [message.id] : []))
      expect(left).toEqual([ids[1], ids[0], ids[2]])
    })
  })

  it('knows the others still while its room waits for its host', async () => {
    await withServer({}, async (connect) => {
      const { host, one, two, opened, first, second } = await star(connect, 'wait')
      host.say({ type: 'leave' })
      await Promise.all([one.heard('peer_left'), two.heard('peer_left')])
      two.say({ type: 'presence', presence: { visible: false } })
      expect(await one.heard('presence')).toMatchObject({ id: second.id, presence: { visible: false } })
      const { joined } = await resume(connect, first, false)
      expect(joined.peers).toEqual([])
      expect(joined.players).toMatchObject([{ id: second.id, presence: { visible: false } }])
      const again = await resume(connect, opened, true)
      expect(new Set(again.joined.peers.map(({ id }) => id))).toEqual(new Set([first.id, second.id]))
      expect(again.joined.players).toBeUndefined()
      expect((await two.heard('peer_joined')).id).toBe(1)
    })
  })

  it('cannot speak for another one', async () => {
    await withServer({}, async (connect) => {
      const { one, two, first, second } = await star(connect)
      const forged = [
        { type: 'presence', id: second.id, presence: { name: 'x' } },
        { type: 'presence', from: second.id, presence: { name: 'x' } },
        { type: 'presence', presence: { name: 'x', id: second.id } },
        { type: 'player_joined', id: 77, presence: { name: 'x', properties: {}, visible: true } },
        { type: 'player_left', id: second.id },
      ]
      for (const message of forged) one.socket.send(JSON.stringify(message))
      one.say({ type: 'presence', presence: { name: 'really me' } })
      expect(await two.heard('presence')).toMatchObject({ id: first.id, presence: { name: 'really me' } })
      expect(one.codes()).toEqual(forged.map(() => 'ERR_INVALID_DATA'))
      expect(told(two)).toHaveLength(1)
    })
  })

  it('is told of a full room in one message that it can read, whatever the others say of themselves', () => {
    // As long as it gets: every character of the name takes two in JSON.
    const presence = {
      name: '"'.repeat(MAX_NAME_LENGTH),
      properties: { a: '"'.repeat(60), b: '"'.repeat(60) },
      visible: false,
    }
    const arrival = { secret: '', holder: '', until: 0 }
    const options = { code: 'AAA-BBB-CCC', topology: 'star', maxPeers: MAX_PEERS_LIMIT, presence } as const
    let state = openState(
      createRoom({ ...options, metadata: { map: 'x'.repeat(100) } }, () => 0),
      arrival,
    )
    const lastId = MAX_PEER_ID
    for (let id = lastId - MAX_PEERS_LIMIT + 2; id <= lastId; id++) state = admit(state, id, presence, arrival)
    const channel = { publish: () => undefined, close() {} }
    const parts = { places: { graceMs: 30_000 } } as MembershipParts
    const client: MembershipClient = { connection: 1, tell() {}, relay() {}, expelled() {} }
    const iceServers = [{ urls: ['x'.repeat(1_000)], username: 'x'.repeat(500), credential: 'x'.repeat(500) }]
    const admission = { id: lastId, state, channel, secret: 'x'.repeat(32), listen() {} }
    const joined = new Membership(admission, parts, client).joined(iceServers, 'x'.repeat(32))
    expect(joined.players).toHaveLength(MAX_PEERS_LIMIT - 2)
    const text = JSON.stringify(joined)
    expect(text.length).toBeGreaterThan(MAX_SERVER_MESSAGE_LENGTH / 2)
    const read = readServerMessage(text)
    expect(read).toMatchObject({ kind: 'message', message: { players: joined.players } })
  })
})
