// All shots in flight as this peer sees them: its own at once, the others' when they are told.

import { STEP } from '../rules/constants.ts'
import type { Point } from '../rules/geometry.ts'
import { hitsCover, hitsShip, type Shot, shotsOf, stepShot, type Volley } from '../rules/shot.ts'

/** Late shots are moved on by at most this, so that none appears out of nowhere in front of a ship. */
const CATCH_UP_MS = 150
const STEP_MS = STEP * 1000

/** What became of shots in one step. */
export interface ShotStep {
  /** Ended at a rock or a wall. */
  readonly ended: readonly Shot[]
  /** Of others, and they touched the ship. */
  readonly touched: readonly Shot[]
}

export class ShotField {
  #shots: Shot[] = []

  get shots(): readonly Shot[] {
    return this.#shots
  }

  /** Adds a volley that was fired `lateMs` ago. `ship` is this peer's own. */
  add(owner: number, volley: Volley, lateMs: number, ship: Point): void {
    const steps = Math.floor(Math.min(lateMs, CATCH_UP_MS) / STEP_MS)
    for (const fresh of shotsOf(owner, volley)) {
      let shot = fresh
      for (let step = 0; step < steps; step++) {
        const next = stepShot(shot)
        // Not through walls, and not past the own ship: the next regular step must find it before.
        if (!next || hitsCover(next) || hitsShip(next, ship)) break
        shot = next
      }
      this.#shots.push(shot)
    }
  }

  /** Moves all by one step. `ship` is this peer's own while it can be hit. */
  step(self: number, ship: Point | undefined): ShotStep {
    const ended: Shot[] = []
    const touched: Shot[] = []
    const flying: Shot[] = []
    for (const old of this.#shots) {
      const shot = stepShot(old)
      if (!shot) continue
      if (hitsCover(shot)) ended.push(shot)
      else if (ship && shot.owner !== self && hitsShip(shot, ship)) touched.push(shot)
      else flying.push(shot)
    }
    this.#shots = flying
    return { ended, touched }
  }

  /** Another peer says that it was hit by it. */
  remove(owner: number, id: number): void {
    this.#shots = this.#shots.filter((shot) => shot.owner !== owner || shot.id !== id)
  }

  removeOwner(owner: number): void {
    this.#shots = this.#shots.filter((shot) => shot.owner !== owner)
  }

  clear(): void {
    this.#shots = []
  }
}
