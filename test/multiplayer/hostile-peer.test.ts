// A peer that says what it likes, over real WebRTC: it is dropped, counted, reported and closed, and the others of the
// room never notice.

import { afterEach, describe, expect, it } from 'vitest'
import { CONNECT_TIMEOUT_MS } from '../../src/multiplayer/constants.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import { MAX_BAD_MESSAGES, MAX_EARLY_MESSAGES, MAX_RELIABLE_PACKET } from '../../src/net/link/constants.ts'
import { Kind, LAST } from '../../src/net/link/wire.ts'
import { seededRandom } from '../../src/net/random.ts'
import { MemorySignaling } from '../../src/net/signaling/memory.ts'
import { Intruder, type IntruderLine, type IntruderOptions } from '../support/intruder.ts'
import { atEnd, closeAll, join, joinMany, until, Witness } from '../support/peers.ts'
import { turn } from '../support/turn.ts'
import { hello, piece, reliable, streamed, unreliable, unreliablePiece } from '../support/wire.ts'

afterEach(closeAll)

interface Scene {
  readonly intruder: Intruder
  /** The intruder's line to `room`. */
  readonly line: IntruderLine
  readonly room: Room
  readonly witness: Witness
}

/** Two honest peers that talk all the time, and an intruder who does `attack`; then nothing of the talk may be missing. */
async function attacked(attack: (scene: Scene) => Promise<void>, options: IntruderOptions = {}): Promise<void> {
  const signaling = new MemorySignaling()
  const members = await joinMany(2, { signaling })
  const [[room, witness], [other, otherWitness]] = members as [[Room, Witness], [Room, Witness]]
  let n = 0
  const talk = setInterval(() => {
    room.send(n, { to: other.id })
    other.send(n, { to: room.id })
    n += 1
  }, 2)
  atEnd(() => clearInterval(talk))
  const intruder = await Intruder.enter(signaling, room.code, options)
  await attack({ intruder, line: intruder.lines.get(room.id)!, room, witness })
  clearInterval(talk)
  const said = Array.from({ length: n }, (_, i) => i)
  await witness.until(() => witness.values(other.id).length >= n)
  await otherWitness.until(() => otherWitness.values(room.id).length >= n)
  expect(witness.values(other.id)).toEqual(said)
  expect(otherWitness.values(room.id)).toEqual(said)
  expect(room.stats(other.id).rejected).toBe(0)
  expect(witness.disconnected.filter(([id]) => id === other.id)).toEqual([])
}

/** The intruder is announced as a peer. */
async function greeted({ intruder, line, witness }: Scene): Promise<void> {
  line.greet()
  await witness.until(() => witness.connected.includes(intruder.id))
}

async function expectClosed({ intruder, witness, room }: Scene): Promise<void> {
  expect(await witness.lost(intruder.id)).toBe('protocol_error')
  expect(room.peers).not.toContain(intruder.id)
  expect(witness.errors.length).toBe(MAX_BAD_MESSAGES)
  expect(witness.errors.every(({ code }) => code === 'ERR_INVALID_DATA')).toBe(true)
}

describe('a peer that was announced is closed after a few', () => {
  const value = (...payload: number[]) => reliable(Kind.Value, payload)
  const many = (make: (i: number) => Uint8Array) => Array.from({ length: 20 }, (_, i) => make(i))
  const attacks: Record<string, (line: IntruderLine) => void> = {
    'empty messages': (line) => line.say(...many(() => new Uint8Array(0))),
    'unknown kinds': (line) => line.say(...many((i) => reliable(9 + (i % 7), [1, 2]))),
    'broken msgpack': (line) => line.say(...many(() => value(0xc1))),
    'msgpack bombs': (line) =>
      line.say(...many(() => value(0xdd, 0xff, 0xff, 0xff, 0xff, ...new Array(200).fill(0x91)))),
    'second greetings': (line) => line.say(...many(() => hello())),
    'headers that are cut off': (line) => line.shout(...Array.from({ length: 40 }, () => Uint8Array.of(0, 2))),
    'pieces without content': (line) => line.say(...many(() => piece('', { total: 5 }))),
    'pieces without a first one': (line) => line.say(...many(() => piece('x', { last: true }))),
    'packets that begin in the midst of others': (line) => line.say(...many(() => piece('x', { total: 5 }))),
    'packets of 4 GiB': (line) => line.say(...many((i) => piece('x', { total: 0xffff_ffff, lane: i }))),
    'acknowledgements of what was never sent': (line) =>
      line.shout(
        ...Array.from({ length: 40 }, (_, i) => unreliable(i, undefined, { acknowledges: { newest: 9_000 } })),
      ),
    'progress that was never made': (line) =>
      line.shout(
        ...Array.from({ length: 40 }, (_, i) => unreliable(i, undefined, { progress: { reliable: 9_000, stream: 0 } })),
      ),
    'a stream from far ahead': (line) => line.say(...many((i) => streamed(1_000_000 + i, value(0x01)))),
    'signals that are no JSON': (line) => line.say(...many(() => reliable(Kind.Signal, '{"kind":'))),
    'unreliable pieces with a wrong index': (line) =>
      line.shout(...Array.from({ length: 40 }, (_, i) => unreliablePiece(i, { packet: i, index: 3, count: 2 }, 'x'))),
  }
  for (const [name, attack] of Object.entries(attacks)) {
    it(`: ${name}`, () =>
      attacked(async (scene) => {
        await greeted(scene)
        attack(scene.line)
        await expectClosed(scene)
      }))
  }

  it(': what comes before the last one is only counted, and good packets pass', () =>
    attacked(async (scene) => {
      await greeted(scene)
      const { line, witness, room, intruder } = scene
      for (let i = 1; i < MAX_BAD_MESSAGES; i++) line.say(value(0xc1))
      line.say(value(0x2a))
      await witness.until(() => witness.values(intruder.id).length === 1)
      expect(witness.values(intruder.id)).toEqual([42])
      expect(room.stats(intruder.id).rejected).toBe(MAX_BAD_MESSAGES - 1)
      line.say(value(0xc1))
      await expectClosed(scene)
    }))

  it(': a flood of noise on the unreliable channel', () =>
    attacked(async (scene) => {
      await greeted(scene)
      const random = seededRandom(13)
      for (let i = 0; i < 3_000 && scene.line.open; i++) {
        scene.line.shout(Uint8Array.from({ length: random() % 200 }, () => random() & 0xff))
        if (i % 200 === 0) await turn()
      }
      await expectClosed(scene)
    }))
})

