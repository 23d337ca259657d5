// A pilot without a person: looks at the world, remembers a little, and says what to press. Pure: chance comes from its
// memory. It plays by the same rules as everybody and is meant to be beaten: it aims with a drifting error, needs time
// to change its mind, and tires of shooting.

import type { WorldView } from './net/world-view.ts'
import { OrbKind } from './rules/arena.ts'
import {
  ARENA_HEIGHT,
  ARENA_WIDTH,
  ROCKS,
  SHIP_RADIUS,
  SHOT_INHERIT,
  SHOT_LIFETIME,
  SHOT_SPEED,
  STEP,
} from './rules/constants.ts'
import { clamp, isClear, type Point, randomFreePoint, wrapAngle } from './rules/geometry.ts'
import { createRng, type Rng, random, randomBetween } from './rules/rng.ts'
import { IDLE, type ShipInput } from './rules/ship.ts'

export interface BotMemory {
  readonly rng: Rng
  /** Seconds until it looks around again. */
  thinkIn: number
  /** Whom it fights. */
  target: number | undefined
  /** Where it flies when it does not fight. */
  goal: Point
  /** Which way round it circles, 1 or -1. */
  side: number
  /** How far off its aim is now, radians. */
  aimError: number
  /** Seconds that the trigger stays pressed (above 0) or released (below). */
  burst: number
}

/** It sees about as far as a player's screen shows. */
const SIGHT = 720
const RANGE = SHOT_SPEED * SHOT_LIFETIME * 0.8
/** The closest that it likes to be. */
const COMFORT = 230
const AIM_ERROR = 0.16

export function createBot(seed: number): BotMemory {
  const rng = createRng(seed)
  const goal = randomFreePoint(rng, 150)
  return { rng, thinkIn: 0, target: undefined, goal, side: 1, aimError: 0, burst: -0.5 }
}

/** One step's input. Advances `memory`. */
export function think(view: WorldView, memory: BotMemory): ShipInput {
  const { self } = view
  if (!self.alive || view.arena.phase !== 'play') {
    memory.target = undefined
    return IDLE
  }
  memory.thinkIn -= STEP
  if (memory.thinkIn <= 0 || Math.hypot(memory.goal.x - self.x, memory.goal.y - self.y) < 30) lookAround(view, memory)
  const enemy = view.ships.find((ship) => ship.id === memory.target && ship.alive)
  const input = enemy ? fight(view, enemy, memory) : travel(view, memory.goal)
  return avoid(view, input)
}

function lookAround(view: WorldView, memory: BotMemory): void {
  const { self, ships, orbs } = view
  const { rng } = memory
  memory.thinkIn = randomBetween(rng, 0.35, 0.8)
  memory.aimError = clamp(memory.aimError * 0.5 + randomBetween(rng, -1, 1) * AIM_ERROR, -0.25, 0.25)
  if (random(rng) < 0.12) memory.side = -memory.side
  // A weak ship runs for orbs instead: they repair.
  const bold = self.energy > 35
  let best = SIGHT
  memory.target = undefined
  for (const ship of ships) {
    if (ship.self || !ship.alive || ship.frozen || ship.shielded || !bold) continue
    // The weak first, and rather a person than another bot: people came to play.
    const distance =
      Math.hypot(ship.x - self.x, ship.y - self.y) * (0.7 + ship.energy / 330) * (ship.profile.bot ? 1.25 : 1)
    if (distance < best && isClear(self.x, self.y, ship.x, ship.y)) {
      best = distance
      memory.target = ship.id
    }
  }
  let least = Number.POSITIVE_INFINITY
  let goal: Point | undefined
  for (const orb of orbs) {
    const worth = orb.kind === OrbKind.Spark ? 1 : 0.55
    const detour = isClear(self.x, self.y, orb.x, orb.y, SHIP_RADIUS) ? 1 : 1.6
    const cost = Math.hypot(orb.x - self.x, orb.y - self.y) * worth * detour
    if (cost < least) {
      least = cost
      goal = orb
    }
  }
  memory.goal = goal ?? randomFreePoint(rng, 150)
}

