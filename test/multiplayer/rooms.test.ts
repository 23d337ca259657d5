// Rooms as a game uses them: over a signaling server, with real connections.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSignalingServer, type SignalingServer } from '../../server/signaling/server.ts'
import { listRooms, quickMatch } from '../../src/multiplayer/join-room.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { BroadcastChannelSignaling } from '../../src/net/signaling/broadcast-channel.ts'
import { MemorySignaling } from '../../src/net/signaling/memory.ts'
import { thrown } from '../support/net-errors.ts'
import { atEnd, closeAll, join, LOOPBACK, until, Witness } from '../support/peers.ts'

let server: SignalingServer
beforeAll(async () => {
  server = await createSignalingServer({ host: '127.0.0.1' })
})
afterAll(() => server.close())
afterEach(closeAll)

describe.each([
  ['a signaling server', () => server.url],
  ['MemorySignaling', () => new MemorySignaling()],
])('over %s', (_, makeSignaling) => {
  it('a room is listed, found by a quick match, and described anew', async () => {
    const signaling = makeSignaling()
    const metadata = { mode: 'ctf' }
    const host = await join({ signaling, public: true, maxPeers: 4, metadata })
    expect(host).toMatchObject({ public: true, locked: false, metadata })
    const { rooms } = await listRooms({ signaling, metadata, open: true })
    expect(rooms).toMatchObject([{ code: host.code, players: 1, metadata }])
    const match = await quickMatch({ signaling, metadata, maxPeers: 4, node: LOOPBACK })
    atEnd(() => match.leave())
    expect(match.code).toBe(host.code)
    host.setMetadata({ mode: 'ctf', map: 'dust' })
    host.setPublic(false)
    await until(() => match.metadata.map === 'dust' && !match.public)
    expect((await listRooms({ signaling, metadata })).rooms).toEqual([])
    expect(thrown(() => match.setMetadata({}))).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(thrown(() => host.setMetadata({ mode: 'x'.repeat(500) }))).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
  })

  it('a password is asked for', async () => {
    const signaling = makeSignaling()
    const host = await join({ signaling, password: 'swordfish' })
    await expect(join({ signaling, room: host.code })).rejects.toMatchObject({ code: 'ERR_ROOM_NOT_FOUND' })
    await expect(join({ signaling, room: host.code, password: 'no' })).rejects.toMatchObject({
      code: 'ERR_ROOM_NOT_FOUND',
    })
    expect((await join({ signaling, room: host.code, password: 'swordfish' })).locked).toBe(true)
  })

  it('players are known by name, and who is thrown out is gone for everyone', async () => {
    const signaling = makeSignaling()
    const host = await join({ signaling, presence: { name: 'Ada' } })
    const [bad, good] = [await join({ signaling, room: host.code }), await join({ signaling, room: host.code })]
    const [ended, left] = [new Witness(bad), new Witness(good)]
    await until(() => good.peers.length === 2 && bad.peers.length === 2)
    expect(good.players.get(host.id)).toEqual({ name: 'Ada', properties: {}, visible: true })
    bad.setPresence({ name: 'Bob', properties: { team: 2 } })
    await until(() => host.players.get(bad.id)?.name === 'Bob')
    host.kick(bad.id)
    await ended.until(() => ended.ends.length === 1)
    expect(ended.ends[0]?.code).toBe('ERR_KICKED')
    expect(await left.lost(bad.id)).toBe('kicked')
    expect(good.peers).toEqual([host.id])
    expect([...host.players.keys()]).toEqual([good.id])
  })
})

describe.each([
  ['a signaling server', () => server.url, {}],
  ['a signaling server, and a host that passes nothing on', () => server.url, { serverRelay: false }],
  ['MemorySignaling', () => new MemorySignaling(), {}],
  ['BroadcastChannelSignaling', () => new BroadcastChannelSignaling({ channel: 'star-test' }), {}],
])('the players of a star over %s', (_, makeSignaling, options) => {
  it('know each other, although they connect with the host only', async () => {
    const signaling = makeSignaling()
    const host = await join({ signaling, topology: 'star', presence: { name: 'Ada' }, ...options })
    const [bob, cy] = [
      await join({ signaling, room: host.code, presence: { name: 'Bob' } }),
      await join({ signaling, room: host.code, presence: { name: 'Cy' } }),
    ]
    const changed: string[] = []
    const left: number[] = []
    bob.on('presenceChanged', (id, { name }) => changed.push(`${id === cy.id} ${name} ${bob.players.get(id)?.name}`))
    bob.on('playerLeft', (id) => left.push(bob.players.has(id) ? 0 : id))
    await until(() => [bob, cy].every((client) => client.players.size === 2))
    const names = (room: Room) => [...room.players.values()].map(({ name }) => name).sort()
    expect([names(host), names(bob), names(cy)]).toEqual([
      ['Bob', 'Cy'],
      ['Ada', 'Cy'],
      ['Ada', 'Bob'],
    ])
    cy.setPresence({ name: 'Dan', properties: { team: 2 } })
    await until(() => bob.players.get(cy.id)?.properties.team === 2)
    expect(changed.at(-1)).toBe('true Dan Dan')
    // Over whichever way they hear of each other, each has one connection, with the host.
    expect([bob, cy].map((client) => client.stats(1).via)).toEqual([undefined, undefined])
    if ('serverRelay' in options) expect(bob.peers).toEqual([1])
    else {
      await until(() => bob.peers.length === 2)
      expect(bob.stats(cy.id).via).toBe(1)
    }
    host.kick(cy.id)
    await until(() => left.length === 1)
    expect(left).toEqual([cy.id])
    expect(names(bob)).toEqual(['Ada'])
  })
})

