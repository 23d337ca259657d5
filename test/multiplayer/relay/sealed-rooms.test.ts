// Rooms whose members seal what others pass on, over a simulated network: with an honest host, and with one that does what it can.

import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type IdentityAuthentication, identify } from '../../../src/multiplayer/identity/identify.ts'
import { createIdentity, type Identity } from '../../../src/multiplayer/identity/identity.ts'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import { RelayHub } from '../../../src/multiplayer/relay/hub.ts'
import type { Seal } from '../../../src/multiplayer/relay/seal.ts'
import { drawMeetingKeys, type MeetingKeys } from '../../../src/multiplayer/relay/seal-keys.ts'
import type { JoinRoomOptions, Room } from '../../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { rejection } from '../../support/net-errors.ts'
import { runUntil, settled, watchCryptography } from '../identity/support.ts'

let network: SimulatedNetwork
let rooms: Room[] = []
let identities: Identity[]

beforeAll(async () => {
  watchCryptography()
  identities = await Promise.all([createIdentity(), createIdentity(), createIdentity()])
  return () => vi.restoreAllMocks()
})

afterEach(leaveAll)

async function leaveAll(): Promise<void> {
  forward.restore()
  const leaving = rooms.map((room) => room.leave())
  rooms = []
  await settled(network, Promise.all(leaving))
}

interface Guest {
  readonly room: Room
  readonly authentication: IdentityAuthentication
  readonly log: string[]
  readonly packets: unknown[]
}

async function enter(which: number, options: Partial<JoinRoomOptions>, how = joinRoom): Promise<Guest> {
  const authentication = identify({ identity: identities[which]! })
  const common = { ...network.peerOptions(String(which)), authentication, sealRelayed: true }
  const room = await settled(network, how({ ...common, ...options }))
  rooms.push(room)
  const guest: Guest = { room, authentication, log: [], packets: [] }
  const note = (id: number, word: string) => guest.log.push(`${id === room.host ? 'host' : 'peer'} ${word}`)
  room.on('peerConnected', (id) => note(id, 'connected'))
  room.on('peerDisconnected', (id, reason) => note(id, reason))
  room.on('peerAuthenticationFailed', (id, { message }) => note(id, `refused: ${message}`))
  room.on('error', ({ code }) => guest.log.push(code))
  room.on('packet', (value, from) => {
    if (from !== room.host || room.topology === 'mesh') guest.packets.push(value)
  })
  return guest
}

/** Every call of the host's hub. */
type Forward = RelayHub['forward']
type Call = Parameters<Forward>

const real = RelayHub.prototype.forward
const forward = {
  /** What passed through, sealed or not, as text. */
  text: '',
  /** What becomes of it. */
  be(what: (go: (...call: Call) => boolean, ...call: Call) => boolean): void {
    RelayHub.prototype.forward = function (this: RelayHub, ...call: Call) {
      forward.text += Buffer.from(call[4].packet).toString('latin1')
      return what((...changed) => real.apply(this, changed), ...call)
    }
  },
  restore(): void {
    RelayHub.prototype.forward = real
    forward.text = ''
  },
}

async function star(own: Partial<JoinRoomOptions> = {}): Promise<[host: Guest, a: Guest, b: Guest]> {
  network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
  const host = await enter(0, own, hostRoom)
  const a = await enter(1, { ...own, room: host.room.code })
  const b = await enter(2, { ...own, room: host.room.code })
  return [host, a, b]
}

async function sealedStar(own: Partial<JoinRoomOptions> = {}): Promise<[host: Guest, a: Guest, b: Guest]> {
  const all = await star(own)
  await runUntil(network, () => all.every(({ room }) => room.peers.length === 2))
  return all
}

