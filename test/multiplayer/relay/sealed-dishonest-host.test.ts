// Rooms whose members seal what the host passes on, over a simulated network: the host does what it can against them.

import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hostRoom } from '../../../src/multiplayer/join-room.ts'
import type { Seal } from '../../../src/multiplayer/relay/seal.ts'
import { drawMeetingKeys, type MeetingKeys } from '../../../src/multiplayer/relay/seal-keys.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { runUntil } from '../identity/support.ts'
import {
  type Call,
  enter,
  forward,
  leaveAll,
  network,
  prepare,
  sealedStar,
  star,
  useNetwork,
} from './sealed-support.ts'

beforeAll(prepare)

afterEach(leaveAll)

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
    useNetwork({ seed: 1, latencyMs: 20 })
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
