// The room's time: the host's clock is the truth, every other peer asks it what time it is and puts its own clock right.
// Answers become an estimate in offset-estimator.ts, an estimate becomes time that runs evenly in slewed-clock.ts; here is
// who asks whom, when, and what is believed.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import { Emitter } from '../../net/emitter.ts'
import type { Random } from '../../net/random.ts'
import { TransferMode } from '../types.ts'
import {
  FAST_PHASE_MS,
  FAST_PING_MS,
  GOOD_ERROR_MS,
  MAX_ANSWERS_PER_SECOND,
  SLOW_PING_MS,
  STEP_LIMIT_MS,
} from './constants.ts'
import { type Estimate, OffsetEstimator } from './offset-estimator.ts'
import { OpenPings } from './open-pings.ts'
import { SlewedClock } from './slewed-clock.ts'
import { type ClockMessage, decodeClockMessage, encodeClockMessage } from './wire.ts'

export type RoomClockEvents = {
  /**
   * The time was wrong by more than can be put right by running faster or slower: `byMs` (backwards: negative) at once. A
   * machine or a tab slept while its clock stood still, or the host of a star came back as a new process.
   */
  stepped: (byMs: number) => void
}

/**
 * The room's time: the same on all peers, but for a few ms. It begins near 0 when the room is opened and goes on when the
 * host changes.
 */
export interface RoomClock extends Pick<Emitter<RoomClockEvents>, 'on' | 'once'> {
  /**
   * The room's time in ms. It never goes back: where it is ahead it runs slower (by 1 % at most), and after a step back it
   * stands still until the time has come again. The one exception is a host that begins anew, which `stepped` tells.
   * Before `ready` it is the time since this peer came into the room.
   */
  now(): number
  /** Whether `now()` is the room's time. False until `ready`, and between a jump of this machine's clock and its step. */
  readonly synchronized: boolean
  /** Resolves when `now()` is the room's time for the first time: at once on the host, in 0.2 to 3 s on the others. Never rejects. */
  readonly ready: Promise<void>
  /**
   * How far `now()` is likely to be from the host's at most, in ms, for all that can be known: 0 on the host, `undefined`
   * before `ready`. What ways of different length make of it (half of the difference) comes on top.
   */
  readonly errorMs: number | undefined
}

/** What the clock needs of the room. */
export interface ClockCourier {
  /** This peer's id. */
  readonly id: number
  /** Whose time it is. */
  readonly host: number
  /** Who can be sent to. */
  readonly peers: readonly number[]
  send(bytes: Uint8Array, options: { readonly to: number; readonly mode: TransferMode }): void
}

export class SyncedClock extends Emitter<RoomClockEvents> implements RoomClock {
  readonly ready: Promise<void>
  readonly #clock: Clock
  readonly #random: Random
  readonly #courier: ClockCourier
  readonly #output = new SlewedClock()
  readonly #estimator = new OffsetEstimator()
  readonly #pings = new OpenPings()
  readonly #answered = new Map<number, { since: number; count: number }>()
  #resolveReady: () => void = () => {}
  /** Whom this peer takes the time from; its own id: from itself. `undefined`: nobody yet. */
  #source: number | undefined
  /** Which run of time `now()` shows; `undefined`: only its own so far. */
  #timeline: number | undefined
  /** Of which the estimator has answers. */
  #sampled: number | undefined
  #synchronized = false
  #estimate: Estimate | undefined
  /** There are too few answers for a correction. */
  #acquiring = true
  #fastUntil = 0
  /** Something was heard since it began to acquire. */
  #heard = false
  #cancelTimer: CancelTimer | undefined