describe('clients of a star that seal', () => {
  it('know whom they talk to, and the host does not know what about', async () => {
    forward.be((go, ...call) => go(...call))
    const [, a, b] = await sealedStar({ channels: [TransferMode.Reliable, TransferMode.UnreliableOrdered] })
    expect(a.authentication.peer(b.room.id)?.key).toBe(identities[2]!.key)
    expect(b.authentication.peer(a.room.id)?.key).toBe(identities[1]!.key)
    const to = b.room.id
    a.room.send('secret 1', { to })
    a.room.send('secret 2')
    a.room.sendBytes(new TextEncoder().encode('secret 3'), { to, lane: 'control' })
    a.room.send('secret 4', { to, mode: TransferMode.Unreliable })
    a.room.send('secret 5', { to, mode: TransferMode.UnreliableOrdered })
    a.room.send('secret 6', { to, channel: 1 })
    a.room.send('secret 7', { to, channel: 2 })
    const large = 'secret 8'.repeat(40_000)
    a.room.send(large, { to })
    const long = new Uint8Array(16_000).fill(0x73)
    a.room.sendBytes(long, { to, mode: TransferMode.Unreliable })
    await runUntil(network, () => b.packets.length === 9)
    const texts = b.packets.map((each) => (each instanceof Uint8Array ? new TextDecoder().decode(each) : each))
    expect(texts).toEqual(expect.arrayContaining(['secret 1', 'secret 2', 'secret 3', 'secret 4', 'secret 5']))
    expect(texts).toEqual(expect.arrayContaining(['secret 6', 'secret 7', large, 's'.repeat(16_000)]))
    expect(forward.text.length).toBeGreaterThan(300_000)
    expect(forward.text).not.toContain('secret')
    expect([a.log, b.log].flat().filter((word) => word.startsWith('ERR'))).toEqual([])
  })

  it('need one and a half round trips more than others until they know each other, and no more', async () => {
    const latencyMs = 50
    const took: number[] = []
    for (const sealRelayed of [false, true]) {
      network = new SimulatedNetwork({ seed: 1, latencyMs })
      const host = await enter(0, { sealRelayed }, hostRoom)
      const a = await enter(1, { sealRelayed, room: host.room.code })
      const startedAt = network.clock.now()
      const b = await enter(2, { sealRelayed, room: host.room.code })
      await runUntil(network, () => a.room.peers.length === 2 && b.room.peers.length === 2)
      took.push(network.clock.now() - startedAt)
      await leaveAll()
    }
    const [plain, sealed] = took as [number, number]
    // By way of the host.
    const roundTripMs = 4 * latencyMs
    expect(Math.abs(sealed - plain - 1.5 * roundTripMs)).toBeLessThanOrEqual(3)
  })

  it('each get the newest of a key', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const host = await enter(0, {}, hostRoom)
    const others = [await enter(1, { room: host.room.code }), await enter(2, { room: host.room.code })]
    const sender = await enter(0, { room: host.room.code })
    await runUntil(network, () => [host, sender, ...others].every(({ room }) => room.peers.length === 3))
    for (let n = 0; n < 5; n++) sender.room.send(`state ${n}`, { mode: TransferMode.Unreliable, key: 'state' })
    await runUntil(network, () => others.every(({ packets }) => packets.length > 0))
    await network.run(200)
    for (const { packets } of others) expect(packets.at(-1)).toBe('state 4')
  })

  it('call each other’s RPCs', async () => {
    forward.be((go, ...call) => go(...call))
    const all = await sealedStar()
    const { rpc } = await import('../../../src/multiplayer/index.ts')
    const heard: string[] = []
    const sets = all.map(({ room }) =>
      room.rpcs({ whisper: rpc.reliable('any_peer', (_ctx, word: string) => void heard.push(word)) }),
    )
    await network.run(300)
    sets[1]!.whisper.to(all[2]!.room.id)('secret')
    await runUntil(network, () => heard.length === 1)
    expect(heard).toEqual(['secret'])
    expect(forward.text).not.toContain('secret')
  })
})

