import { describe, expect, it } from 'vitest'
import {
  ARENA_HEIGHT,
  ARENA_WIDTH,
  RESPAWN_SECONDS,
  ROCKS,
  SHIELD_SECONDS,
  SHIP_ENERGY,
  SHIP_MAX_SPEED,
  SHIP_RADIUS,
  SHOT_DAMAGE,
  TICK_RATE,
} from '../../../src/game-demo/rules/constants.ts'
import { createRng, random } from '../../../src/game-demo/rules/rng.ts'
import {
  giveSurge,
  hitShip,
  IDLE,
  isAlive,
  mayRespawn,
  repairShip,
  type Ship,
  spawnShip,
  stepShip,
} from '../../../src/game-demo/rules/ship.ts'

const FORWARD = { turn: 0, thrust: 1, fire: false }

function ship(over: Partial<Ship> = {}): Ship {
  return { ...spawnShip(createRng(1), []), x: 300, y: 800, angle: 0, shield: 0, ...over }
}

function run(start: Ship, steps: number, input = FORWARD): Ship {
  let moved = start
  for (let step = 0; step < steps; step++) moved = stepShip(moved, input)
  return moved
}

describe('a ship in flight', () => {
  it('does the same for the same seed and input', () => {
    const fly = () => {
      const rng = createRng(42)
      let flown = spawnShip(rng, [])
      for (let step = 0; step < 2_000; step++) {
        flown = stepShip(flown, { turn: random(rng) * 2 - 1, thrust: random(rng), fire: false })
      }
      return flown
    }
    expect(fly()).toEqual(fly())
  })

  it('never exceeds its top speed and never leaves the arena or enters a rock', () => {
    const rng = createRng(7)
    let flown = spawnShip(rng, [])
    for (let step = 0; step < 6_000; step++) {
      if (step % 50 === 0) flown = { ...flown, angle: random(rng) * 6 }
      flown = stepShip(flown, FORWARD)
      // One expectation a step: a hundred thousand of them would take seconds.
      const inside =
        flown.x >= SHIP_RADIUS &&
        flown.y >= SHIP_RADIUS &&
        flown.x <= ARENA_WIDTH - SHIP_RADIUS &&
        flown.y <= ARENA_HEIGHT - SHIP_RADIUS
      const clear = ROCKS.every((rock) => Math.hypot(rock.x - flown.x, rock.y - flown.y) > rock.radius)
      const slow = Math.hypot(flown.vx, flown.vy) <= SHIP_MAX_SPEED + 1e-9
      if (!inside || !clear || !slow) expect.fail(`step ${step}: ${JSON.stringify(flown)}`)
    }
  })

  it('drifts on without thrust and slows down', () => {
    const coasting = run(run(ship(), 60), 60, IDLE)
    expect(coasting.vx).toBeGreaterThan(50)
    expect(coasting.vx).toBeLessThan(run(ship(), 60).vx)
  })

  it('bounces off a wall and loses speed', () => {
    const bounced = run(ship({ x: 40, angle: Math.PI, vx: -300 }), 10, IDLE)
    expect(bounced.vx).toBeGreaterThan(0)
    expect(bounced.vx).toBeLessThan(300)
  })

  it('turns the short way to an aim and stays on it', () => {
    const turned = run(ship({ angle: 3 }), 40, { turn: 0, thrust: 0, fire: false, aim: -3 } as typeof FORWARD)
    expect(turned.angle).toBeCloseTo(-3)
  })
})

describe('a ship that is hit', () => {
  it('loses energy, and is destroyed at zero', () => {
    let struck = ship()
    const hits = Math.ceil(SHIP_ENERGY / SHOT_DAMAGE)
    for (let hit = 1; hit < hits; hit++) struck = hitShip(struck)
    expect(isAlive(struck)).toBe(true)
    struck = hitShip(struck)
    expect(isAlive(struck)).toBe(false)
    expect(hitShip(struck)).toBe(struck)
  })

  it('takes nothing while it is shielded', () => {
    const fresh = spawnShip(createRng(1), [])
    expect(hitShip(fresh)).toBe(fresh)
    expect(isAlive(hitShip(run(fresh, SHIELD_SECONDS * TICK_RATE + 1, IDLE)))).toBe(true)
    expect(hitShip(run(fresh, SHIELD_SECONDS * TICK_RATE + 1, IDLE)).energy).toBeLessThan(SHIP_ENERGY)
  })

  it('waits before it comes back, elsewhere and with a new life', () => {
    const wreck = hitShip(ship({ energy: 5 }))
    expect(mayRespawn(wreck)).toBe(false)
    const waited = run(wreck, RESPAWN_SECONDS * TICK_RATE + 1)
    expect(mayRespawn(waited)).toBe(true)
    expect(waited.x).toBe(wreck.x)
    const again = spawnShip(createRng(3), [wreck], waited)
    expect(again.life).toBe(wreck.life + 1)
    expect(again.shield).toBe(SHIELD_SECONDS)
    expect(Math.hypot(again.x - wreck.x, again.y - wreck.y)).toBeGreaterThan(200)
  })

  it('gains nothing from orbs while destroyed', () => {
    const wreck = hitShip(ship({ energy: 5 }))
    expect(giveSurge(wreck)).toBe(wreck)
    expect(repairShip(wreck, 50)).toBe(wreck)
    expect(repairShip(ship({ energy: 95 }), 50).energy).toBe(SHIP_ENERGY)
  })
})
