import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../../../src/game-demo/net/decode.ts'
import { encode, GAME_VERSION, Kind, type Message } from '../../../src/game-demo/net/messages.ts'
import { ARENA_HEIGHT, ARENA_WIDTH, SHIP_MAX_SPEED } from '../../../src/game-demo/rules/constants.ts'

const id = fc.integer({ min: 1, max: 0x7fff_ffff })
const count = fc.integer({ min: 0, max: 0x7fff_ffff })
const x = fc.double({ min: 0, max: ARENA_WIDTH, noNaN: true })
const y = fc.double({ min: 0, max: ARENA_HEIGHT, noNaN: true })
const speed = fc.double({ min: -SHIP_MAX_SPEED, max: SHIP_MAX_SPEED, noNaN: true })
const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true })
const motion = { x, y, vx: speed, vy: speed, angle }
const time = fc.double({ min: 0, max: 2 ** 33, noNaN: true })
const energy = fc.double({ min: 0, max: 100, noNaN: true })
const orb = fc.record({ id: count, x, y, kind: fc.constantFrom(0 as const, 1 as const, 2 as const) })
const score = fc.record({ id, points: count, kills: count, deaths: count })
const phase = fc.constantFrom('play' as const, 'board' as const)
const seconds = fc.double({ min: 0, max: 8, noNaN: true })

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant(Kind.State),
    state: fc.record({
      ...motion,
      time,
      energy,
      life: fc.integer({ min: 0, max: 255 }),
      thrust: fc.boolean(),
      shielded: fc.boolean(),
      surging: fc.boolean(),
    }),
  }),
  fc.record({
    kind: fc.constant(Kind.Volley),
    time,
    volley: fc.record({ ...motion, firstId: count, count: fc.integer({ min: 1, max: 3 }) }),
  }),
  fc.record({ kind: fc.constant(Kind.Hit), by: id, shot: count, energy, x, y }),
  fc.record({ kind: fc.constant(Kind.Claim), orb: count }),
  fc.record({ kind: fc.constant(Kind.Ask) }),
  fc.record({
    kind: fc.constant(Kind.Snapshot),
    arena: fc.record({
      round: fc.integer({ min: 1, max: 1_000 }),
      phase,
      remaining: seconds,
      orbs: fc.array(orb, { maxLength: 60 }),
      scores: fc.array(score, { maxLength: 64 }),
    }),
  }),
  fc.record({
    kind: fc.constant(Kind.Events),
    events: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('phase' as const), phase, round: fc.integer({ min: 1, max: 99 }) }),
        fc.record({ type: fc.constant('clock' as const), remaining: seconds }),
        fc.record({ type: fc.constant('orb' as const), orb }),
        fc.record({ type: fc.constant('taken' as const), orb: count, by: id }),
        fc.record({ type: fc.constant('score' as const), score }),
        fc.record({ type: fc.constant('gone' as const), id }),
      ),
      { maxLength: 20 },
    ),
  }),
  fc.record({
    kind: fc.constant(Kind.Hello),
    version: fc.constant(GAME_VERSION),
    name: fc.stringMatching(/^[a-z]{1,16}$/),
    colour: fc.integer({ min: 0, max: 11 }),
    bot: fc.boolean(),
  }),
  fc.record({ kind: fc.constant(Kind.Chat), text: fc.stringMatching(/^[a-z]{1,140}$/) }),
)

/** Every number in it, however deep. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn)
  return []
}

describe('decode', () => {
  it('reads back what encode wrote: encoding it again gives the same packet', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const packet = encode(sent)
        const received = decode(packet)
        expect(received?.kind).toBe(sent.kind)
        expect(encode(received!)).toEqual(packet)
      }),
    )
  })

  it('loses less than a pixel of a ship', () => {
    fc.assert(
      fc.property(x, y, angle, (atX, atY, heading) => {
        const state = { x: atX, y: atY, vx: 1, vy: 2, angle: heading, life: 1, energy: 50, time: 5 }
        const sent = { ...state, thrust: true, shielded: false, surging: true }
        const received = decode(encode({ kind: Kind.State, state: sent }))
        if (received?.kind !== Kind.State) throw new Error('no state')
        expect(Math.abs(received.state.x - atX)).toBeLessThan(0.1)
        expect(Math.abs(received.state.y - atY)).toBeLessThan(0.1)
        expect(Math.abs(Math.sin((received.state.angle - heading) / 2))).toBeLessThan(0.001)
        expect(received.state).toMatchObject({ thrust: true, shielded: false, surging: true, life: 1, energy: 50 })
      }),
    )
  })

  it('never throws, whatever comes, and never lets a number through that is not finite', () => {
    const poison = fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      0.5,
      1e300,
      '1',
      null,
      undefined,
      {},
      [],
      1n,
    )
    const anything = fc.oneof(
      fc.anything(),
      // An array with a known kind and rubbish behind it.
      fc
        .tuple(fc.integer({ min: 0, max: 9 }), fc.array(fc.oneof(fc.anything(), poison)))
        .map(([kind, rest]) => [kind, ...rest]),
      // A good packet with one field replaced.
      fc.tuple(message, fc.nat(9), poison).map(([good, at, bad]) => {
        const packet: unknown[] = encode(good)
        packet[1 + (at % Math.max(1, packet.length - 1))] = bad
        return packet
      }),
    )
    fc.assert(
      fc.property(anything, (packet) => {
        for (const value of numbersIn(decode(packet))) expect(Number.isFinite(value)).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('refuses a packet with a field too many or too few', () => {
    fc.assert(
      fc.property(message, (good) => {
        const packet = encode(good)
        // Chat and hello end with text or a flag: there a field more does no harm.
        if (good.kind === Kind.Chat || good.kind === Kind.Hello) return
        expect(decode([...packet, 0])).toBeUndefined()
        if (packet.length > 1) expect(decode(packet.slice(0, -1))).toBeUndefined()
      }),
    )
  })

  it('refuses places outside the arena, impossible speeds and long lists', () => {
    const state = encode({
      kind: Kind.State,
      state: {
        x: 10,
        y: 10,
        vx: 0,
        vy: 0,
        angle: 0,
        life: 1,
        energy: 1,
        time: 1,
        thrust: false,
        shielded: false,
        surging: false,
      },
    })
    expect(decode(state)).toBeDefined()
    expect(decode(state.with(2, ARENA_WIDTH * 8 + 1))).toBeUndefined()
    expect(decode(state.with(3, -1))).toBeUndefined()
    expect(decode(state.with(4, 100_000))).toBeUndefined()
    expect(decode([Kind.Events, Array.from({ length: 129 }, () => [6, 1])])).toBeUndefined()
    expect(decode([Kind.Events, Array.from({ length: 128 }, () => [6, 1])])).toBeDefined()
  })
})
