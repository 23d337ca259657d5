// The room's time: the host's clock is the truth, every other peer asks it what time it is and puts its own clock right.
// Answers become an estimate in offset-estimator.ts, an estimate becomes time that runs evenly in slewed-clock.ts; here is
// who asks whom, when, and what is believed.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import { Emitter } from '../../net/emitter.ts'
import { type Random, randomUnit } from '../../net/random.ts'
import type { Courier } from '../api/courier.ts'
import { TransferMode } from '../types.ts'
import {
  FAST_PHASE_MS,
  FAST_PING_MS,
  GOOD_ERROR_MS,
  MAX_ANSWERS_PER_SECOND,
  MAX_HOLD_MS,
  MAX_OWN_TIME_MS,
  MAX_ROUND_TRIP_MS,
  MIN_HOLD_MS,
  SLOW_PING_MS,
  STEP_LIMIT_MS,
} from './constants.ts'
import { type Estimate, OffsetEstimator } from './offset-estimator.ts'
import { OpenPings } from './open-pings.ts'
import { type RoundTrip, RoundTrips } from './round-trips.ts'
import { SlewedClock } from './slewed-clock.ts'
import { type ClockMessage, decodeClockMessage, encodeClockMessage } from './wire.ts'

/** What a room's clock tells. */
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
  /**
   * Resolves when `now()` is the room's time for the first time: at once on the host, 0.5 to 3 s after the first use of the clock
   * on the others. Never rejects.
   */
  readonly ready: Promise<void>
  /**
   * How far `now()` is likely to be from the host's at most, in ms, for all that can be known: 0 on the host, `undefined`
   * before `ready`. What ways of different length make of it (half of the difference) comes on top.
   */
  readonly errorMs: number | undefined
}

/** What the clock needs of the room. */
export type ClockCourier = Pick<Courier, 'id' | 'host' | 'peers' | 'clock' | 'autoPoll' | 'send' | 'flush'>

export class SyncedClock extends Emitter<RoomClockEvents> implements RoomClock {
  readonly ready: Promise<void>
  readonly #clock: Clock
  readonly #random: Random
  readonly #courier: ClockCourier
  readonly #autoPoll: boolean
  readonly #output = new SlewedClock()
  readonly #estimator = new OffsetEstimator()
  readonly #pings = new OpenPings()
  readonly #roundTrips: RoundTrips
  readonly #answered = new Map<number, { since: number; count: number }>()
  /** Answers that are kept back. */
  readonly #held = new Set<CancelTimer>()
  #resolveReady: () => void = () => {}
  /** Whom this peer takes the time from. */
  #source: number | undefined
  /** That is itself. */
  #leads = false
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
  /** Somebody wants to know the time: only then others are asked. */
  #isWanted = false
  #isClosed = false
  /** Steps that wait for `poll`. */
  #untold: number[] = []

