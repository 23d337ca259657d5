// A pair of a mesh that cannot connect is reached over another peer, and connects when it can. In virtual time.

import { afterEach, describe, expect, it } from 'vitest'
import type { PeerAuthentication } from '../../../src/multiplayer/api/authentication.ts'
import { joinRoom } from '../../../src/multiplayer/join-room.ts'
import { DETOUR_RETRY_MS } from '../../../src/multiplayer/relay/constants.ts'
import { Detours } from '../../../src/multiplayer/relay/detours.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { type DisconnectReason, type PacketValue, TransferMode } from '../../../src/multiplayer/types.ts'
import type { WebRTCMultiplayerPeer } from '../../../src/multiplayer/webrtc-multiplayer-peer.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { type LinkConditions, SimulatedNetwork } from '../../../src/testing.ts'

interface Member {
  readonly room: Room
  readonly joined: number[]
  readonly gone: [id: number, reason: DisconnectReason][]
  readonly failed: number[]
  readonly errors: string[]
  readonly heard: [value: PacketValue, from: number][]
}

let network: SimulatedNetwork
let members: Member[] = []

/** A mesh on the machines 'a', 'b', 'c' …, of which a and b do not reach each other. */
async function mesh(
  size: number,
  conditions: LinkConditions = { latencyMs: 10 },
  options: Partial<JoinRoomOptions> = {},
): Promise<Member[]> {
  network = new SimulatedNetwork(conditions)
  network.between('a', 'b').set({ outage: true })
  members = []
  for (let i = 0; i < size; i++) {
    const name = String.fromCharCode(97 + i)
    const code = members[0]?.room.code
    const room = await network.until(
      joinRoom({ ...network.peerOptions(name), ...(code !== undefined && { room: code }), ...options }),
    )
    const member: Member = { room, joined: [], gone: [], failed: [], errors: [], heard: [] }
    room.on('peerConnected', (id) => member.joined.push(id))
    room.on('peerDisconnected', (id, reason) => member.gone.push([id, reason]))
    room.on('connectionFailed', (id) => member.failed.push(id))
    room.on('error', ({ message }) => member.errors.push(message))
    room.on('packet', (value, from) => member.heard.push([value, from]))
    members.push(member)
  }
  return members
}

/** Both sides have given the pair up, and found each other over somebody else. */
async function meetOverAnother(): Promise<void> {
  const [a, b] = members as [Member, Member]
  await network.until(() => a.room.peers.includes(b.room.id) && b.room.peers.includes(a.room.id), { limitMs: 60_000 })
}

afterEach(async () => {
  await network.until(Promise.all(members.map(({ room }) => room.leave())))
  await network.run(3000)
  expect(network.clock.pendingTimers).toBe(0)
})

describe('a member that left', () => {
  it('is not looked for when the word that it is not reached any more comes after signaling said so', async () => {
    const clock = new VirtualClock()
    const asked: number[] = []
    const reachOver = (id: number) => asked.push(id) > 0
    const peer = { viaOf: () => undefined, reachOver } as unknown as WebRTCMultiplayerPeer
    const known = new Set([2])
    const detours = new Detours({ peer, clock, knows: (id) => known.has(id), dial: () => {}, failed: () => {} })
    detours.lost(2, 'timeout')
    expect(asked).toEqual([2])
    known.delete(2)
    detours.forget(2)
    detours.lost(2, 'timeout')
    await clock.advance(3 * DETOUR_RETRY_MS)
    expect([asked, clock.pendingTimers]).toEqual([[2], 0])
    network = new SimulatedNetwork()
    members = []
  })
})

