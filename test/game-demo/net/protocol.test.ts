import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { calls } from '../../../src/game-demo/net/protocol.ts'
import { arenaCalls } from '../../../src/game-demo/net/referee-desk.ts'
import { ARENA_WIDTH } from '../../../src/game-demo/rules/constants.ts'
import { createRng } from '../../../src/game-demo/rules/rng.ts'
import { hitShip, mayRespawn, spawnShip, stepShip } from '../../../src/game-demo/rules/ship.ts'

const definitions = { ...calls, ...arenaCalls }
type Name = keyof typeof definitions

/** What the handler of a call gets of these arguments; undefined: it is not called. */
function read(name: Name, args: readonly unknown[]): unknown[] | undefined {
  const validators = definitions[name].settings.args as readonly v.GenericSchema[]
  const results = validators.map((schema, i) => v.safeParse(schema, args[i]))
  if (args.length > validators.length || !results.every(({ success }) => success)) return undefined
  return results.map(({ output }) => output)
}

const STATE = [1, 10, 20, 0, 0, 1, 1, 50, true, false, true]
const orb = { id: 1, x: 5, y: 6, kind: 2 }
const HONEST: readonly (readonly [Name, readonly unknown[]])[] = [
  ['state', STATE],
  ['volley', [1, 7, 3, 10, 20, -300, 300, -3]],
  ['hit', [5, 7, 0, 10, 20]],
  ['chat', ['Hello there 👋🏽']],
  ['claim', [7]],
  ['ask', []],
  [
    'arena',
    [{ round: 2, phase: 'play', endsAt: 900, orbs: [orb], scores: [{ id: 5, points: 6, kills: 1, deaths: 2 }] }],
  ],
  [
    'events',
    [
      [
        { type: 'phase', phase: 'board', round: 3, endsAt: 9 },
        { type: 'orb', orb },
        { type: 'taken', orb: 1, by: 5 },
        { type: 'gone', id: 5 },
      ],
    ],
  ],
]

/** Every number in it, however deep. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn)
  return []
}

describe('what a handler gets', () => {
  it.each(HONEST)('of an honest %s is what was sent', (name, args) => {
    expect(read(name, args)).toEqual(args)
  })

  it('has no number that is not finite, whatever was sent', () => {
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
    const changed = fc
      .tuple(fc.constantFrom(...HONEST.filter(([name]) => name !== 'ask')), fc.nat(10), poison)
      .map(([[name, args], at, bad]) => ({
        name,
        args: args.with(at % args.length, bad),
      }))
    const anything = fc.record({
      name: fc.constantFrom(...HONEST.map(([name]) => name)),
      args: fc.array(fc.oneof(fc.anything(), poison), { maxLength: 11 }),
    })
    fc.assert(
      fc.property(fc.oneof(changed, anything), ({ name, args }) => {
        for (const value of numbersIn(read(name, args))) expect(Number.isFinite(value)).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('is all that a ship says, however it is flown', () => {
    const rng = createRng(3)
    let ship = spawnShip(rng, [])
    for (let step = 0; step < 20_000; step++) {
      const thrust = step % 600 < 500 ? 1 : 0
      const aim = step % 7 === 0 ? Math.sin(step / 40) * 9 : undefined
      ship = stepShip(ship, { turn: Math.sin(step / 90), thrust, fire: false, aim })
      if (step % 900 === 0) ship = hitShip(ship)
      if (mayRespawn(ship)) ship = spawnShip(rng, [], ship)
      const { x, y, vx, vy, angle, life, energy } = ship
      const said = [
        step & 0xffff,
        ...[x, y, vx, vy, angle].map(Math.fround),
        life,
        Math.fround(energy),
        true,
        true,
        true,
      ]
      if (!read('state', said)) expect(said).toBe('valid')
    }
  })

  it('is no place outside the arena, no impossible speed and no long list', () => {
    expect(read('state', STATE.with(1, ARENA_WIDTH + 1))).toBeUndefined()
    expect(read('state', STATE.with(2, -1))).toBeUndefined()
    expect(read('state', STATE.with(3, 10_000))).toBeUndefined()
    expect(read('state', STATE.with(0, 0x1_0000))).toBeUndefined()
    const gone = (count: number) => [Array.from({ length: count }, () => ({ type: 'gone', id: 1 }))]
    expect(read('events', gone(129))).toBeUndefined()
    expect(read('events', gone(128))).toBeDefined()
  })

  it('is clean text, or none', () => {
    expect(read('chat', ['one\u0007 two'])).toEqual(['one two'])
    for (const bad of ['', ' \u200b ', 'x'.repeat(1_001), 5, null]) expect(read('chat', [bad])).toBeUndefined()
  })
})
