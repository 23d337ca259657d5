// The host of a star passes packets on between its clients, in virtual time.

import { afterEach, describe, expect, it } from 'vitest'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { expectShare } from '../../net/simulation/support.ts'
import { thrown } from '../../support/net-errors.ts'
import { Star } from './support.ts'

const { Reliable, Unreliable, UnreliableOrdered } = TransferMode

let star: Star

afterEach(async () => {
  await star.close()
  expect(star.network.clock.pendingTimers).toBe(0)
})

describe('clients of a star', () => {
  it('are each other’s peers, through the host', async () => {
    star = await Star.of(3)
    const [two, three] = star.clients
    expect(two!.peer.connectedPeers).toEqual([1, 3, 4])
    expect(two!.joined).toEqual([1, 3, 4])
    expect(two!.peer.stats(3)).toMatchObject({ id: 3, state: 'connected', via: 1 })
    expect(two!.peer.stats(1).via).toBeUndefined()
    expect(three!.peer.isServerRelaySupported()).toBe(true)
    expect(star.host.peer.isServerRelaySupported()).toBe(true)
  })

  it.each([
    [0, [1, 3, 4]],
    [1, [1]],
    [3, [3]],
    [-1, [3, 4]],
    [-3, [1, 4]],
    [
      [1, 4],
      [1, 4],
    ],
    [
      [3, 4],
      [3, 4],
    ],
  ])('reach with target %j the peers %j', async (to, reached) => {
    star = await Star.of(3)
    const [two] = star.clients
    two!.peer.send('hello', { to })
    await star.network.run(200)
    const hearers = [star.host, ...star.clients].filter(({ heard }) => heard.length > 0)
    expect(hearers.map(({ peer }) => peer.uniqueId)).toEqual(reached)
    for (const { heard } of hearers) expect(heard).toEqual([['hello', 2, Reliable, 0]])
  })

  it('keep sender, mode and channel, of values and of bytes', async () => {
    star = await Star.of(2, { latencyMs: 10 }, [Unreliable, UnreliableOrdered, Reliable])
    const [two, three] = star.clients
    for (const mode of [Reliable, UnreliableOrdered, Unreliable]) two!.peer.send({ mode }, { to: 3, mode })
    for (const channel of [1, 2, 3]) two!.peer.sendBytes(Uint8Array.of(channel), { to: 3, channel })
    await star.network.run(200)
    expect([...three!.heard].sort(([, , a, b], [, , c, d]) => b - d || c - a)).toEqual([
      [{ mode: Reliable }, 2, Reliable, 0],
      [{ mode: UnreliableOrdered }, 2, UnreliableOrdered, 0],
      [{ mode: Unreliable }, 2, Unreliable, 0],
      [Uint8Array.of(1), 2, Unreliable, 1],
      [Uint8Array.of(2), 2, UnreliableOrdered, 2],
      [Uint8Array.of(3), 2, Reliable, 3],
    ])
    expect(star.host.heard).toEqual([])
  })

  it('get packets of the largest size, and their lanes', async () => {
    star = await Star.of(2, { latencyMs: 1 })
    const [two, three] = star.clients
    const lanes = new Set<string>()
    three!.peer.tap(1, ({ lane, kind, direction }) => {
      if (kind === Kind.Relay && direction === 'in') lanes.add(lane)
    })
    const size = 16_000
    two!.peer.sendBytes(new Uint8Array(size).fill(7), { to: 3, mode: Unreliable })
    two!.peer.sendBytes(new Uint8Array(300_000).fill(8), { to: 3 })
    two!.peer.send('now', { to: 3, lane: 'control' })
    await star.network.until(() => three!.heard.length === 3)
    const heard = three!.from(2).map((value) => (value instanceof Uint8Array ? value.length : value))
    // The unreliable one is in the order of nobody.
    expect(heard.filter((value) => value !== size)).toEqual(['now', 300_000])
    expect(heard).toContain(size)
    expect([...lanes].sort()).toEqual(['bulk', 'control', 'gameplay'])
  })

  it('send a broadcast over their uplink once', async () => {
    star = await Star.of(7)
    const [two] = star.clients
    const before = two!.peer.stats(1).bytesOut
    two!.peer.sendBytes(new Uint8Array(1000), { mode: Unreliable })
    two!.peer.flush()
    const sent = two!.peer.stats(1).bytesOut - before
    expect(sent).toBeGreaterThan(1000)
    expect(sent).toBeLessThan(1040)
    await star.network.run(100)
    for (const player of [star.host, ...star.clients.slice(1)]) expect(player.from(2)).toHaveLength(1)
  })

  it('keep the order of reliable packets under loss, and lose what is unreliable', async () => {
    star = await Star.of(7, { latencyMs: 30, jitterMs: 5, loss: 0.05 })
    for (let i = 0; i < 100; i++) {
      for (const { peer } of star.clients) {
        peer.send(i)
        peer.send(`u${i}`, { mode: Unreliable })
      }
      await star.network.run(20)
    }
    await star.network.run(5000)
    const all = Array.from({ length: 100 }, (_, i) => i)
    let unreliable = 0
    for (const player of star.clients) {
      for (const sender of star.clients) {
        if (sender === player) continue
        const values = player.from(sender.peer.uniqueId)
        expect(values.filter((value) => typeof value === 'number')).toEqual(all)
        unreliable += values.filter((value) => typeof value === 'string').length
      }
    }
    // Over two lossy ways.
    expectShare(unreliable, 7 * 6 * 100, 0.95 * 0.95)
  })

  it('drop a late ordered packet end to end', async () => {
    star = await Star.of(2, { latencyMs: 20, reorder: 0.3, reorderMs: 30 })
    const [two, three] = star.clients
    for (let i = 0; i < 200; i++) {
      two!.peer.send(i, { to: 3, mode: UnreliableOrdered })
      await star.network.run(5)
    }
    await star.network.run(200)
    const values = three!.from(2) as number[]
    expect(values.length).toBeGreaterThan(20)
    expect(values).toEqual([...values].sort((a, b) => a - b))
  })

  it('hear who comes, who leaves and why, after its last packet', async () => {
    star = await Star.of(2)
    const [two, three] = star.clients
    const four = star.join()
    await star.settled()
    expect([two!.joined, three!.joined, four.joined]).toEqual([
      [1, 3, 4],
      [1, 2, 4],
      [1, 2, 3],
    ])
    const order: unknown[] = []
    two!.peer.on('packet', (value) => order.push(value instanceof Uint8Array ? value.length : value))
    two!.peer.on('peerDisconnected', (id, reason) => order.push([id, reason]))
    three!.peer.sendBytes(new Uint8Array(200_000), { to: 2 })
    three!.peer.send('good game', { to: 2 })
    star.clients.splice(1, 1)
    await star.network.until(three!.peer.close())
    await star.network.run(2000)
    expect(order).toEqual(['good game', 200_000, [3, 'left']])
    star.network.kill('4')
    await star.network.run(18_000)
    star.clients.pop()
    expect(two!.gone).toEqual([
      [3, 'left'],
      [4, 'timeout'],
    ])
  })

  it('lose each other with the host', async () => {
    star = await Star.of(2)
    const [two] = star.clients
    await star.network.until(star.host.peer.close())
    await star.network.run(100)
    expect(two!.gone).toEqual([
      [3, 'left'],
      [1, 'left'],
    ])
    expect(two!.peer.connectedPeers).toEqual([])
    expect(thrown(() => two!.peer.send('hello', { to: 3 })).code).toBe('ERR_UNCONFIGURED')
  })

  it('can part with one another, and both are told', async () => {
    star = await Star.of(3)
    const [two, three, four] = star.clients
    two!.peer.disconnectPeer(3)
    three!.peer.send('still there?', { to: 2 })
    await star.network.run(100)
    expect([two!.gone, three!.gone, four!.gone]).toEqual([[[3, 'kicked']], [[2, 'disconnected_by_remote']], []])
    expect(two!.from(3)).toEqual([])
    expect(thrown(() => two!.peer.send('hello', { to: 3 })).code).toBe('ERR_INVALID_PARAMETER')
    three!.peer.send('all')
    await star.network.run(100)
    expect([two!.heard.length, four!.from(3)]).toEqual([0, ['all']])
    expect([two!.errors, three!.errors, star.host.errors]).toEqual([[], [], []])
  })

  it('can part while packets are on their way, which is nobody’s fault', async () => {
    star = await Star.of(3)
    star.network.between('1', '2').set({ rateBytesPerSecond: 40_000 })
    const [two, three] = star.clients
    for (let i = 0; i < 300; i++) three!.peer.sendBytes(new Uint8Array(1000), { to: 2 })
    three!.peer.sendBytes(new Uint8Array(40_000), { to: 2, lane: 'bulk' })
    await star.network.until(() => two!.heard.length > 20)
    two!.peer.disconnectPeer(3)
    const heard = two!.heard.length
    await star.network.run(15_000)
    expect(two!.heard).toHaveLength(heard)
    expect(two!.errors).toEqual([])
    expect(two!.peer.stats(1).rejected).toBe(0)
    expect(two!.gone).toEqual([[3, 'kicked']])
  })

  it('are alone with the host where it does not relay', async () => {
    star = new Star({ latencyMs: 10 }, [], { serverRelay: false })
    const [two, three] = [star.join(), star.join()]
    await star.network.run(1000)
    expect([two.joined, three.joined]).toEqual([[1], [1]])
    expect(star.host.peer.isServerRelaySupported()).toBe(false)
    two.peer.send('all')
    await star.network.run(100)
    expect([star.host.from(2), three.heard]).toEqual([['all'], []])
  })

  it('are refused receipts of what is passed on', async () => {
    star = await Star.of(2)
    const [two] = star.clients
    const receipts: unknown[] = []
    const receipt = (delivered: boolean, peer: number) => receipts.push([delivered, peer])
    expect(thrown(() => two!.peer.send(1, { mode: Unreliable, receipt })).code).toBe('ERR_INVALID_PARAMETER')
    two!.peer.send(1, { to: 1, mode: Unreliable, receipt })
    await star.network.run(500)
    expect(receipts).toEqual([[true, 1]])
  })
})

