// Rooms whose members seal what others pass on, over a simulated network with an honest host.

import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hostRoom, joinRoom } from '../../../src/multiplayer/join-room.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { rejection } from '../../support/net-errors.ts'
import { runUntil } from '../identity/support.ts'
import { enter, forward, identities, leaveAll, network, prepare, sealedStar, useNetwork } from './sealed-support.ts'

beforeAll(prepare)

afterEach(leaveAll)

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
      useNetwork({ seed: 1, latencyMs })
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
    useNetwork({ seed: 1, latencyMs: 20 })
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

describe('who seals and who does not', () => {
  it('have nothing to do with each other, and both are told why', async () => {
    useNetwork({ seed: 1, latencyMs: 20 })
    const host = await enter(0, {}, hostRoom)
    const a = await enter(1, { room: host.room.code })
    const b = await enter(2, { room: host.room.code, sealRelayed: false })
    await runUntil(network, () => a.log.includes('ERR_UNAUTHORIZED') && b.log.includes('ERR_UNAUTHORIZED'))
    await network.run(1_000)
    expect([a.room.peers, b.room.peers]).toEqual([[1], [1]])
    expect(a.log).not.toContain('peer connected')
  })

  it('have nothing to do with each other, also when the one that does not seal speaks first', async () => {
    useNetwork({ seed: 1, latencyMs: 20 })
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
    useNetwork({ seed: 1 })
    const options = { ...network.peerOptions('x'), sealRelayed: true }
    expect((await rejection(joinRoom(options))).code).toBe('ERR_INVALID_PARAMETER')
    const authentication = { receive: () => {} }
    expect((await rejection(joinRoom({ ...options, authentication }))).message).toContain('identify')
  })
})