describe('a host that passes on otherwise than it got it', () => {
  const flipped = (message: Call[4]): Call[4] => {
    const packet = message.packet.slice()
    packet[packet.length >> 1]! ^= 1
    return { ...message, packet }
  }

  /** What it does with the fifth packet of each client, and those around it. */
  const attacks: Record<string, (go: (...call: Call) => boolean, call: Call, n: number, before: Call[]) => boolean> = {
    'changes a bit': (go, call, n) => go(call[0], call[1], call[2], call[3], n === 4 ? flipped(call[4]) : call[4]),
    'repeats one': (go, call, n) => {
      if (n === 4) go(...call)
      return go(...call)
    },
    'drops one': (go, call, n) => n !== 4 && go(...call),
    'exchanges two': (go, call, n, before) => {
      if (n === 4) return false
      const result = go(...call)
      if (n === 5) go(...before[4]!)
      return result
    },
    'says that it is a value, when it is bytes': (go, call, n) =>
      go(call[0], call[1], call[2], call[3], n === 4 ? { ...call[4], kind: Kind.Value } : call[4]),
    'lays it on another lane': (go, call, n) =>
      go(call[0], call[1], call[2], call[3], n === 4 ? { ...call[4], lane: 0 } : call[4]),
    'opens it': (go, call, n) =>
      go(call[0], call[1], call[2], call[3], n === 4 ? { ...call[4], sealed: false } : call[4]),
    'sends one of its own': (go, call, n) =>
      go(call[0], call[1], call[2], call[3], n === 4 ? { ...call[4], packet: new Uint8Array(40) } : call[4]),
  }

  it.each(Object.keys(attacks))('is found out where it %s', async (what) => {
    const [, a, b] = await sealedStar()
    let n = 0
    const before: Call[] = []
    forward.be((go, ...call) => {
      if (call[0].id !== a.room.id) return go(...call)
      before.push([...call.slice(0, 4), { ...call[4], packet: call[4].packet.slice() }] as never)
      return attacks[what]!(go, call, n++, before)
    })
    for (let i = 0; i < 8; i++) a.room.sendBytes(Uint8Array.of(i), { to: b.room.id })
    await runUntil(network, () => a.log.includes('peer disconnected_by_remote'))
    // All that came is as it was sent, in order and once.
    const count = what === 'repeats one' ? 5 : what === 'lays it on another lane' ? 0 : 4
    expect(b.packets).toEqual(Array.from({ length: count }, (_, i) => Uint8Array.of(i)))
    expect(b.log.slice(-2)).toEqual(['ERR_UNAUTHORIZED', 'peer protocol_error'])
    expect([a.room.peers, b.room.peers]).toEqual([[1], [1]])
  })

  it('is found out where it gives one client’s packets out for those of another', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const host = await enter(0, {}, hostRoom)
    const a = await enter(1, { room: host.room.code })
    const b = await enter(2, { room: host.room.code })
    const c = await enter(0, { room: host.room.code })
    await runUntil(network, () => [host, a, b, c].every(({ room }) => room.peers.length === 3))
    const remotes = new Map<number, Call[0]>()
    forward.be((go, ...call) => {
      remotes.set(call[0].id, call[0])
      const [from, ...rest] = call
      return go(from.id === a.room.id ? (remotes.get(c.room.id) ?? from) : from, ...rest)
    })
    c.room.send('of c', { to: b.room.id })
    await runUntil(network, () => b.packets.length === 1)
    a.room.send('of a', { to: b.room.id })
    await runUntil(network, () => b.log.includes('ERR_UNAUTHORIZED'))
    expect(b.packets).toEqual(['of c'])
  })

  it('makes nobody hear an unreliable packet twice, changed or opened, and that is all: it is lost', async () => {
    const [, a, b] = await sealedStar()
    forward.be((go, ...call) => {
      go(call[0], call[1], call[2], call[3], flipped(call[4]))
      for (let i = 0; i < 20; i++) go(...call)
      return false
    })
    for (let i = 0; i < 3; i++) {
      a.room.send(i, { to: b.room.id, mode: TransferMode.Unreliable })
      await network.run(50)
    }
    expect(b.packets).toEqual([0, 1, 2])
    expect(b.room.peers).toContain(a.room.id)
    expect(b.room.stats(a.room.id).rejected).toBe(3)
  })

  it('cannot put itself in between with keys of its own: that is what the players sign', async () => {
    const keys: [MeetingKeys, MeetingKeys] = await Promise.all([drawMeetingKeys(), drawMeetingKeys()])
    const seals = new Map<number, Promise<Seal>>()
    const known = new Map<number, Seal>()
    const opened: string[] = []
    let ids: number[] = []
    forward.be((go, ...call) => {
      const [from, self, port, mode, message] = call
      const other = message.target as number
      ids = [from.id, other].sort((x, y) => x - y)
      const own = keys[ids.indexOf(from.id)]!
      if (!seals.has(from.id)) {
        // It speaks with each in the name of the other.
        const seal = own.agree(message.packet.slice(1), other, from.id)
        seals.set(from.id, seal)
        void seal.then((ready) => known.set(from.id, ready))
        const packet = Uint8Array.of(message.packet[0]!, ...keys[ids.indexOf(other)]!.publicKey)
        return go(from, self, port, mode, { ...message, packet })
      }
      const place = { mode, port, lane: message.lane, kind: message.kind }
      const plain = known.get(from.id)!.open(place, message.packet)!
      opened.push(Buffer.from(plain).toString('latin1'))
      return go(from, self, port, mode, { ...message, packet: known.get(other)!.seal(place, plain) })
    })
    const [, a, b] = await star()
    await runUntil(network, () => [a, b].some(({ log }) => log.some((word) => word.includes('stands in between'))))
    await network.run(1_000)
    // It did read what the two said until then: their proofs.
    expect(opened.length).toBeGreaterThan(0)
    for (const { room, log } of [a, b]) {
      expect(room.peers).toEqual([1])
      expect(log).not.toContain('peer connected')
    }
  })
})