describe('a client that does not take what it is sent', () => {
  const slow = { rateBytesPerSecond: 20_000, latencyMs: 10 }

  it('holds back who sends to it, and nobody else', async () => {
    star = await Star.of(3)
    star.network.between('1', '3').set(slow)
    const [two, three, four] = star.clients
    let going = true
    for (let i = 0; i < 60 && going; i++) {
      going = two!.peer.sendBytes(new Uint8Array(30_000), { to: 3 })
      await star.network.run(30)
    }
    expect(going).toBe(false)
    let drained = false
    void two!.peer.drained('gameplay', 3).then(() => {
      drained = true
    })
    expect(two!.peer.send('quick', { to: 4 })).toBe(true)
    await star.network.run(100)
    expect(four!.from(2)).toEqual(['quick'])
    expect(drained).toBe(false)
    await star.network.until(() => drained, { limitMs: 60_000 })
    expect(three!.gone).toEqual([])
  })

  it('is not waited for when it is gone', async () => {
    star = await Star.of(2)
    star.network.between('1', '3').set(slow)
    const [two] = star.clients
    for (let i = 0; i < 20; i++) two!.peer.sendBytes(new Uint8Array(30_000), { to: 3 })
    await star.network.run(500)
    expect(two!.peer.sendBytes(new Uint8Array(1), { to: 3 })).toBe(false)
    let drained = false
    void two!.peer.drained('gameplay', 3).then(() => {
      drained = true
    })
    star.network.kill('3')
    star.clients.pop()
    await star.network.run(18_000)
    expect([drained, two!.gone]).toEqual([true, [[3, 'timeout']]])
  })

  it('ends the client that floods it, and not the one that is flooded', async () => {
    star = await Star.of(3)
    star.network.between('1', '3').set(slow)
    const [two, three, four] = star.clients
    const honest: unknown[] = []
    three!.peer.on('packet', (value, from) => from === 4 && honest.push(value))
    for (let i = 0; i < 400 && two!.gone.length === 0; i++) {
      for (let n = 0; n < 4; n++) two!.peer.sendBytes(new Uint8Array(30_000), { to: 3 })
      await star.network.run(10)
    }
    await star.network.run(5000)
    expect(star.host.gone).toEqual([[2, 'buffer_overflow']])
    expect(four!.gone).toEqual([[2, 'buffer_overflow']])
    expect(star.host.peer.connectedPeers).toEqual([3, 4])
    star.clients.shift()
  })

  it('gets the unreliable packets of the others beside a flood', async () => {
    star = await Star.of(3)
    star.network.between('1', '3').set({ rateBytesPerSecond: 60_000, latencyMs: 10, queueBytes: 10_000 })
    const [two, three, four] = star.clients
    for (let i = 0; i < 300; i++) {
      for (let n = 0; n < 10; n++) two!.peer.sendBytes(new Uint8Array(1000), { to: 3, mode: Unreliable })
      four!.peer.send(i, { to: 3, mode: Unreliable })
      await star.network.run(16)
    }
    await star.network.run(500)
    // Of 3,000 packets the path takes about 300. Without a bound for each sender these would be 17.
    expect(three!.from(4).length).toBeGreaterThan(60)
    expect([two!.gone, three!.gone, four!.gone]).toEqual([[], [], []])
  })
})
