// Shots: a volley leaves a ship's nose, flies straight, and ends at a wall, a rock, a ship or of old age.

import {
  ARENA_HEIGHT,
  ARENA_WIDTH,
  ROCKS,
  SHIP_RADIUS,
  SHOT_COOLDOWN,
  SHOT_INHERIT,
  SHOT_LIFETIME,
  SHOT_RADIUS,
  SHOT_SPEED,
  STEP,
  SURGE_SHOTS,
  SURGE_SPREAD,
} from './constants.ts'
import { type Point, segmentDistance } from './geometry.ts'
import { isAlive, type Ship } from './ship.ts'

export interface Shot {
  /** Counts the shots of its owner. */
  readonly id: number
  readonly owner: number
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  /** Seconds left. */
  readonly life: number
}

/** What one pull of the trigger is: everybody makes the same shots from it. */
export interface Volley {
  readonly firstId: number
  /** The ship's middle and velocity when it fired. */
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly angle: number
  readonly count: number
}

/** The ship after firing and the volley that left it, or `undefined` where it may not fire now. */
export function fire(ship: Ship, firstId: number): { readonly ship: Ship; readonly volley: Volley } | undefined {
  if (!isAlive(ship) || ship.cooldown > 0) return undefined
  const { x, y, vx, vy, angle } = ship
  return {
    ship: { ...ship, cooldown: SHOT_COOLDOWN, shield: 0 },
    volley: { firstId, x, y, vx, vy, angle, count: ship.surge > 0 ? SURGE_SHOTS : 1 },
  }
}

/** The shots of a volley, fanned out evenly. */
export function shotsOf(owner: number, volley: Volley): Shot[] {
  return Array.from({ length: volley.count }, (_, index) => {
    const angle = volley.angle + (index - (volley.count - 1) / 2) * SURGE_SPREAD
    const cos = Math.cos(angle)
    const sin = Math.sin(angle)
    return {
      id: volley.firstId + index,
      owner,
      x: volley.x + cos * SHIP_RADIUS,
      y: volley.y + sin * SHIP_RADIUS,
      vx: cos * SHOT_SPEED + volley.vx * SHOT_INHERIT,
      vy: sin * SHOT_SPEED + volley.vy * SHOT_INHERIT,
      life: SHOT_LIFETIME,
    }
  })
}

/** One step. `undefined`: it is old. A shot that `hitsCover` is for the caller to remove: it shows sparks there. */
export function stepShot(shot: Shot): Shot | undefined {
  const life = shot.life - STEP
  if (life <= 0) return undefined
  return { ...shot, x: shot.x + shot.vx * STEP, y: shot.y + shot.vy * STEP, life }
}

/** Whether the shot is in a rock or beyond the wall. */
export function hitsCover(shot: Shot): boolean {
  if (shot.x < 0 || shot.y < 0 || shot.x > ARENA_WIDTH || shot.y > ARENA_HEIGHT) return true
  return ROCKS.some((rock) => Math.hypot(rock.x - shot.x, rock.y - shot.y) < rock.radius)
}

/** Whether the shot passed through a ship in its last step (a fast shot must not jump over one). */
export function hitsShip(shot: Shot, ship: Point): boolean {
  const beforeX = shot.x - shot.vx * STEP
  const beforeY = shot.y - shot.vy * STEP
  return segmentDistance(beforeX, beforeY, shot.x, shot.y, ship.x, ship.y) < SHIP_RADIUS + SHOT_RADIUS
}
