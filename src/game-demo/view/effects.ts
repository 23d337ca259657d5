// What events and engines look like, in particles.

import type { GameEvent } from '../net/events.ts'
import type { ShipView } from '../net/world-view.ts'
import { OrbKind } from '../rules/arena.ts'
import { SHIP_RADIUS } from '../rules/constants.ts'
import type { Camera } from './camera.ts'
import { lighten } from './colour.ts'
import type { Particles } from './particles.ts'
import type { Textures } from './textures.ts'

export const ORB_TINTS: Readonly<Record<OrbKind, number>> = {
  [OrbKind.Spark]: 0x7df9c8,
  [OrbKind.Prism]: 0xffd75e,
  [OrbKind.Surge]: 0xff7df2,
}

export interface EffectsContext {
  readonly particles: Particles
  readonly camera: Camera
  readonly textures: Textures
  /** The tint of a player's ship. */
  readonly tintOf: (id: number) => number
  readonly selfId: number
  /** Numbers in [0, 1). Decoration: it need not be the same everywhere. */
  readonly random: () => number
  readonly reducedMotion: boolean
}

export function showEvent(event: GameEvent, context: EffectsContext): void {
  const { camera, textures, particles, tintOf, selfId } = context
  if (!('x' in event) || !camera.sees(event.x, event.y, 200)) return
  const { x, y } = event
  switch (event.type) {
    case 'fired': {
      const tint = lighten(tintOf(event.by), 0.5)
      const noseX = x + Math.cos(event.angle) * SHIP_RADIUS * 1.2
      const noseY = y + Math.sin(event.angle) * SHIP_RADIUS * 1.2
      particles.emit({ texture: textures.glow, x: noseX, y: noseY, life: 0.12, from: 44, to: 16, tint, alpha: 0.9 })
      return
    }
    case 'sparks':
      burst(context, x, y, 5, 130, lighten(tintOf(event.owner), 0.4), 0.3)
      return
    case 'hit':
      burst(context, x, y, 9, 220, 0xffffff, 0.35)
      particles.emit({
        texture: textures.ring,
        x,
        y,
        life: 0.28,
        from: 24,
        to: 84,
        tint: tintOf(event.victim),
        alpha: 0.8,
      })
      if (event.victim === selfId) camera.shake(context.reducedMotion ? 0 : 5)
      return
    case 'destroyed':
      explode(context, x, y, tintOf(event.victim))
      if (!context.reducedMotion) camera.shake(event.victim === selfId ? 14 : 6)
      return
    case 'spawned': {
      const tint = tintOf(event.id)
      particles.emit({ texture: textures.ring, x, y, life: 0.55, from: 190, to: 30, tint, alpha: 0.9 })
      particles.emit({ texture: textures.glow, x, y, life: 0.6, from: 40, to: 170, tint, alpha: 0.7 })
      return
    }
    case 'taken': {
      const tint = ORB_TINTS[event.orb]
      particles.emit({ texture: textures.ring, x, y, life: 0.35, from: 16, to: 78, tint, alpha: 0.9 })
      burst(context, x, y, 7, 140, tint, 0.4)
    }
  }
}

function burst(
  context: EffectsContext,
  x: number,
  y: number,
  count: number,
  speed: number,
  tint: number,
  life: number,
) {
  const { particles, textures, random } = context
  for (let index = 0; index < count * particles.density; index++) {
    const angle = random() * Math.PI * 2
    const pace = speed * (0.35 + random())
    particles.emit({
      texture: textures.streak,
      x,
      y,
      vx: Math.cos(angle) * pace,
      vy: Math.sin(angle) * pace,
      life: life * (0.6 + random() * 0.8),
      from: 26,
      to: 8,
      tint,
      stretch: 1.01,
      drag: 2.5,
    })
  }
}

function explode(context: EffectsContext, x: number, y: number, tint: number): void {
  const { particles, textures, random } = context
  particles.emit({ texture: textures.glow, x, y, life: 0.5, from: 120, to: 360, tint: 0xfff2d0, alpha: 1 })
  particles.emit({ texture: textures.glow, x, y, life: 0.9, from: 200, to: 300, tint, alpha: 0.8 })
  particles.emit({ texture: textures.ring, x, y, life: 0.6, from: 30, to: 330, tint: lighten(tint, 0.4), alpha: 0.9 })
  burst(context, x, y, 34, 380, lighten(tint, 0.5), 0.9)
  for (let index = 0; index < 16 * particles.density; index++) {
    const angle = random() * Math.PI * 2
    const pace = 30 + random() * 110
    const warm = random() < 0.5 ? 0xff9a4d : tint
    const options = { vx: Math.cos(angle) * pace, vy: Math.sin(angle) * pace, drag: 1.5, alpha: 0.7 }
    particles.emit({
      texture: textures.glow,
      x,
      y,
      life: 0.5 + random() * 0.7,
      from: 46,
      to: 12,
      tint: warm,
      ...options,
    })
  }
}

/** The trail behind a burning engine, for one frame of `seconds`. */
export function showExhaust(ship: ShipView, tint: number, seconds: number, context: EffectsContext): void {
  const { particles, textures, random } = context
  // About fifty puffs a second, whatever the frame rate.
  if (ship.thrust < 0.1 || random() > seconds * 50 * particles.density) return
  const cos = Math.cos(ship.angle)
  const sin = Math.sin(ship.angle)
  const spread = (random() - 0.5) * 60
  particles.emit({
    texture: textures.glow,
    x: ship.x - cos * SHIP_RADIUS * 0.9,
    y: ship.y - sin * SHIP_RADIUS * 0.9,
    vx: ship.vx * 0.4 - cos * 150 - sin * spread,
    vy: ship.vy * 0.4 - sin * 150 + cos * spread,
    life: 0.42 + random() * 0.2,
    from: 26,
    to: 7,
    tint,
    alpha: 0.5 * ship.thrust,
    drag: 2,
  })
}
