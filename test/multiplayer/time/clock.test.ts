// How well clocks agree over a simulated network, and what they do when one of them is wrong.

import { afterEach, describe, expect, it } from 'vitest'
import { MAX_ROOM_TIME_MS } from '../../../src/multiplayer/time/constants.ts'
import { decodeClockMessage } from '../../../src/multiplayer/time/wire.ts'
import { presets, SimulatedNetwork, type SimulatedNetworkOptions } from '../../../src/testing.ts'
import { apart, Member, watch } from './support.ts'

const JITTER = { latencyMs: 100, jitterMs: 30, loss: 0.05 }

let network: SimulatedNetwork
let members: Member[] = []

afterEach(async () => {
  await end()
})

async function end(): Promise<void> {
  await network.until(Promise.all(members.map((member) => member.close())))
  members = []
  await network.run(2_000)
  expect(network.clock.pendingTimers).toBe(0)
}

type Wrong = ConstructorParameters<typeof Member>[3]

/** A host and another peer, connected just now. */
async function two(options: SimulatedNetworkOptions, wrongHost?: Wrong, wrong?: Wrong): Promise<[Member, Member]> {
  network = new SimulatedNetwork(options)
  const host = new Member(network, 1, 1, wrongHost)
  members.push(host)
  await network.run(700)
  return [host, await join(2, host, wrong)]
}

async function join(id: number, host: Member, wrong?: Wrong): Promise<Member> {
  const member = new Member(network, id, host.id, wrong)
  for (const other of members) member.connect(other)
  members.push(member)
  await network.until(() => members.every(({ peer }) => peer.connectedPeers.length === members.length - 1))
  return member
}

describe('two clocks', () => {
  it('agree within 5 ms after 3 s at 100 ms with 30 ms of jitter and 5 % loss, whatever the luck', async () => {
    const errors: number[] = []
    for (let seed = 1; seed <= 60; seed++) {
      const [host, guest] = await two({ seed, ...JITTER }, { offsetMs: 5_000, ppm: 40 }, { offsetMs: 1e9, ppm: -40 })
      await network.run(3_000)
      expect(guest.clock.synchronized).toBe(true)
      await watch(network, 3_000, 100, () => errors.push(apart(host, guest)))
      expect(guest.steps).toEqual([])
      await end()
    }
    expect(Math.max(...errors)).toBeLessThanOrEqual(5)
  })

  it('agree within a frame on a 4G link, for minutes', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const [host, guest] = await two({ seed, ...presets['4G'] })
      await network.run(3_000)
      let worst = 0
      await watch(network, 120_000, 100, () => {
        worst = Math.max(worst, apart(host, guest))
      })
      expect(worst).toBeLessThan(16)
      expect(guest.steps).toEqual([])
      await end()
    }
  })

  it('agree although one machine runs 200 ppm too fast and the other 200 ppm too slow', async () => {
    const [host, guest] = await two({ seed: 3, ...JITTER }, { ppm: 200 }, { ppm: -200 })
    await network.run(3_000)
    const errors: number[] = []
    await watch(network, 180_000, 500, () => errors.push(apart(host, guest)))
    expect(Math.max(...errors)).toBeLessThan(8)
    // By then the drift is known.
    expect(Math.max(...errors.slice(120))).toBeLessThan(5)
    expect(guest.steps).toEqual([])
  })

  it('are apart by half of what the two ways differ by, and by no more', async () => {
    const [host, guest] = await two({ seed: 1, latencyMs: 50, jitterMs: 5 })
    network.between('machine 1', 'machine 2').there.set({ latencyMs: 90 })
    await network.run(30_000)
    expect(apart(host, guest)).toBeGreaterThan(18)
    expect(apart(host, guest)).toBeLessThan(22)
  })

  it('agree at once where nothing jitters', async () => {
    const [host, guest] = await two({ seed: 1, latencyMs: 2 })
    await network.until(guest.clock.ready)
    expect(network.clock.now()).toBeLessThan(1_500)
    expect(apart(host, guest)).toBeLessThan(1)
    expect(guest.clock.errorMs).toBeLessThan(2)
    expect(host.clock.errorMs).toBe(0)
  })

  it('are no worse than the one says of itself, nearly always', async () => {
    let worse = 0
    let looks = 0
    for (let seed = 1; seed <= 10; seed++) {
      const [host, guest] = await two({ seed, ...JITTER })
      await network.run(3_000)
      await watch(network, 5_000, 100, () => {
        looks += 1
        if (apart(host, guest) > guest.clock.errorMs! + 0.5) worse += 1
      })
      await end()
    }
    expect(worse / looks).toBeLessThan(0.05)
  })

  it('run on through an outage', async () => {
    const [host, guest] = await two({ seed: 1, ...JITTER })
    await network.run(10_000)
    network.interrupt(2_500)
    await watch(network, 10_000, 100, () => expect(apart(host, guest)).toBeLessThan(5))
    expect(guest.steps).toEqual([])
  })
})