describe('a pair of a mesh that cannot connect', () => {
  it('meets over a peer that both reach', async () => {
    const [a, b, c] = (await mesh(3)) as [Member, Member, Member]
    await meetOverAnother()
    expect([a.room.stats(b.room.id).via, b.room.stats(a.room.id).via]).toEqual([c.room.id, c.room.id])
    expect(a.room.stats(c.room.id).via).toBeUndefined()
    expect([a.failed, b.failed]).toEqual([[], []])
    a.room.send('to all')
    b.room.send('to a', { to: a.room.id })
    b.room.send('fast', { to: a.room.id, mode: TransferMode.Unreliable })
    await network.run(200)
    expect(b.heard).toEqual([['to all', a.room.id]])
    expect(c.heard).toEqual([['to all', a.room.id]])
    expect(a.heard.map(([value]) => value).sort()).toEqual(['fast', 'to a'])
    expect(members.flatMap(({ errors }) => errors)).toEqual([])
  })

  it('meets over the peer with the shortest round trip', async () => {
    const promise = mesh(4, { latencyMs: 50 })
    network.between('a', 'd').set({ latencyMs: 10 })
    network.between('b', 'd').set({ latencyMs: 20 })
    const [a, b, , d] = (await promise) as [Member, Member, Member, Member]
    await meetOverAnother()
    expect([a.room.stats(b.room.id).via, b.room.stats(a.room.id).via]).toEqual([d.room.id, d.room.id])
  })

  it('is told that it cannot connect where nobody passes on', async () => {
    const [a, b] = (await mesh(3, { latencyMs: 10 }, { relay: false })) as [Member, Member, Member]
    await network.run(60_000)
    expect([a.failed, b.failed]).toEqual([[b.room.id], [a.room.id]])
  })

  it('is told so at once where there is nobody else', async () => {
    const [a, b] = (await mesh(2)) as [Member, Member]
    await network.run(16_000)
    expect([a.failed, b.failed]).toEqual([[b.room.id], [a.room.id]])
  })

  it('authenticates each other all the same', async () => {
    const asked: string[] = []
    const authentication: PeerAuthentication = {
      begin: (peer) => peer.send(new TextEncoder().encode('swordfish')),
      receive: (peer, data) => {
        asked.push(new TextDecoder().decode(data))
        peer.complete()
      },
    }
    await mesh(3, { latencyMs: 10 }, { authentication })
    await meetOverAnother()
    expect(asked).toHaveLength(6)
  })

  it.each([1, 2, 3, 4])('connects when it can, and nothing is lost, doubled or reordered (seed %i)', async (seed) => {
    const [a, b, c] = (await mesh(3, { latencyMs: 40, jitterMs: 10, loss: 0.02 })) as [Member, Member, Member]
    await meetOverAnother()
    // What is on its way over c takes much longer than the direct way.
    network.between('b', 'c').set({ rateBytesPerSecond: 60_000 + seed * 10_000 })
    network.between('a', 'b').set({ outage: false, latencyMs: seed })
    let sent = 0
    const pair = [a, b] as const
    const pump = async (direct: () => boolean) => {
      for (let i = 0; i < 4000 && !direct(); i++) {
        for (const { room } of pair) {
          const to = room === a.room ? b.room.id : a.room.id
          room.send({ lane: 'gameplay', n: sent }, { to })
          room.send({ lane: 'control', n: sent }, { to, lane: 'control' })
          room.send({ lane: 'bulk', n: sent, fill: new Uint8Array(200) }, { to, lane: 'bulk' })
        }
        sent += 1
        await network.run(20)
      }
    }
    const via = () => pair.map(({ room }) => room.stats(room === a.room ? b.room.id : a.room.id).via)
    await pump(() => via().every((each) => each === undefined))
    expect(via()).toEqual([undefined, undefined])
    const until = sent + 50
    await pump(() => sent >= until)
    await network.run(10_000)
    for (const { heard, gone, joined, errors } of pair) {
      for (const lane of ['gameplay', 'control', 'bulk']) {
        const numbers = heard
          .map(([value]) => value as { lane: string; n: number })
          .filter((each) => each.lane === lane)
        expect(numbers.map(({ n }) => n)).toEqual(Array.from({ length: sent }, (_, i) => i))
      }
      expect([gone, joined.length, errors]).toEqual([[], 2, []])
    }
    expect(c.heard).toEqual([])
  })

  it('is parted when the peer between is gone, and meets over another one', async () => {
    const [a, b, ...others] = (await mesh(4)) as [Member, Member, Member, Member]
    await meetOverAnother()
    const first = a.room.stats(b.room.id).via!
    const lost = others.find(({ room }) => room.id === first)!
    network.kill(lost === others[0] ? 'c' : 'd')
    members = members.filter((member) => member !== lost)
    await network.until(() => a.gone.length > 0, { limitMs: 30_000 })
    await meetOverAnother()
    const [other] = others.filter((member) => member !== lost)
    expect([a.room.stats(b.room.id).via, b.room.stats(a.room.id).via]).toEqual([other!.room.id, other!.room.id])
    expect(a.gone.filter(([id]) => id === b.room.id)).toEqual([[b.room.id, 'connection_lost']])
    a.room.send('again', { to: b.room.id })
    await network.run(100)
    expect(b.heard).toEqual([['again', a.room.id]])
  })

  it('is told so when packets are lost with the peer between, as it connects', async () => {
    const [a, b] = (await mesh(3)) as [Member, Member, Member]
    await meetOverAnother()
    network.between('b', 'c').set({ rateBytesPerSecond: 20_000 })
    network.between('a', 'b').set({ outage: false })
    // More and more of it waits at c.
    for (let i = 0; i < 4000 && a.room.stats(b.room.id).via !== undefined; i++) {
      a.room.sendBytes(new Uint8Array(1000), { to: b.room.id })
      await network.run(20)
    }
    network.kill('c')
    members = [a, b]
    a.room.send('direct', { to: b.room.id })
    await network.run(20_000)
    expect(b.gone).toContainEqual([a.room.id, 'connection_lost'])
    expect(b.joined.filter((id) => id === a.room.id)).toHaveLength(2)
    expect(b.heard.at(-1)).toEqual(['direct', a.room.id])
    expect([a.room.peers, b.room.peers]).toEqual([[b.room.id], [a.room.id]])
  })

  it('is tried again every half a minute', async () => {
    const [a, b] = (await mesh(2)) as [Member, Member]
    await network.run(20_000)
    expect(a.failed).toHaveLength(1)
    network.between('a', 'b').set({ outage: false })
    await network.run(DETOUR_RETRY_MS)
    expect([a.room.peers, b.room.peers]).toEqual([[b.room.id], [a.room.id]])
  })

  it('loses each other when one leaves', async () => {
    const [a, b] = (await mesh(3)) as [Member, Member, Member]
    await meetOverAnother()
    members = members.filter((member) => member !== b)
    b.room.send('good bye', { to: a.room.id })
    await network.until(b.room.leave())
    await network.run(500)
    expect(a.heard).toEqual([['good bye', b.room.id]])
    expect(a.gone).toEqual([[b.room.id, 'left']])
  })
})
