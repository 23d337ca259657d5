import { describe, expect, it } from 'vitest'
import { ROCKS, SHOT_COOLDOWN, SHOT_LIFETIME, SURGE_SHOTS, TICK_RATE } from '../../../src/game-demo/rules/constants.ts'
import { createRng } from '../../../src/game-demo/rules/rng.ts'
import { giveSurge, IDLE, type Ship, spawnShip, stepShip } from '../../../src/game-demo/rules/ship.ts'
import { fire, hitsCover, hitsShip, type Shot, shotsOf, stepShot } from '../../../src/game-demo/rules/shot.ts'

const gunner: Ship = { ...spawnShip(createRng(1), []), x: 300, y: 800, angle: 0 }

function firstShot(ship: Ship): Shot {
  return shotsOf(1, fire(ship, 0)!.volley)[0]!
}

describe('firing', () => {
  it('is possible again only after the cooldown', () => {
    let { ship } = fire(gunner, 0)!
    let steps = 0
    while (!fire(ship, 1)) {
      ship = stepShip(ship, IDLE)
      steps++
    }
    expect(steps / TICK_RATE).toBeCloseTo(SHOT_COOLDOWN, 1)
  })

  it('ends the shield and is not possible for a wreck', () => {
    expect(fire(gunner, 0)!.ship.shield).toBe(0)
    expect(fire({ ...gunner, energy: 0 }, 0)).toBeUndefined()
  })

  it('gives a symmetric fan during a surge', () => {
    const shots = shotsOf(1, fire(giveSurge(gunner), 10)!.volley)
    expect(shots.map((shot) => shot.id)).toEqual([10, 11, 12])
    expect(shots).toHaveLength(SURGE_SHOTS)
    expect(shots[0]!.vy).toBeCloseTo(-shots[2]!.vy)
    expect(shots[1]!.vy).toBeCloseTo(0)
  })
})

describe('a shot', () => {
  it('flies straight and ends of old age', () => {
    let shot: Shot | undefined = firstShot(gunner)
    let steps = 0
    while (shot) {
      expect(shot.y).toBeCloseTo(gunner.y)
      shot = stepShot(shot)
      steps++
    }
    expect(steps).toBe(Math.ceil(SHOT_LIFETIME * TICK_RATE))
  })

  it('hits a ship that it would jump over between two steps', () => {
    const start = firstShot(gunner)
    // A shot so fast that one step takes it from before the ship to behind it.
    const shot = stepShot({ ...start, vx: 60 * 200 })!
    expect(hitsShip(shot, { x: gunner.x + 100, y: gunner.y })).toBe(true)
    expect(hitsShip(shot, { x: gunner.x + 100, y: gunner.y + 60 })).toBe(false)
    expect(hitsShip(shot, { x: gunner.x - 60, y: gunner.y })).toBe(false)
  })

  it('ends at rocks and walls', () => {
    const shot = firstShot(gunner)
    expect(hitsCover(shot)).toBe(false)
    expect(hitsCover({ ...shot, x: -1 })).toBe(true)
    expect(hitsCover({ ...shot, x: ROCKS[0]!.x, y: ROCKS[0]!.y })).toBe(true)
  })
})
