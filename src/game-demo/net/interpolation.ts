// Remote ships are shown a little in the past, between two states that are known, because the newest state is never
// here yet. How far in the past follows how late packets come. Pure of clocks: times are the room's, in ms, as arguments.

import { clamp, lerpAngle } from '../rules/geometry.ts'

/** A ship at one time, as its owner told it. */
export interface ShipState {
  /** The room's time, ms. */
  readonly time: number
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly angle: number
  readonly life: number
  readonly energy: number
  readonly thrust: boolean
  readonly shielded: boolean
  readonly surging: boolean
}

/** Two packets at 30 Hz: with less, a single loss would already show. */
const DELAY_MIN = 70
/** Beyond this a player would rather see a jump now and then. */
const DELAY_MAX = 500
const DELAY_START = 100
/** The share by which the delay may change the pace of what is shown: more would be seen as slow motion. */
const DELAY_SLEW = 0.1
/** How long a ship flies on along its last velocity when nothing comes. Then it stands still. */
const EXTRAPOLATE_MS = 180
const BUFFER_MAX = 40
/** Of the time it was. Beyond that the sender's clock is wrong, or it lies, and all that follows would be held for late. */
const AHEAD_MAX_MS = 1_000

export interface ShownShip {
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly angle: number
  /** The state nearest before what is shown: flags and energy come from it. */
  readonly state: ShipState
  /** Nothing was heard for so long that it stands still. */
  readonly frozen: boolean
}

/** The states of one remote ship, and what to show at a time. */
export class SnapshotBuffer {
  /** In order of time. */
  readonly #states: ShipState[] = []
  /** How late packets come, and how much that varies: smoothed as TCP smooths its round-trip times. */
  #lateness: number | undefined
  #jitter = 0
  #delay = DELAY_START
  #sampledAt: number | undefined

  /** Takes a state that arrived at `now`. Late and repeated ones are dropped. */
  push(state: ShipState, now: number): void {
    const last = this.#states.at(-1)
    if ((last && state.time <= last.time) || state.time > now + AHEAD_MAX_MS) return
    this.#states.push(state)
    if (this.#states.length > BUFFER_MAX) this.#states.shift()
    const lateness = now - state.time
    this.#lateness ??= lateness
    this.#jitter += (Math.abs(lateness - this.#lateness) - this.#jitter) / 8
    this.#lateness += (lateness - this.#lateness) / 8
  }

  /** How far in the past the ship is shown, ms. */
  get delay(): number {
    return this.#delay
  }

  /** The newest state, not interpolated. */
  get newest(): ShipState | undefined {
    return this.#states.at(-1)
  }

  /** What to show at `now`, or `undefined` before the first state. */
  sample(now: number): ShownShip | undefined {
    const oldest = this.#states[0]
    const newest = this.#states.at(-1)
    if (!oldest || !newest) return undefined
    this.#adapt(now)
    const time = now - this.#delay
    if (time <= oldest.time) return show(oldest, 0, false)
    if (time >= newest.time) {
      const ahead = time - newest.time
      return show(newest, Math.min(ahead, EXTRAPOLATE_MS), ahead > EXTRAPOLATE_MS)
    }
    let index = this.#states.length - 2
    while (this.#states[index]!.time > time) index--
    return between(this.#states[index]!, this.#states[index + 1]!, time)
  }

  #adapt(now: number): void {
    const wanted = clamp((this.#lateness ?? 0) + DELAY_MIN + this.#jitter * 3, DELAY_MIN, DELAY_MAX)
    // At first there is nothing that could be seen to slow down.
    const most = this.#sampledAt === undefined ? DELAY_MAX : clamp(now - this.#sampledAt, 0, 250) * DELAY_SLEW
    this.#sampledAt = now
    this.#delay += clamp(wanted - this.#delay, -most, most)
  }
}

function show(state: ShipState, aheadMs: number, frozen: boolean): ShownShip {
  const ahead = aheadMs / 1000
  return {
    x: state.x + state.vx * ahead,
    y: state.y + state.vy * ahead,
    vx: frozen ? 0 : state.vx,
    vy: frozen ? 0 : state.vy,
    angle: state.angle,
    state,
    frozen,
  }
}

/** Along the cubic curve (Hermite) that has both states' places and velocities. */
function between(from: ShipState, to: ShipState, time: number): ShownShip {
  // Another life or a wreck: it did not fly from there to here.
  if (from.life !== to.life || from.energy === 0 || to.energy === 0) return show(from, 0, false)
  const span = to.time - from.time
  const t = (time - from.time) / span
  const seconds = span / 1000
  const t2 = t * t
  const t3 = t2 * t
  const a = 2 * t3 - 3 * t2 + 1
  const b = (t3 - 2 * t2 + t) * seconds
  const c = -2 * t3 + 3 * t2
  const d = (t3 - t2) * seconds
  return {
    x: a * from.x + b * from.vx + c * to.x + d * to.vx,
    y: a * from.y + b * from.vy + c * to.y + d * to.vy,
    vx: from.vx + (to.vx - from.vx) * t,
    vy: from.vy + (to.vy - from.vy) * t,
    angle: lerpAngle(from.angle, to.angle, t),
    state: from,
    frozen: false,
  }
}