describe('who seals and who does not', () => {
  it('have nothing to do with each other, and both are told why', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const host = await enter(0, {}, hostRoom)
    const a = await enter(1, { room: host.room.code })
    const b = await enter(2, { room: host.room.code, sealRelayed: false })
    await runUntil(network, () => a.log.includes('ERR_UNAUTHORIZED') && b.log.includes('ERR_UNAUTHORIZED'))
    await network.run(1_000)
    expect([a.room.peers, b.room.peers]).toEqual([[1], [1]])
    expect(a.log).not.toContain('peer connected')
  })

  it('have nothing to do with each other, also when the one that does not seal speaks first', async () => {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 20 })
    const host = await enter(0, {}, hostRoom)
    const b = await enter(2, { room: host.room.code, sealRelayed: false })
    b.room.on('peerConnected', (id) => b.room.send('in the clear', { to: id }))
    const a = await enter(1, { room: host.room.code })
    await runUntil(network, () => a.log.includes('ERR_UNAUTHORIZED'))
    await network.run(1_000)
    expect([a.room.peers, b.room.peers]).toEqual([[1], [1]])
    expect([a.packets, a.log]).toEqual([[], ['ERR_UNAUTHORIZED']])
  })

  it('is not asked of those who do not know who they are', async () => {
    network = new SimulatedNetwork({ seed: 1 })
    const options = { ...network.peerOptions('x'), sealRelayed: true }
    expect((await rejection(joinRoom(options))).code).toBe('ERR_INVALID_PARAMETER')
    const authentication = { receive: () => {} }
    expect((await rejection(joinRoom({ ...options, authentication }))).message).toContain('identify')
  })
})

