// Pairs of a mesh that cannot connect and seal what a third passes on, over a simulated network: honest thirds and others.

import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Room } from '../../../src/multiplayer/room-types.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { runUntil } from '../identity/support.ts'
import {
  type Call,
  enter,
  forward,
  type Guest,
  identities,
  leave,
  leaveAll,
  network,
  prepare,
  useNetwork,
} from './sealed-support.ts'

beforeAll(prepare)

afterEach(leaveAll)

describe('a pair of a mesh that seals and cannot connect', () => {
  it('meets over a third, which cannot read it, and meets anew when it can connect', async () => {
    forward.be((go, ...call) => go(...call))
    useNetwork({ seed: 1, latencyMs: 10 })
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
    useNetwork({ seed: 1, latencyMs: 10 })
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
      await leave(over[1]!.room)
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