describe('a clock', () => {
  it('never goes back and never runs more than 1 % off, but for its first step', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const [, guest] = await two({ seed, ...presets.poor }, { ppm: 100 }, { ppm: -100 })
      await network.until(guest.clock.ready)
      let [last, lastAt] = [guest.clock.now(), network.clock.now()]
      await watch(network, 20_000, 7, () => {
        const [now, at] = [guest.clock.now(), network.clock.now()]
        expect(now - last).toBeGreaterThan((at - lastAt) * 0.989)
        expect(now - last).toBeLessThan((at - lastAt) * 1.011)
        ;[last, lastAt] = [now, at]
      })
      await end()
    }
  })

  it('is its own until it knows the time, and begins near 0', async () => {
    const [host, guest] = await two({ seed: 1, ...JITTER }, { offsetMs: 1e6 }, { offsetMs: 5e6 })
    expect(host.clock.synchronized).toBe(true)
    expect(host.clock.now()).toBeCloseTo(network.clock.now(), 0)
    expect(guest.clock.synchronized).toBe(false)
    expect(guest.clock.errorMs).toBeUndefined()
    expect(guest.clock.now()).toBeLessThan(host.clock.now())
  })

  it('steps once, forward, when its machine slept and its time stood still', async () => {
    const [host, guest] = await two({ seed: 2, ...JITTER })
    await network.run(5_000)
    guest.machineClock.loses(30_000)
    await network.run(500)
    expect(guest.clock.synchronized).toBe(false)
    await network.run(3_500)
    expect(guest.clock.synchronized).toBe(true)
    expect(guest.steps).toHaveLength(1)
    expect(guest.steps[0]).toBeGreaterThan(29_980)
    expect(guest.steps[0]).toBeLessThan(30_020)
    await watch(network, 10_000, 100, () => expect(apart(host, guest)).toBeLessThan(5))
    expect(guest.steps).toHaveLength(1)
  })

  it('stands still, and does not go back, when it is 5 s ahead', async () => {
    const [host, guest] = await two({ seed: 2, ...JITTER })
    await network.run(5_000)
    guest.machineClock.loses(-5_000)
    let last = 0
    const look = () => {
      const now = guest.clock.now()
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
    await watch(network, 9_000, 50, look)
    expect(guest.steps).toHaveLength(1)
    expect(guest.steps[0]).toBeLessThan(-4_980)
    await watch(network, 5_000, 50, look)
    expect(apart(host, guest)).toBeLessThan(5)
    expect(guest.steps).toHaveLength(1)
  })

  it('is right at once after 3 s in which its tab was frozen, without a step', async () => {
    const [host, guest] = await two({ seed: 2, ...JITTER })
    await network.run(10_000)
    network.freeze('machine 2')
    await network.run(3_000)
    network.thaw('machine 2')
    await watch(network, 10_000, 50, () => expect(apart(host, guest)).toBeLessThan(5))
    expect(guest.steps).toEqual([])
  })

  it('is right at once when its tab slept for 30 s and is connected anew', async () => {
    const [host, guest] = await two({ seed: 2, ...JITTER })
    await network.run(10_000)
    guest.peer.removePeer(1)
    host.peer.removePeer(2)
    await network.run(30_000)
    expect(apart(host, guest)).toBeLessThan(8)
    guest.connect(host)
    await watch(network, 10_000, 50, () => expect(apart(host, guest)).toBeLessThan(8))
    expect(guest.steps).toEqual([])
  })
})

