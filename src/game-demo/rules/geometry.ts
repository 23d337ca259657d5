// A little geometry that ships, shots and bots share.

import { ARENA_HEIGHT, ARENA_WIDTH, ROCKS } from './constants.ts'
import { type Rng, randomBetween } from './rng.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}

/** The angle brought into [-π, π). */
export function wrapAngle(angle: number): number {
  const turn = Math.PI * 2
  return angle - turn * Math.floor((angle + Math.PI) / turn)
}

export function lerp(from: number, to: number, share: number): number {
  return from + (to - from) * share
}

/** Between two angles, the short way round. */
export function lerpAngle(from: number, to: number, share: number): number {
  return wrapAngle(from + wrapAngle(to - from) * share)
}

/** How near the segment from `a` to `b` comes to a point. */
export function segmentDistance(ax: number, ay: number, bx: number, by: number, x: number, y: number): number {
  const dx = bx - ax
  const dy = by - ay
  const length2 = dx * dx + dy * dy
  const share = length2 === 0 ? 0 : clamp(((x - ax) * dx + (y - ay) * dy) / length2, 0, 1)
  return Math.hypot(ax + dx * share - x, ay + dy * share - y)
}

/** Whether a straight line between two points passes no rock, with `margin` to spare. */
export function isClear(ax: number, ay: number, bx: number, by: number, margin = 0): boolean {
  return ROCKS.every((rock) => segmentDistance(ax, ay, bx, by, rock.x, rock.y) > rock.radius + margin)
}

/** A random point of the arena that lies neither at its border nor in a rock. */
export function randomFreePoint(rng: Rng, margin: number): Point {
  // Rocks cover about four percent: a handful of tries always finds room.
  for (let attempt = 0; attempt < 20; attempt++) {
    const x = randomBetween(rng, margin, ARENA_WIDTH - margin)
    const y = randomBetween(rng, margin, ARENA_HEIGHT - margin)
    if (ROCKS.every((rock) => Math.hypot(rock.x - x, rock.y - y) > rock.radius + margin)) return { x, y }
  }
  return { x: ARENA_WIDTH / 4, y: ARENA_HEIGHT / 2 }
}
