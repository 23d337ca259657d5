// Where the picture looks: follows the own ship, a little ahead of it, and trembles when something explodes nearby.

import { ARENA_HEIGHT, ARENA_WIDTH } from '../rules/constants.ts'
import { clamp } from '../rules/geometry.ts'

/** How far ahead of the ship it looks, in seconds of its velocity. */
const LOOK_AHEAD = 0.28
/** How much void beyond the wall may be seen. */
const BEYOND = 140

export class Camera {
  x = ARENA_WIDTH / 2
  y = ARENA_HEIGHT / 2
  zoom = 1
  width = 1
  height = 1
  /** How much of the lower screen thumbs cover, px: the ship is kept above the middle by half of it. */
  covered = 0
  #shake = 0
  #shakeX = 0
  #shakeY = 0
  #life = -1

  resize(width: number, height: number): void {
    this.width = Math.max(1, width)
    this.height = Math.max(1, height)
    // A phone must see as far as it takes to dodge; a large screen must not see everything.
    this.zoom = clamp(Math.min(this.width / 900, this.height / 640), 0.56, 1.2)
  }

  follow(x: number, y: number, vx: number, vy: number, life: number, seconds: number): void {
    const wantedX = this.#within(x + vx * LOOK_AHEAD, this.width, ARENA_WIDTH)
    const wantedY = this.#within(y + vy * LOOK_AHEAD, this.height, ARENA_HEIGHT)
    // A new life begins elsewhere: glide there quickly rather than cut.
    const pace = life === this.#life || this.#life < 0 ? 7 : 3
    const share = this.#life < 0 ? 1 : 1 - Math.exp(-pace * seconds)
    this.x += (wantedX - this.x) * share
    this.y += (wantedY - this.y) * share
    if (this.#life < 0 || Math.hypot(wantedX - this.x, wantedY - this.y) < 40) this.#life = life
    this.#shake *= Math.exp(-6 * seconds)
  }

  /** `strength` in units. `random` gives numbers in [0, 1). */
  shake(strength: number): void {
    this.#shake = Math.min(16, this.#shake + strength)
  }

  /** Chooses this frame's tremble. */
  tremble(random: () => number): void {
    this.#shakeX = (random() - 0.5) * 2 * this.#shake
    this.#shakeY = (random() - 0.5) * 2 * this.#shake
  }

  screenX(x: number): number {
    return (x - this.x + this.#shakeX) * this.zoom + this.width / 2
  }

  screenY(y: number): number {
    return (y - this.y + this.#shakeY) * this.zoom + (this.height - this.covered) / 2
  }

  /** Whether a circle is in the picture. */
  sees(x: number, y: number, radius: number): boolean {
    const reachX = this.width / 2 / this.zoom + radius
    const reachY = this.height / 2 / this.zoom + radius
    const middleY = this.y + this.covered / 2 / this.zoom
    return Math.abs(x - this.x) < reachX && Math.abs(y - middleY) < reachY
  }

  #within(value: number, pixels: number, size: number): number {
    const half = pixels / 2 / this.zoom
    const low = half - BEYOND
    const high = size - half + BEYOND
    return low > high ? size / 2 : clamp(value, low, high)
  }
}