interface Enemy {
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
}

function fight(view: WorldView, enemy: Enemy, memory: BotMemory): ShipInput {
  const { self } = view
  const distance = Math.hypot(enemy.x - self.x, enemy.y - self.y)
  // Where the enemy will be when a shot gets there.
  const flight = distance / SHOT_SPEED
  const aheadX = enemy.x + (enemy.vx - self.vx * SHOT_INHERIT) * flight
  const aheadY = enemy.y + (enemy.vy - self.vy * SHOT_INHERIT) * flight
  const aim = Math.atan2(aheadY - self.y, aheadX - self.x) + memory.aimError
  const onTarget = Math.abs(wrapAngle(aim - self.angle)) < 0.16
  memory.burst -= Math.sign(memory.burst) * STEP
  if (Math.abs(memory.burst) <= STEP) {
    memory.burst = memory.burst >= 0 ? -randomBetween(memory.rng, 0.4, 1.1) : randomBetween(memory.rng, 0.5, 1.2)
  }
  const shoots = memory.burst > 0 && onTarget && distance < RANGE && isClear(self.x, self.y, enemy.x, enemy.y)
  if (distance > COMFORT) {
    // Not straight at it: a little to the side makes a curve, and a harder target.
    const course = aim + (distance > RANGE ? 0 : memory.side * 0.35)
    return { turn: 0, thrust: distance > COMFORT * 1.5 ? 1 : 0.5, fire: shoots, aim: shoots ? aim : course }
  }
  // Too close: keep pointing at it and drift past.
  const closing = (enemy.x - self.x) * (self.vx - enemy.vx) + (enemy.y - self.y) * (self.vy - enemy.vy)
  if (closing > 0 && memory.burst < 0) return { turn: 0, thrust: 0.8, fire: false, aim: aim + memory.side * 1.7 }
  return { turn: 0, thrust: 0, fire: shoots, aim }
}

function travel(view: WorldView, goal: Point): ShipInput {
  const { self } = view
  const dx = goal.x - self.x
  const dy = goal.y - self.y
  // The velocity that it wants minus the one that it has: so it does not circle around an orb for ever.
  const distance = Math.hypot(dx, dy)
  const pace = clamp(distance * 1.3, 70, 255) / Math.max(1, distance)
  const ax = dx * pace - self.vx
  const ay = dy * pace - self.vy
  const aim = Math.atan2(ay, ax)
  const facing = Math.cos(wrapAngle(aim - self.angle))
  return { turn: 0, thrust: facing > 0.6 ? clamp(Math.hypot(ax, ay) / 120, 0, 1) : 0, fire: false, aim }
}

/** Steers away from what it would fly into within the next second. */
function avoid(view: WorldView, input: ShipInput): ShipInput {
  const { x, y, vx, vy, angle } = view.self
  const speed = Math.hypot(vx, vy)
  if (speed < 90) return input
  const aheadX = x + vx * 0.7
  const aheadY = y + vy * 0.7
  const margin = SHIP_RADIUS * 1.5
  const outside = aheadX < margin || aheadY < margin || aheadX > ARENA_WIDTH - margin || aheadY > ARENA_HEIGHT - margin
  let aim: number | undefined
  if (outside) aim = Math.atan2(clamp(aheadY, 200, ARENA_HEIGHT - 200) - y, clamp(aheadX, 200, ARENA_WIDTH - 200) - x)
  for (const rock of ROCKS) {
    if (isClear(x, y, aheadX, aheadY, margin)) break
    const dx = rock.x - x
    const dy = rock.y - y
    if (Math.hypot(dx, dy) > rock.radius + speed) continue
    // Past the rock on the side on which the course already lies.
    const side = Math.sign(vx * dy - vy * dx) || 1
    aim = Math.atan2(dy, dx) - side * (Math.PI / 2)
  }
  if (aim === undefined) return input
  return { ...input, aim, thrust: Math.cos(wrapAngle(aim - angle)) > 0.3 ? 1 : 0 }
}