describe('a star that waits for its host', () => {
  it('connects with it again when it comes back to its place', async () => {
    const star = { topology: 'star', whenHostLeaves: 'wait' } as const
    const host = await join({ signaling: server.url, ...star })
    const client = await join({ signaling: server.url, room: host.code })
    const witness = new Witness(client)
    const { place } = host
    await host.leave()
    await witness.lost(1)
    const again = await join({ signaling: server.url, place })
    expect([again.id, again.code]).toEqual([1, host.code])
    await until(() => again.peers.includes(client.id))
    again.send('back', { to: client.id })
    await witness.heard(1)
    expect(witness.ends).toEqual([])
  })
})

describe('a member whose page was loaded anew', () => {
  it('comes back under its id, and everyone connects with it anew', async () => {
    const host = await join({ signaling: server.url })
    const old = await join({ signaling: server.url, room: host.code })
    const witness = new Witness(host)
    await until(() => host.peers.length === 1)
    const again = await join({ signaling: server.url, place: old.place })
    expect(again.id).toBe(old.id)
    await witness.met(2)
    await until(() => again.peers.length === 1)
    again.send('hello')
    await witness.heard(1)
    expect(witness.values(again.id)).toEqual(['hello'])
  })

  it('cannot use what is no place', async () => {
    await expect(join({ signaling: server.url, place: 'K7M' })).rejects.toMatchObject({ code: 'ERR_DOES_NOT_EXIST' })
  })
})

describe('a room whose signaling is gone', () => {
  it('plays on, and says that nobody can be told any more', async () => {
    const first = await createSignalingServer({ port: 0, host: '127.0.0.1' })
    const host = await join({ signaling: first.url })
    const guest = await join({ signaling: first.url, room: host.code })
    await until(() => host.peers.length === 1 && guest.peers.length === 1)
    const lost = [host, guest].map((room) => new Promise((resolve) => room.on('signalingLost', resolve)))
    const port = Number(new URL(first.url).port)
    await first.close()
    // It knows nobody.
    const second = await createSignalingServer({ port, host: '127.0.0.1' })
    atEnd(() => second.close())
    await Promise.all(lost)
    const requests = [
      () => host.setPresence({ name: 'Ada' }),
      () => host.setMetadata({}),
      () => host.setPublic(true),
      () => host.seal(),
    ]
    for (const request of requests) expect(thrown(request)).toMatchObject({ code: 'ERR_UNAVAILABLE' })
    const [gone, heard] = [new Witness(host), new Promise((resolve) => guest.on('packet', resolve))]
    host.send('still here')
    expect(await heard).toBe('still here')
    host.kick(guest.id)
    expect(await gone.lost(guest.id)).toBe('kicked')
  })
})

describe('tabs without a server', () => {
  it('have presence, metadata and kicks, and refuse what needs a server', async () => {
    const signaling = () => new BroadcastChannelSignaling({ channel: 'rooms-test' })
    const host = await join({ signaling: signaling(), metadata: { mode: 'ctf' } })
    const guest: Room = await join({ signaling: signaling(), room: host.code, presence: { name: 'Ada' } })
    const ended = new Witness(guest)
    await until(() => host.players.get(guest.id)?.name === 'Ada')
    expect(guest.metadata).toEqual({ mode: 'ctf' })
    guest.setPresence({ properties: { team: 1 } })
    await until(() => host.players.get(guest.id)?.properties.team === 1)
    host.kick(guest.id)
    await ended.until(() => ended.ends.length === 1)
    expect(ended.ends[0]?.code).toBe('ERR_KICKED')
    const unavailable = { code: 'ERR_UNAVAILABLE' }
    expect(thrown(() => host.kick(guest.id, { ban: true }))).toMatchObject(unavailable)
    await expect(listRooms({ signaling: signaling() })).rejects.toMatchObject(unavailable)
    await expect(quickMatch({ signaling: signaling(), node: LOOPBACK })).rejects.toMatchObject(unavailable)
    await expect(join({ signaling: signaling(), password: 'x' })).rejects.toMatchObject(unavailable)
    await expect(join({ signaling: signaling(), public: true })).rejects.toMatchObject(unavailable)
  })
})