  constructor(courier: ClockCourier, random: Random) {
    super()
    this.#clock = courier.clock
    this.#autoPoll = courier.autoPoll
    this.#random = random
    this.#courier = courier
    const { clock } = courier
    this.#roundTrips = new RoundTrips(clock, (to, number) => this.#send({ type: 'ping', number }, to))
    this.#output.set(0, clock.now())
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve
    })
    this.update()
  }

  /** The time is wanted from now on: of peers that do not ask for it none is sent. */
  want(): this {
    if (!this.#isWanted) {
      this.#isWanted = true
      this.update()
    }
    return this
  }

  now(): number {
    return this.#output.now(this.#clock.now())
  }

  get synchronized(): boolean {
    return this.#synchronized
  }

  get errorMs(): number | undefined {
    if (this.#leads) return 0
    if (!this.#estimate) return undefined
    const local = this.#clock.now()
    return this.#estimate.error + Math.abs(this.#output.errorTo(local + this.#estimate.offset, local))
  }

  /** To a peer that is reached over another one: `undefined` until it has answered. It answers if it knows the time. */
  roundTripTo(id: number): RoundTrip {
    // Of whom the time is asked, that tells it too.
    return this.#roundTrips.of(id, id !== this.#source && this.#courier.peers.includes(id))
  }

  /** The host changed, or who is connected. */
  update(): void {
    if (this.#isClosed) return
    const { id, host, peers } = this.#courier
    for (const peer of this.#answered.keys()) if (!peers.includes(peer)) this.#answered.delete(peer)
    this.#roundTrips.keep(peers)
    const leads = host === id
    if (host !== this.#source || leads !== this.#leads) {
      this.#source = host
      this.#leads = leads
      this.#pings.clear()
      this.#estimator.restart()
      if (leads) this.#lead()
      // So far it had nobody's time but its own.
      else if (this.#timeline === undefined) this.#synchronized = false
    }
    const asks = this.#isWanted && !leads && peers.includes(host)
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
    else if (from === this.#source && !this.#leads) this.#learn(message)
    else this.#roundTrips.answered(from, message.number, message.held)
  }

  /** With `autoPoll: false`: tells what waits. */
  poll(): void {
    for (const byMs of this.#untold.splice(0)) this.emit('stepped', byMs)
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
    for (const cancel of this.#held) cancel()
    this.#held.clear()
    this.#source = undefined
  }

  /** This peer's clock is the truth from now on: it goes on as it runs, unless a liar before it left no room for that. */
  #lead(): void {
    const local = this.#clock.now()
    const time = this.#output.now(local)
    if (time > MAX_OWN_TIME_MS) {
      this.#timeline = undefined
      this.#output.set(0, local, true)
      this.#tellStep(-time)
    } else this.#output.steer(time, this.#estimator.drift, local)
    this.#estimate = undefined
    this.#becomeReady()
  }

  #stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #acquire(): void {
    this.#acquiring = true
    this.#heard = false
    this.#fastUntil = this.#clock.now() + FAST_PHASE_MS
  }

  #ask(): void {
    const now = this.#clock.now()
    const isFast = this.#acquiring && now < this.#fastUntil
    if (this.#acquiring && this.#heard && !isFast) this.#correct(now)
    // Not in step with anything: what always goes out right behind something else is always late.
    const pause = (isFast ? FAST_PING_MS : SLOW_PING_MS) * (0.75 + 0.5 * randomUnit(this.#random))
    this.#cancelTimer = this.#clock.setTimeout(() => this.#ask(), pause)
    this.#send({ type: 'ping', number: this.#pings.open(now) }, this.#courier.host)
  }

  /** Everyone who knows the time tells it: who is the host is not known to all at the same moment. */
  #answer(number: number, to: number): void {
    if (!this.#mayAnswer(to)) return
    const time = this.now()
    this.#timeline ??= this.#random()
    const timeline = this.#timeline
    const hold = MIN_HOLD_MS + (MAX_HOLD_MS - MIN_HOLD_MS) * randomUnit(this.#random)
    const cancel = this.#clock.setTimeout(() => {
      this.#held.delete(cancel)
      if (timeline !== this.#timeline || this.#isClosed || !this.#courier.peers.includes(to)) return
      const held = this.now() - time
      // This machine was stopped meanwhile: nobody believes such an answer, and it would count against this peer.
      if (held <= MAX_ROUND_TRIP_MS) this.#send({ type: 'pong', number, timeline, time, held }, to)
    }, hold)
    this.#held.add(cancel)
  }

  #mayAnswer(peer: number): boolean {
    if (!this.#synchronized) return false
    const now = this.#clock.now()
    let answered = this.#answered.get(peer)
    if (!answered || now - answered.since >= 1_000) {
      answered = { since: now, count: 0 }
      this.#answered.set(peer, answered)
    }
    answered.count += 1
    return answered.count <= MAX_ANSWERS_PER_SECOND
  }

  #learn({ number, timeline, time, held }: Extract<ClockMessage, { type: 'pong' }>): void {
    const now = this.#clock.now()
    const askedAt = this.#pings.close(number, now)
    if (askedAt === undefined) return
    if (this.#source !== undefined) this.#roundTrips.add(this.#source, now - askedAt - held)
    if (timeline !== this.#sampled) {
      const isFirst = this.#sampled === undefined
      this.#sampled = timeline
      this.#estimator.restart()
      if (!isFirst && timeline !== this.#timeline) this.#lose()
    }
    if (this.#estimator.add(askedAt, time, held, now)) this.#lose()
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
    if (steps && !isFirst) this.#tellStep(error)
  }

  #tellStep(byMs: number): void {
    if (this.#autoPoll) this.emit('stepped', byMs)
    else this.#untold.push(byMs)
  }

  #becomeReady(): void {
    this.#synchronized = true
    this.#resolveReady()
  }

  #send(message: ClockMessage, to: number): void {
    try {
      this.#courier.send(encodeClockMessage(message), { to, mode: TransferMode.Unreliable })
      // At once: what waits for the end of the task is late, and may go out behind something else.
      this.#courier.flush()
    } catch {
      // The peer beneath is closed already, which nobody was told yet: what is thrown in a timer ends the process.
    }
  }
}
