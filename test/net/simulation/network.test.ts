// The network as its user holds it: time, determinism, links, machines that freeze and die.

import { describe, expect, test } from 'vitest'
import { NetError } from '../../../src/net/errors.ts'
import { SimulatedNetwork } from '../../../src/testing.ts'
import { close, pair, RELIABLE, UNRELIABLE } from './support.ts'

/** A little of everything. Returns the fingerprint and what was received. */
async function scenario(seed: number, text = 'message'): Promise<{ hash: string; received: unknown }> {
  const network = new SimulatedNetwork({
    seed,
    latencyMs: 30,
    jitterMs: 8,
    loss: 0.05,
    burstLoss: { share: 0.05, meanPackets: 4 },
    duplicate: 0.05,
    reorder: 0.05,
    rateBytesPerSecond: 40_000,
    queueBytes: 8000,
  })
  const [a, b] = await pair(network)
  for (let i = 0; i < 200; i++) {
    a.channels[0]!.putPacket(`${text} ${i}`.padEnd(300))
    b.channels[1]!.putPacket(`${text} ${i}`)
    await network.run(1000 / 60)
  }
  close(a, b)
  await network.run(1000)
  return { hash: network.traceHash, received: [a.received, b.received] }
}

describe('determinism', () => {
  test('equal seeds give equal runs, to the byte', async () => {
    const first = await scenario(7)
    expect(await scenario(7)).toEqual(first)
    expect(first.hash).toMatch(/^[0-9a-f]{16}$/)
  })

  test('other seeds give other runs, and so does one other byte', async () => {
    const hashes = await Promise.all([scenario(7), scenario(8), scenario(9), scenario(7, 'massage')])
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(4)
  })
})

describe('time', () => {
  test('run moves the clock by what it was told, and promises settle in between', async () => {
    const network = new SimulatedNetwork()
    const times: number[] = []
    const sleep = (ms: number) => new Promise<void>((resolve) => network.clock.setTimeout(resolve, ms))
    const script = (async () => {
      for (let i = 0; i < 5; i++) {
        await sleep(10)
        times.push(network.clock.now())
      }
      return 'done'
    })()
    await network.run(25.5)
    expect(network.clock.now()).toBe(25.5)
    expect(times).toHaveLength(2)
    // A promise settles at the end of the millisecond in which it was resolved.
    expect(times[0]).toBeGreaterThanOrEqual(10)
    expect(times[1]).toBeLessThanOrEqual(22)
    expect(await network.until(script)).toBe('done')
  })

  test('until waits for a promise or a condition, no longer than it may', async () => {
    const network = new SimulatedNetwork({ seed: 12 })
    let ripe = false
    network.clock.setTimeout(() => {
      ripe = true
    }, 500)
    await network.until(() => ripe)
    expect(network.clock.now()).toBeLessThanOrEqual(501)
    await expect(network.until(Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    const never = new Promise<void>(() => {})
    const start = network.clock.now()
    await expect(network.until(never, { limitMs: 100 })).rejects.toThrow(/within 100 ms .*seed 12/)
    await expect(network.until(() => false, { limitMs: 100 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(network.clock.now()).toBe(start + 200)
  })

  test('one at a time', async () => {
    const network = new SimulatedNetwork()
    const running = network.run(10)
    await expect(network.run(10)).rejects.toBeInstanceOf(NetError)
    await running
    await network.run(10)
    expect(network.clock.now()).toBe(20)
  })
})

describe('links', () => {
  test('conditions hold for one direction, and change while running', async () => {
    const network = new SimulatedNetwork({ latencyMs: 10 })
    const [a, b] = await pair(network, [UNRELIABLE])
    const link = network.between('a', 'b')
    link.there.set({ loss: 1 })
    const both = async () => {
      a.channels[0]!.putPacket('to b')
      b.channels[0]!.putPacket('to a')
      await network.run(500)
      return [a.received[0]!.length, b.received[0]!.length]
    }
    expect(await both()).toEqual([1, 0])
    link.there.set({ loss: 0 })
    link.back.set({ outage: true })
    expect(await both()).toEqual([1, 1])
    link.reset()
    expect(await both()).toEqual([2, 2])
    network.set({ outage: true })
    expect(await both()).toEqual([2, 2])
    network.set({ outage: false, latencyMs: 200 })
    const start = network.clock.now()
    a.channels[0]!.putPacket('slow')
    await network.until(() => b.received[0]!.length === 3)
    expect(b.received[0]![2]![1] - start).toBe(200)
    expect(link.there.stats.lost).toBeGreaterThan(0)
    expect(link.back.stats.lostToOutage).toBeGreaterThan(0)
    expect(network.stats.sent).toBe(link.there.stats.sent + link.back.stats.sent)
    close(a, b)
  })

  test('an outage ends by itself, and holds for links that are made during it', async () => {
    const network = new SimulatedNetwork({ latencyMs: 10 })
    network.interrupt(5000)
    const [a, b] = await pair(network, [RELIABLE])
    expect(network.clock.now()).toBeGreaterThan(5000)
    network.between('a', 'b').interrupt(2000)
    a.channels[0]!.putPacket('late')
    await network.run(1900)
    expect(b.received[0]).toEqual([])
    await network.run(3000)
    expect(b.received[0]).toHaveLength(1)
    close(a, b)
  })
})

describe('machines', () => {
  test('a frozen one goes on where it stopped, with what came in the meantime', async () => {
    const network = new SimulatedNetwork({ latencyMs: 10 })
    const [a, b] = await pair(network, [RELIABLE, UNRELIABLE])
    const { clock } = network.peerOptions('b')
    const rang: number[] = []
    clock.setTimeout(() => rang.push(clock.now()), 1000)
    const cancel = clock.setTimeout(() => rang.push(-1), 1000)
    network.freeze('b')
    a.channels[0]!.putPacket('while frozen')
    for (let i = 0; i < 5000; i++) a.channels[1]!.putPacket(new Uint8Array(1000))
    await network.run(3000)
    cancel()
    expect(rang).toEqual([])
    expect(b.received[0]).toEqual([])
    network.thaw('b')
    await network.run(5000)
    expect(rang).toHaveLength(1)
    expect(rang[0]).toBeGreaterThanOrEqual(3000)
    expect(b.received[0]!.map(([text]) => text)).toEqual(['while frozen'])
    expect(a.connection.connectionState).toBe(2)
    close(a, b)
    await network.run(100)
    expect(network.clock.pendingTimers).toBe(0)
  })

  test('a killed one does nothing any more', async () => {
    const network = new SimulatedNetwork({ latencyMs: 10 })
    const [a, b] = await pair(network, [RELIABLE])
    const { clock } = network.peerOptions('b')
    let rang = false
    clock.setTimeout(() => {
      rang = true
    }, 10)
    b.channels[0]!.putPacket('sent before')
    network.kill('b')
    network.thaw('b')
    clock.setTimeout(() => {
      rang = true
    }, 10)
    const sent = network.between('b', 'a').there.stats.sent
    b.channels[0]!.putPacket('sent after')
    a.channels[0]!.putPacket('to the dead')
    await network.run(500)
    expect(rang).toBe(false)
    expect(network.between('b', 'a').there.stats.sent).toBe(sent)
    expect(a.received[0]!.map(([text]) => text)).toEqual(['sent before'])
    expect(b.received[0]).toEqual([])
    close(a, b)
    await network.run(100)
    expect(network.clock.pendingTimers).toBe(0)
  })
})