describe('a pair of a mesh that seals and cannot connect', () => {
  it('meets over a third, which cannot read it, and meets anew when it can connect', async () => {
    forward.be((go, ...call) => go(...call))
    network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
    const between = network.between('1', '2')
    between.set({ outage: true })
    const a = await enter(1, {})
    const b = await enter(2, { room: a.room.code })
    const c = await enter(0, { room: a.room.code })
    await runUntil(network, () => [a, b].every(({ room }) => room.peers.length === 2), 60_000)
    expect(a.room.stats(b.room.id).via).toBe(c.room.id)
    expect(a.authentication.peer(b.room.id)?.key).toBe(identities[2]!.key)
    a.room.send('secret', { to: b.room.id })
    await runUntil(network, () => b.packets.length === 1)
    expect(b.packets).toEqual(['secret'])
    expect(forward.text.length).toBeGreaterThan(0)
    expect(forward.text).not.toContain('secret')
    between.set({ outage: false })
    const direct = () => [a, b].every(({ room }) => room.peers.length === 2 && network && direct1(room))
    const direct1 = (room: Room) => room.peers.every((id) => room.stats(id).via === undefined)
    await runUntil(network, direct, 90_000)
    expect(a.log.filter((word) => word.includes('connection_lost'))).toHaveLength(1)
    a.room.send('over its own', { to: b.room.id })
    await runUntil(network, () => b.packets.length === 2)
    expect(b.packets).toEqual(['secret', 'over its own'])
  })

  /** The pair, and others over whom it can meet, the nearest first, who do what they like with what the pair says. */
  async function pairAnd(others: number): Promise<[a: Guest, b: Guest, over: Guest[]]> {
    network = new SimulatedNetwork({ seed: 1, latencyMs: 10 })
    network.between('1', '2').set({ outage: true })
    const a = await enter(1, {})
    const b = await enter(2, { room: a.room.code })
    const over: Guest[] = []
    for (let n = 0; n < others; n++) {
      const name = `over ${n}`
      for (const end of ['1', '2']) network.between(name, end).set({ latencyMs: 10 + 20 * n })
      over.push(await enter(0, { ...network.peerOptions(name), room: a.room.code }))
    }
    const meet = () => [a, b].every(({ room }) => room.peers.length === 1 + others)
    await runUntil(network, meet, 60_000)
    expect(viaOf(a, b)).toBe(over[0]!.room.id)
    // The statistics ask for the round trip: that question is not to be among what is spoilt.
    await network.run(1_000)
    return [a, b, over]
  }

  const ends = ({ log }: Guest, reason: string) => log.some((word) => word.endsWith(reason))

  const viaOf = (a: Guest, b: Guest) => a.room.stats(b.room.id).via

  /** `bad` changes each packet that goes to `to`, from now on. */
  function spoil(bad: Guest, to: Guest, mode: Call[3]): { count: number } {
    const spoilt = { count: 0 }
    forward.be((go, ...call) => {
      const [from, self, port, how, message] = call
      if (self !== bad.room.id || how !== mode || message.target !== to.room.id) return go(...call)
      spoilt.count += 1
      const packet = message.packet.slice()
      packet[packet.length - 1]! ^= 1
      return go(from, self, port, how, { ...message, packet })
    })
    return spoilt
  }

  it.each([0, 1])(
    'meets over somebody else when whoever passes on changes what they say (heard by %i)',
    async (side) => {
      const [a, b, over] = await pairAnd(2)
      const [speaker, hearer] = side === 0 ? [b, a] : [a, b]
      const spoilt = spoil(over[0]!, hearer, 'reliable')
      speaker.room.send('lost', { to: hearer.room.id })
      await runUntil(network, () => ends(hearer, 'protocol_error'), 5_000)
      expect(hearer.log).toContain('ERR_UNAUTHORIZED')
      await runUntil(network, () => [a, b].every(({ room }) => room.peers.length === 3), 10_000)
      expect([viaOf(a, b), viaOf(b, a)]).toEqual([over[1]!.room.id, over[1]!.room.id])
      speaker.room.send('heard', { to: hearer.room.id })
      await runUntil(network, () => hearer.packets.length === 1)
      expect(hearer.packets).toEqual(['heard'])
      // The one that was found out is not used again, whoever of the two looks.
      const { count } = spoilt
      rooms = rooms.filter((room) => room !== over[1]!.room)
      await settled(network, over[1]!.room.leave())
      await network.run(90_000)
      expect([a.room.peers.includes(b.room.id), b.room.peers.includes(a.room.id)]).toEqual([false, false])
      expect(spoilt.count).toBe(count)
    },
  )

  it('meets over somebody else when both find it out at the same time, and each is nearer to another one', async () => {
    const [a, b, over] = await pairAnd(3)
    for (const [n, end] of [
      [1, '2'],
      [2, '1'],
    ] as const)
      network.between(`over ${n}`, end).set({ latencyMs: 60 })
    for (const [n, end] of [
      [1, '1'],
      [2, '2'],
    ] as const)
      network.between(`over ${n}`, end).set({ latencyMs: 12 })
    await network.run(20_000)
    forward.be((go, ...call) => {
      const [from, self, port, how, message] = call
      if (self !== over[0]!.room.id || how !== 'reliable') return go(...call)
      const packet = message.packet.slice()
      packet[packet.length - 1]! ^= 1
      return go(from, self, port, how, { ...message, packet })
    })
    a.room.send('lost', { to: b.room.id })
    b.room.send('lost', { to: a.room.id })
    await runUntil(network, () => ends(a, 'protocol_error') && ends(b, 'protocol_error'), 5_000)
    await runUntil(network, () => [a, b].every(({ room }) => room.peers.length === 4), 20_000)
    expect(viaOf(a, b)).toBe(viaOf(b, a))
  })

  it.each([0, 1])('is connected directly when it can be, if there is nobody else (heard by %i)', async (side) => {
    const [a, b, over] = await pairAnd(1)
    const [speaker, hearer] = side === 0 ? [b, a] : [a, b]
    spoil(over[0]!, hearer, 'unreliable')
    // The question for the round trip, which `stats` asks, may be one of the eight.
    while (speaker.room.peers.includes(hearer.room.id)) {
      speaker.room.send(1, { to: hearer.room.id, mode: TransferMode.Unreliable })
      await network.run(50)
    }
    await runUntil(network, () => ends(hearer, 'protocol_error'), 5_000)
    expect(hearer.log.filter((word) => word === 'ERR_UNAUTHORIZED')).toHaveLength(8)
    await network.run(40_000)
    expect([a.room.peers, b.room.peers]).toEqual([[over[0]!.room.id], [over[0]!.room.id]])
    network.between('1', '2').set({ outage: false })
    await runUntil(network, () => [a, b].every(({ room }) => room.peers.length === 2), 60_000)
    expect([viaOf(a, b), viaOf(b, a)]).toEqual([undefined, undefined])
  })

  it('does not look for another way to somebody who parted with it', async () => {
    const [a, b, over] = await pairAnd(2)
    a.room.disconnectPeer(b.room.id)
    await runUntil(network, () => ends(b, 'disconnected_by_remote'), 5_000)
    const before = [...b.log]
    network.between('1', '2').set({ outage: false })
    await network.run(90_000)
    expect(b.log).toEqual(before)
    expect([a, b].map(({ room }) => room.peers.length)).toEqual([over.length, over.length])
  })
})
