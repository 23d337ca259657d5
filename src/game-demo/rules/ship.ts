// A ship: how it flies, takes a hit, dies and comes back. Who owns it, and who is told, is none of this file's business.

import {
  ARENA_HEIGHT,
  ARENA_WIDTH,
  RESPAWN_SECONDS,
  ROCKS,
  SHIELD_SECONDS,
  SHIP_BOUNCE,
  SHIP_DRAG,
  SHIP_ENERGY,
  SHIP_MAX_SPEED,
  SHIP_RADIUS,
  SHIP_REGENERATION,
  SHIP_THRUST,
  SHIP_TURN_RATE,
  SHOT_DAMAGE,
  STEP,
  SURGE_SECONDS,
} from './constants.ts'
import { clamp, type Point, randomFreePoint, wrapAngle } from './geometry.ts'
import type { Rng } from './rng.ts'

/** What a pilot wants in one step. */
export interface ShipInput {
  /** -1 left to 1 right. Ignored while `aim` is given. */
  readonly turn: number
  /** 0 to 1. */
  readonly thrust: number
  readonly fire: boolean
  /** An angle to turn to, as fast as the ship can: for pointers, sticks and bots. */
  readonly aim?: number | undefined
}

export const IDLE: ShipInput = { turn: 0, thrust: 0, fire: false }

export interface Ship {
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly angle: number
  /** 0 to SHIP_ENERGY; at 0 it is destroyed. */
  readonly energy: number
  /** 0 to 1: what burns right now. */
  readonly thrust: number
  /** Counts its spawns: between two of them it jumps, and nobody should draw a line. */
  readonly life: number
  /** Seconds until it may come back; 0 while it flies. */
  readonly respawnIn: number
  /** Seconds of invulnerability left. */
  readonly shield: number
  /** Seconds until it may fire again. */
  readonly cooldown: number
  /** Seconds of triple shots left. */
  readonly surge: number
}

export function isAlive(ship: Ship): boolean {
  return ship.energy > 0
}

/** A fresh ship at a place far from `others`. */
export function spawnShip(rng: Rng, others: readonly Point[], previous?: Ship): Ship {
  const place = spawnPoint(rng, others)
  return {
    ...place,
    vx: 0,
    vy: 0,
    // Towards the middle: a newcomer sees the arena, not the wall.
    angle: Math.atan2(ARENA_HEIGHT / 2 - place.y, ARENA_WIDTH / 2 - place.x),
    energy: SHIP_ENERGY,
    thrust: 0,
    life: ((previous?.life ?? 0) + 1) % 256,
    respawnIn: 0,
    shield: SHIELD_SECONDS,
    cooldown: 0,
    surge: 0,
  }
}

/** Of a few random places, the one that is farthest from everybody. */
function spawnPoint(rng: Rng, others: readonly Point[]): Point {
  let best = randomFreePoint(rng, 120)
  let bestDistance = nearest(best, others)
  for (let attempt = 0; attempt < 6; attempt++) {
    const place = randomFreePoint(rng, 120)
    const distance = nearest(place, others)
    if (distance > bestDistance) {
      best = place
      bestDistance = distance
    }
  }
  return best
}

function nearest(place: Point, others: readonly Point[]): number {
  // Beyond a screen's width farther is not better: the choice stays random in an empty arena.
  return others.reduce((least, other) => Math.min(least, Math.hypot(other.x - place.x, other.y - place.y)), 900)
}

/** One step of flight, or of waiting for the next life. It does not spawn: the caller knows where the others are. */
export function stepShip(ship: Ship, input: ShipInput): Ship {
  if (!isAlive(ship)) {
    return { ...ship, thrust: 0, vx: 0, vy: 0, respawnIn: Math.max(0, ship.respawnIn - STEP) }
  }
  const turn =
    input.aim === undefined
      ? clamp(input.turn, -1, 1)
      : clamp(wrapAngle(input.aim - ship.angle) / (SHIP_TURN_RATE * STEP), -1, 1)
  const angle = wrapAngle(ship.angle + turn * SHIP_TURN_RATE * STEP)
  const thrust = clamp(input.thrust, 0, 1)
  const keep = Math.exp(-SHIP_DRAG * STEP)
  let vx = (ship.vx + Math.cos(angle) * thrust * SHIP_THRUST * STEP) * keep
  let vy = (ship.vy + Math.sin(angle) * thrust * SHIP_THRUST * STEP) * keep
  const speed = Math.hypot(vx, vy)
  if (speed > SHIP_MAX_SPEED) {
    vx *= SHIP_MAX_SPEED / speed
    vy *= SHIP_MAX_SPEED / speed
  }
  const moved = bounceOffRocks(bounceOffWalls({ x: ship.x + vx * STEP, y: ship.y + vy * STEP, vx, vy }))
  return {
    ...moved,
    angle,
    thrust,
    life: ship.life,
    energy: Math.min(SHIP_ENERGY, ship.energy + SHIP_REGENERATION * STEP),
    respawnIn: 0,
    shield: Math.max(0, ship.shield - STEP),
    cooldown: Math.max(0, ship.cooldown - STEP),
    surge: Math.max(0, ship.surge - STEP),
  }
}

interface Body {
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
}

function bounceOffWalls({ x, y, vx, vy }: Body): Body {
  const inX = clamp(x, SHIP_RADIUS, ARENA_WIDTH - SHIP_RADIUS)
  const inY = clamp(y, SHIP_RADIUS, ARENA_HEIGHT - SHIP_RADIUS)
  return {
    x: inX,
    y: inY,
    vx: inX === x ? vx : -vx * SHIP_BOUNCE,
    vy: inY === y ? vy : -vy * SHIP_BOUNCE,
  }
}

function bounceOffRocks(body: Body): Body {
  for (const rock of ROCKS) {
    const dx = body.x - rock.x
    const dy = body.y - rock.y
    const distance = Math.hypot(dx, dy)
    const reach = rock.radius + SHIP_RADIUS
    if (distance >= reach) continue
    // Exactly in the centre there is no way out: any direction will do.
    const nx = distance === 0 ? 1 : dx / distance
    const ny = distance === 0 ? 0 : dy / distance
    const inward = body.vx * nx + body.vy * ny
    const push = inward < 0 ? inward * (1 + SHIP_BOUNCE) : 0
    return { x: rock.x + nx * reach, y: rock.y + ny * reach, vx: body.vx - nx * push, vy: body.vy - ny * push }
  }
  return body
}

/** The ship after a shot hit it. At 0 energy it is destroyed. A shielded ship takes nothing. */
export function hitShip(ship: Ship): Ship {
  if (!isAlive(ship) || ship.shield > 0) return ship
  const energy = Math.max(0, ship.energy - SHOT_DAMAGE)
  // Energy travels as a whole number: what would be shown as 0 is 0.
  if (energy >= 1) return { ...ship, energy }
  return { ...ship, energy: 0, vx: 0, vy: 0, thrust: 0, surge: 0, respawnIn: RESPAWN_SECONDS }
}

/** Whether a destroyed ship has waited long enough. */
export function mayRespawn(ship: Ship): boolean {
  return !isAlive(ship) && ship.respawnIn === 0
}

export function giveSurge(ship: Ship): Ship {
  return isAlive(ship) ? { ...ship, surge: SURGE_SECONDS } : ship
}

export function repairShip(ship: Ship, energy: number): Ship {
  return isAlive(ship) ? { ...ship, energy: Math.min(SHIP_ENERGY, ship.energy + energy) } : ship
}
