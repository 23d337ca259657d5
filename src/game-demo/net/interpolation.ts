// Remote ships are shown a little in the past, between two states that are known, because the newest state is never
// here yet. How far in the past follows the jitter of the packets. Pure of clocks: times come as arguments, in ms.

import { clamp, lerpAngle } from '../rules/geometry.ts'
import { type ShipState, TIME_MODULO } from './messages.ts'

/** Two packets at 30 Hz: with less, a single loss would already show. */
const DELAY_MIN = 70
/** Beyond this a player would rather see a jump now and then. */
const DELAY_MAX = 300
const DELAY_START = 100
/** The share by which the delay may change the pace of what is shown: more would be seen as slow motion. */
const DELAY_SLEW = 0.1
/** How long a ship flies on along its last velocity when nothing comes. Then it stands still. */
const EXTRAPOLATE_MS = 180
/** The fastest packet of this long is taken for the undelayed one. Long enough for one to be fast, short for drift. */
const OFFSET_WINDOW_MS = 3_000
const BUFFER_MAX = 40
/** A sender whose clock jumped by so much starts anew (its machine slept, or another page took its id). */
const CLOCK_JUMP_MS = 5_000

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
  /** Transit times (arrival minus sending; the clocks' difference is in them) of the last seconds. */
  readonly #transits: { at: number; transit: number }[] = []
  #jitter = 0
  #delay = DELAY_START
  #sampledAt: number | undefined
  /** Unwraps the sender's 32-bit clock. */
  #lastTime: number | undefined

  /** Takes a state that arrived at `now`. Late and repeated ones are dropped. */
  push(received: ShipState, now: number): void {
    const time = this.#unwrap(received.time)
    const last = this.#states.at(-1)
    if (last && Math.abs(time - last.time) > CLOCK_JUMP_MS) this.#reset()
    else if (last && time <= last.time) return
    this.#lastTime = time
    const state = { ...received, time }
    this.#states.push(state)
    if (this.#states.length > BUFFER_MAX) this.#states.shift()
    const transit = now - time
    this.#transits.push({ at: now, transit })
    while (this.#transits.length > 1 && this.#transits[0]!.at < now - OFFSET_WINDOW_MS) this.#transits.shift()
    // Lateness over the fastest packet; smoothed as TCP smooths its round-trip variation.
    const lateness = transit - this.#offset()
    this.#jitter += (lateness - this.#jitter) / 8
  }

  get delay(): number {
    return this.#delay
  }

  /** The newest state, not interpolated. */
  get newest(): ShipState | undefined {
    return this.#states.at(-1)
  }

  /** How much later than the fastest packets one with this sending time arrives at `now`, ms. 0 while unknown. */
  lateness(sentAt: number, now: number): number {
    if (this.#transits.length === 0) return 0
    return Math.max(0, now - this.#unwrap(sentAt) - this.#offset())
  }

  /** What to show at `now`, or `undefined` before the first state. */
  sample(now: number): ShownShip | undefined {
    const oldest = this.#states[0]
    const newest = this.#states.at(-1)
    if (!oldest || !newest) return undefined
    this.#adapt(now)
    const time = now - this.#offset() - this.#delay
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
    const elapsed = clamp(now - (this.#sampledAt ?? now), 0, 250)
    this.#sampledAt = now
    const wanted = clamp(DELAY_MIN + this.#jitter * 3, DELAY_MIN, DELAY_MAX)
    const most = elapsed * DELAY_SLEW
    this.#delay += clamp(wanted - this.#delay, -most, most)
  }

  #offset(): number {
    let least = Number.POSITIVE_INFINITY
    for (const { transit } of this.#transits) least = Math.min(least, transit)
    return least
  }

  #unwrap(time: number): number {
    if (this.#lastTime === undefined) return time
    const turns = Math.round((this.#lastTime - time) / TIME_MODULO)
    return time + turns * TIME_MODULO
  }

  #reset(): void {
    this.#states.length = 0
    this.#transits.length = 0
    this.#jitter = 0
    this.#delay = DELAY_START
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