  constructor(clock: Clock, random: Random, courier: ClockCourier) {
    super()
    this.#clock = clock
    this.#random = random
    this.#courier = courier
    this.#output.set(0, clock.now())
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve
    })
    this.update()
  }

  now(): number {
    return this.#output.now(this.#clock.now())
  }

  get synchronized(): boolean {
    return this.#synchronized
  }

  get errorMs(): number | undefined {
    if (this.#timeline === undefined) return undefined
    if (this.#source === this.#courier.id || !this.#estimate) return 0
    const local = this.#clock.now()
    return this.#estimate.error + Math.abs(this.#output.errorTo(local + this.#estimate.offset, local))
  }

  /** The host changed, or who is connected. */
  update(): void {
    const { id, host, peers } = this.#courier
    for (const peer of this.#answered.keys()) if (!peers.includes(peer)) this.#answered.delete(peer)
    if (host !== this.#source) {
      this.#source = host
      this.#forget()
      if (host === id) this.#lead()
    }
    const asks = host !== id && peers.includes(host)
    if (!asks) this.#stop()
    else if (!this.#cancelTimer) {
      this.#acquire()
      this.#ask()
    }
  }

  /** A message for the clock. @throws {NetError} ERR_INVALID_DATA */
  receive(bytes: Uint8Array, from: number): void {
    const message = decodeClockMessage(bytes)
    if (message.type === 'ping') this.#answer(message.number, from)
    else if (from === this.#source && from !== this.#courier.id) this.#learn(message)
  }

  close(): void {
    this.#stop()
    this.#source = undefined
  }

  /** This peer's clock is the truth from now on: it goes on as it runs. */
  #lead(): void {
    const local = this.#clock.now()
    this.#output.steer(this.#output.now(local), this.#estimator.drift, local)
    this.#timeline ??= this.#random()
    this.#sampled = this.#timeline
    this.#estimate = undefined
    this.#becomeReady()
  }

  #stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #forget(): void {
    this.#pings.clear()
    this.#estimator.restart()
  }

  #acquire(): void {
    this.#acquiring = true
    this.#heard = false
    this.#fastUntil = this.#clock.now() + FAST_PHASE_MS
  }

  #ask(): void {
    const now = this.#clock.now()
    const isFast = this.#acquiring && now < this.#fastUntil
    this.#cancelTimer = this.#clock.setTimeout(() => this.#ask(), isFast ? FAST_PING_MS : SLOW_PING_MS)
    this.#send({ type: 'ping', number: this.#pings.open(now) }, this.#courier.host)
  }

  /** Everyone who knows the time tells it: who is the host is not known to all at the same moment. */
  #answer(number: number, to: number): void {
    if (!this.#synchronized || this.#timeline === undefined || !this.#mayAnswer(to)) return
    this.#send({ type: 'pong', number, timeline: this.#timeline, time: this.now() }, to)
  }

  #mayAnswer(peer: number): boolean {
    const now = this.#clock.now()
    let answered = this.#answered.get(peer)
    if (!answered || now - answered.since >= 1_000) {
      answered = { since: now, count: 0 }
      this.#answered.set(peer, answered)
    }
    answered.count += 1
    return answered.count <= MAX_ANSWERS_PER_SECOND
  }

  #learn({ number, timeline, time }: Extract<ClockMessage, { type: 'pong' }>): void {
    const now = this.#clock.now()
    const askedAt = this.#pings.close(number, now)
    if (askedAt === undefined) return
    if (timeline !== this.#sampled) {
      this.#sampled = timeline
      this.#estimator.restart()
      if (timeline !== this.#timeline) this.#lose()
    }
    if (this.#estimator.add(askedAt, time, now)) this.#lose()
    if (!this.#heard) {
      this.#heard = true
      // The link was down, or the machine slept: now it is worth asking often.
      if (this.#acquiring && now >= this.#fastUntil) this.#hurry()
    }
    this.#correct(now)
  }

  /** `now()` is not the room's time any more. */
  #lose(): void {
    this.#synchronized = false
    this.#hurry()
    this.#heard = true
  }

  #hurry(): void {
    this.#acquire()
    this.#stop()
    this.#ask()
  }

  #correct(local: number): void {
    const estimate = this.#estimator.estimate(local)
    if (!estimate) {
      if (!this.#acquiring) this.#hurry()
      return
    }
    if (this.#acquiring && estimate.error > GOOD_ERROR_MS && local < this.#fastUntil) return
    this.#acquiring = false
    this.#estimate = estimate
    const time = local + estimate.offset
    const error = this.#output.errorTo(time, local)
    const isFirst = this.#timeline === undefined
    const isAnother = this.#timeline !== this.#sampled
    const steps = isAnother || Math.abs(error) > STEP_LIMIT_MS
    this.#timeline = this.#sampled
    if (steps) this.#output.set(time, local, isAnother && !isFirst)
    this.#output.steer(time, this.#estimator.drift, local)
    this.#becomeReady()
    if (steps && !isFirst) this.emit('stepped', error)
  }

  #becomeReady(): void {
    this.#synchronized = true
    this.#resolveReady()
  }

  #send(message: ClockMessage, to: number): void {
    this.#courier.send(encodeClockMessage(message), { to, mode: TransferMode.Unreliable })
  }
}
