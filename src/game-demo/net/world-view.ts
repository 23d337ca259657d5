// The game as it is to be shown, or to be thought about by a bot: plain values, valid at one moment.

import type { Profile } from '../profile.ts'
import type { Arena, Orb } from '../rules/arena.ts'
import { lerp, lerpAngle } from '../rules/geometry.ts'
import { isAlive, type Ship } from '../rules/ship.ts'
import type { Shot } from '../rules/shot.ts'
import type { RemotePlayer } from './remote-player.ts'

export interface ShipView {
  readonly id: number
  readonly profile: Profile
  readonly self: boolean
  readonly alive: boolean
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly angle: number
  readonly life: number
  readonly energy: number
  /** 0 to 1. */
  readonly thrust: number
  readonly shielded: boolean
  readonly surging: boolean
  /** Nothing is heard from its owner. */
  readonly frozen: boolean
}

export interface WorldView {
  readonly self: ShipView
  /** This peer's own ship included. Ships of which no state has come yet are not. */
  readonly ships: readonly ShipView[]
  readonly shots: readonly Shot[]
  /** Without those that this peer has claimed and waits for. */
  readonly orbs: readonly Orb[]
  readonly arena: Arena
  /** Seconds left of the phase. */
  readonly remaining: number
  /** Seconds until the own ship is back; 0 while it flies. */
  readonly respawnIn: number
}

/** The own ship, `progress` (0 to 1) of the way from the step before to the last one. */
export function ownShipView(id: number, profile: Profile, before: Ship, ship: Ship, progress: number): ShipView {
  const from = before.life === ship.life && isAlive(before) && isAlive(ship) ? before : ship
  return {
    id,
    profile,
    self: true,
    alive: isAlive(ship),
    x: lerp(from.x, ship.x, progress),
    y: lerp(from.y, ship.y, progress),
    vx: ship.vx,
    vy: ship.vy,
    angle: lerpAngle(from.angle, ship.angle, progress),
    life: ship.life,
    energy: ship.energy,
    thrust: ship.thrust,
    shielded: ship.shield > 0,
    surging: ship.surge > 0,
    frozen: false,
  }
}

export function remoteShipView(player: RemotePlayer, now: number): ShipView | undefined {
  const shown = player.buffer.sample(now)
  if (!shown) return undefined
  const { x, y, vx, vy, angle, state, frozen } = shown
  return {
    id: player.id,
    profile: player.profile,
    self: false,
    alive: state.energy > 0,
    x,
    y,
    vx,
    vy,
    angle,
    life: state.life,
    energy: state.energy,
    thrust: state.thrust && !frozen ? 1 : 0,
    shielded: state.shielded,
    surging: state.surging,
    frozen,
  }
}