it('a message of 10 MB, sent to a peer that takes 64 KiB, harms nobody', () =>
  attacked(
    async (scene) => {
      await greeted(scene)
      const huge = new Uint8Array(10 * 1024 * 1024).fill(Kind.Bytes | LAST)
      // The library may refuse to send it, or the other side may cut or drop it; only the room must go on.
      scene.line.say(huge, huge.subarray(0, 1024 * 1024), huge.subarray(0, 262_144))
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 5))
      const whole = scene.witness.values(scene.intruder.id).some((value) => (value as Uint8Array).length > 262_144)
      expect(whole).toBe(false)
    },
    {
      maxMessageSize: 16 * 1024 * 1024,
      answerAs: (sdp) => sdp.replace(/a=max-message-size:\d+/, 'a=max-message-size:16777216'),
    },
  ))

it('a peer that takes everything and acknowledges nothing is closed when more waits for it than may', () =>
  attacked(async (scene) => {
    await greeted(scene)
    const { room, intruder, witness } = scene
    for (let i = 0; i < 3; i++) room.sendBytes(new Uint8Array(MAX_RELIABLE_PACKET), { to: intruder.id })
    expect(await witness.lost(intruder.id)).toBe('buffer_overflow')
    expect(room.peers).not.toContain(intruder.id)
  }))

it('hundreds of channels that nobody asked for are refused, one by one', () =>
  attacked(async (scene) => {
    await greeted(scene)
    const channels: { isOpen(): boolean }[] = []
    try {
      for (let i = 0; i < 2_000; i++) channels.push(scene.line.openInBand(`unwanted ${i}`))
    } catch {
      // There are no more streams.
    }
    expect(channels.length).toBeGreaterThan(100)
    await until(() => channels.every((channel) => !channel.isOpen()) || !scene.line.open)
    scene.line.say(reliable(Kind.Value, [7]))
    await scene.witness.until(() => scene.witness.values(scene.intruder.id).includes(7))
    expect(scene.room.peers).toContain(scene.intruder.id)
  }))

describe('a peer that never greets', () => {
  it('is never announced, and given up with a reason after the time that connecting may take', async () => {
    const clock = new VirtualClock()
    const signaling = new MemorySignaling()
    const room = await join({ signaling, clock })
    const witness = new Witness(room)
    const intruder = await Intruder.enter(signaling, room.code)
    const line = intruder.lines.get(room.id)!
    for (let i = 0; i < MAX_EARLY_MESSAGES + 100; i++) line.shout(unreliable(i, [1], { kind: Kind.Value }))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(witness.log).toEqual([])
    clock.advance(CONNECT_TIMEOUT_MS)
    expect(witness.failed).toMatchObject([[intruder.id, { code: 'ERR_TIMEOUT' }]])
    expect(witness.packets).toEqual([])
    // In half a minute it looks for another way.
    expect(clock.pendingTimers).toBe(1)
  })

  it('and sends packets instead, is closed after a few', () =>
    attacked(async ({ intruder, line, witness }) => {
      line.say(...Array.from({ length: 20 }, () => reliable(Kind.Value, [1])))
      await witness.until(() => witness.failed.length > 0)
      expect(witness.failed).toMatchObject([[intruder.id, { code: 'ERR_INVALID_DATA' }]])
      expect(witness.connected).not.toContain(intruder.id)
    }))

  it('or greets in another version, is told apart by its error', () =>
    attacked(async ({ intruder, line, witness }) => {
      line.say(hello([], 99))
      await witness.until(() => witness.failed.length > 0)
      expect(witness.failed[0]![0]).toBe(intruder.id)
      expect(witness.failed[0]![1].message).toContain('it speaks version 99')
    }))
})