describe('when the host changes', () => {
  it('the time goes on, on all peers together', async () => {
    const [host, b] = await two({ seed: 4, ...JITTER }, { ppm: 50 }, { offsetMs: 777, ppm: -80 })
    const c = await join(3, host, { ppm: 120 })
    await network.run(20_000)
    const before = b.clock.now()
    const at = network.clock.now()
    members = [b, c]
    await network.until(host.close())
    b.follow(2)
    await network.run(120)
    c.follow(2)
    expect(b.clock.now() - before).toBeCloseTo(network.clock.now() - at, 0)
    await watch(network, 30_000, 100, () => expect(apart(b, c)).toBeLessThan(8))
    expect([...b.steps, ...c.steps]).toEqual([])
  })

  it('a host that begins anew is followed back', async () => {
    const [host, guest] = await two({ seed: 4, latencyMs: 20 })
    await network.run(60_000)
    members = [guest]
    await network.until(host.close())
    const again = new Member(network, 3, 3)
    guest.connect(again)
    members.push(again)
    guest.follow(3)
    await network.run(6_000)
    expect(apart(again, guest)).toBeLessThan(5)
    expect(guest.clock.now()).toBeLessThan(10_000)
    expect(guest.steps).toHaveLength(1)
    expect(guest.steps[0]).toBeLessThan(-50_000)
  })
})

describe('a host', () => {
  it('that was stopped for long with an answer in its hand does not give it: nobody could believe it', async () => {
    const [host, guest] = await two({ seed: 5, latencyMs: 20 })
    await network.run(5_000)
    const refused: unknown[] = []
    guest.peer.on('service', (message) => {
      try {
        decodeClockMessage(message)
      } catch (error) {
        refused.push(error)
      }
    })
    host.clock.receive(Uint8Array.of(1, 0, 7, 0), guest.id)
    host.machineClock.loses(-12_000)
    await network.run(1_000)
    expect(refused).toEqual([])
  })

  it('to whom a liar before it left a time at the end of all times begins anew, and is not blamed for it', async () => {
    const [liar, heir] = await two({ seed: 5, latencyMs: 20 }, { offsetMs: 0 })
    const third = await join(3, liar)
    await network.run(5_000)
    liar.machineClock.loses(-(MAX_ROOM_TIME_MS - 15_000))
    await network.run(6_000)
    expect(heir.clock.now()).toBeGreaterThan(MAX_ROOM_TIME_MS / 2)
    for (const member of [heir, third]) member.follow(heir.id)
    await network.run(20_000)
    expect(heir.clock.now()).toBeLessThan(60_000)
    expect(apart(heir, third)).toBeLessThan(5)
    expect(third.clock.synchronized).toBe(true)
    const before = third.clock.now()
    await network.run(5_000)
    expect(third.clock.now() - before).toBeCloseTo(5_000, -1)
  })
})

describe('others', () => {
  it('have no say: who is not the host is not believed', async () => {
    const [host, guest] = await two({ seed: 5, latencyMs: 20 })
    const liar = await join(3, host)
    await network.run(5_000)
    for (let number = 0; number < 0x1_0000; number += 61) {
      const lie = new Uint8Array(20)
      const view = new DataView(lie.buffer)
      lie.set([1, 1])
      view.setUint16(2, number, true)
      view.setUint32(4, 99, true)
      view.setFloat64(8, 1e12, true)
      guest.clock.receive(lie, liar.id)
      // Nor is the host itself, about what it was not asked or not yet.
      view.setFloat64(8, -1, true)
      expect(() => guest.clock.receive(lie, host.id)).toThrow('could not be understood')
    }
    await network.run(5_000)
    expect(apart(host, guest)).toBeLessThan(2)
    expect(guest.steps).toEqual([])
  })

  it('cannot make a peer answer more than forty questions a second', async () => {
    const [host, guest] = await two({ seed: 5, latencyMs: 20 })
    await network.run(5_000)
    const before = guest.peer.stats(host.id).packetsIn
    for (let i = 0; i < 1_000; i++) host.clock.receive(Uint8Array.of(1, 0, i, i >> 8), guest.id)
    await network.run(900)
    expect(guest.peer.stats(host.id).packetsIn - before).toBeLessThanOrEqual(45)
  })
})
