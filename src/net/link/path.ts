// How much may be on its way to one peer. A window of bytes, after LEDBAT (RFC 6817) and BBR: it grows while the delay
// stays near its floor and shrinks as the queue in the path grows, so that the queue stays near TARGET_QUEUE_MS whatever
// is sent. Loss alone says nothing: on radio it is chance, and SCTP beneath slows down for it anyway.

import {
  BASE_DELAY_MS,
  MAX_MESSAGE,
  MAX_PROBE_MS,
  MAX_WINDOW,
  MIN_WINDOW,
  PROBE_BYTES,
  PROBE_MS,
  PROBE_SHARE,
  START_WINDOW,
  TARGET_QUEUE_MS,
  TARGET_QUEUE_PACKETS,
  UNRELIABLE_START_WINDOW,
} from './constants.ts'
import { WindowedMin } from './windowed-min.ts'

/** The largest share by which the window changes in a round trip. */
const MAX_GAIN = 0.4
/** Times the round-trip time: with more, a window that is corrected a round trip late swings. */
const DAMPING = 0.37
/** Delays of which the smallest counts: a single late one is the machine's, not the path's. */
const SAMPLES = 16
/** Of these, the last few count once the window is found. */
const RECENT = 4
/** In ms: older samples say nothing about the queue now. */
const SAMPLE_AGE_MS = 60
/** Round trips of which the best rate counts. */
const RATE_ROUNDS = 4
/**
 * The window never exceeds what that many round trips deliver, at the start and later: what SCTP holds back now it sends in
 * one burst when it may. The start is gentle by itself, and where packets are lost it lasts: then SCTP delivers in bursts.
 */
const START_ROUNDS = 6
const ROUNDS = 1.5
/** Beside a transfer a game may have this many times what arrived of it on its way; how much of that is remembered each round trip. */
const GAME_ROOM = 1.25
const GAME_MEMORY = 0.8
/** Without an acknowledgement for this long, what is on its way may be stuck, in ms: two ticks and a half at 60 Hz. */
const SILENCE_MS = 40
/** What silence leaves of the window, in bytes: it may be chance, and then the game's next burst must pass. */
const SILENT_WINDOW = 4 * MAX_MESSAGE
/** In slow start: samples that are a first sign of a queue, of how long, and how the window grows then. */
const FIRST_SIGN = 2
const START_SIGN_MS = 2
const START_GAIN_SLOW = 0.2
/** By how much of what arrives the window grows otherwise: less than SCTP's own, which then is never in the way. */
const START_GAIN = 0.6
/** A queue that stays ends slow start: an eighth of the round trip, from this many ms to four times as many. */
const START_EXIT_MS = 4
/** What is left of the window then, at least: about two round trips ago it was no more, and made no queue. */
const EXIT_SHARE = 0.45
/** A queue this many times the target is not corrected but ended. */
const FLOOD = 3
/**
 * Where machines or radios stand still for moments, the delay falls to its floor in between, at least once in so long, in ms. A queue
 * that is ours stays while as much is on its way.
 */
const LULL_MS = 150
/** For so long is remembered, in ms, what the path has carried on average of a few round trips. */
const CARRIED_MS = 5_000
/**
 * A queue of our own is gone within a few round trips. One that never is for so long, in ms, in that many round trips and samples, is
 * none: the way has become longer, or somebody else fills it for good.
 */
const STALE_MS = 1_500
const STALE_ROUNDS = 8
const STALE_SAMPLES = 32
/** On a way so narrow that a few packets are a queue that long, in ms, it may be our own. */
const STALE_TARGET_MS = 30

export class Path {
  /** Bytes that may be on their way. */
  window = START_WINDOW
  /** A transfer is under way: a queue is its doing. */
  isShared = false
  readonly #baseDelay = new WindowedMin(BASE_DELAY_MS)
  readonly #baseRoundTrip = new WindowedMin(BASE_DELAY_MS)
  /** The most that was carried of late, in bytes a ms, and when that was. */
  #carried = 0
  #carriedAt = Number.NEGATIVE_INFINITY
  /** When there was no queue last although the window was in use, and what was on its way last. */
  #lullAt = Number.NEGATIVE_INFINITY
  #flight = 0
  readonly #delays = new Float64Array(SAMPLES)
  readonly #delayAt = new Float64Array(SAMPLES).fill(Number.NEGATIVE_INFINITY)
  #samples = 0
  #slowStart = true
  /** Bytes delivered since the round began. */
  #delivered = 0
  /** Of these unreliable ones, and their bytes a ms, of late. */
  #gameDelivered = 0
  #gameRate = 0
  #roundAt = Number.NaN
  #fullInRound = false
  /** Rounds without a queue although the window was full. */
  #calmRounds = 0
  /** Bytes a ms. */
  readonly #rates = new Float64Array(RATE_ROUNDS)
  #bestRate = 0
  #round = 0
  #cutAt = Number.NEGATIVE_INFINITY
  #jitter = 0
  /** When something was heard of the path last. */
  #heardAt = Number.NEGATIVE_INFINITY
  #lastDelay = Number.NaN
  /** When the queue was near empty last, how many samples ago, and the least delay and round trip since. */
  #emptyAt = Number.NaN
  #fullSamples = 0
  #leastDelay = Number.POSITIVE_INFINITY
  #leastRoundTrip = Number.POSITIVE_INFINITY
  /** The start is not the first one: a queue was seen. */
  #wasNarrow = false

  /**
   * Bytes of unreliable packets that may be on their way: nothing speaks against more until there was a queue, and beside a
   * transfer it is that which makes room.
   */
  get unreliableWindow(): number {
    if (this.#slowStart && !this.#wasNarrow) return Math.max(this.window, UNRELIABLE_START_WINDOW)
    if (!this.isShared) return this.window
    const needed = GAME_ROOM * this.#gameRate * ((this.roundTripMs ?? 0) + this.targetMs) + MAX_MESSAGE
    return Math.max(this.window, needed)
  }

  /** There was a queue once: it is looked at closely. Until then what the path takes is being found out. */
  get isNarrow(): boolean {
    return !this.#slowStart
  }

  /** Bytes a second that arrived, at best of the last few round trips; 0: not known yet. */
  get rate(): number {
    return this.#bestRate * 1000
  }

  /** Bytes a second that the path takes: what arrived or, where less was sent than might, what could have been. */
  get capacity(): number {
    const roundTrip = this.roundTripMs
    return roundTrip === undefined ? 0 : Math.max(this.rate, (this.window / Math.max(roundTrip, 1)) * 1000)
  }

  /** The shortest round trip of late, in ms. */
  get roundTripMs(): number | undefined {
    return this.#baseRoundTrip.value
  }

  /** How often the path is sounded while a transfer goes on, in ms: a slow one is not filled with that. */
  get probeMs(): number {
    const share = (PROBE_BYTES * 1000) / (PROBE_SHARE * Math.max(this.capacity, 1))
    return Math.min(Math.max(share, PROBE_MS), MAX_PROBE_MS)
  }

  /** The queue that is aimed at, in ms. */
  get targetMs(): number {
    const packets = (TARGET_QUEUE_PACKETS * MAX_MESSAGE * 1000) / Math.max(this.capacity, 1)
    // Two packets at 100 kbit/s: a longer queue is never aimed at.
    // The least of a few samples is above the base by a share of the jitter, with no queue at all.
    return Math.min(Math.max(TARGET_QUEUE_MS, packets) + this.#jitter / 2, 200)
  }

  /** How long a packet waits in the path at the moment, in ms. */
  queueMs(now: number, samples = this.#jitter > TARGET_QUEUE_MS ? SAMPLES : RECENT): number {
    const base = this.#baseDelay.value
    if (base === undefined) return 0
    let least = Number.POSITIVE_INFINITY
    for (let i = 1; i <= samples && i <= this.#samples; i++) {
      const place = (this.#samples - i) % SAMPLES
      if (now - this.#delayAt[place]! <= SAMPLE_AGE_MS) least = Math.min(least, this.#delays[place]!)
    }
    // None of late: the last one that there was.
    if (least === Number.POSITIVE_INFINITY) least = this.#lastDelay
    return least - base
  }

  /** More may pass than before, or it goes another way: what that carries is found out as at first, from `most` bytes at most. */
  restart(most = MAX_WINDOW): void {
    this.#slowStart = true
    this.#carried = 0
    this.window = Math.min(this.window, most)
  }

  /** A message took `delayMs` one way; the two clocks may differ by any constant. */
  delayed(delayMs: number, now: number): void {
    this.#heardAt = now
    // RFC 3550, 6.4.1: the difference of neighbours grows with chance, and hardly with a queue.
    if (!Number.isNaN(this.#lastDelay)) this.#jitter += (Math.abs(delayMs - this.#lastDelay) - this.#jitter) / 16
    this.#lastDelay = delayMs
    const place = this.#samples++ % SAMPLES
    this.#delays[place] = delayMs
    this.#delayAt[place] = now
    this.#baseDelay.add(delayMs, now)
    if (delayMs - this.#baseDelay.value! <= this.targetMs && this.#flight >= this.window / 2) this.#lullAt = now
    this.#checkBase(delayMs, now)
  }

  /** A message and its acknowledgement took `ms`, without what the other side held it. */
  roundTrip(ms: number, now: number): void {
    this.#baseRoundTrip.add(ms, now)
    if (ms < this.#leastRoundTrip) this.#leastRoundTrip = ms
  }

  /** `bytes` arrived. `flight`: what was on its way until then. */
  delivered(bytes: number, flight: number, now: number, unreliable = false): void {
    if (unreliable) this.#gameDelivered += bytes
    this.#flight = flight
    if (Number.isNaN(this.#roundAt)) this.#roundAt = now
    this.#delivered += bytes
    // Only a window that was used is known to be too small.
    if (flight + MAX_MESSAGE >= this.window) this.#fullInRound = true
    this.#adapt(bytes, flight, now)
    this.#endRound(now)
  }

  /** Nothing is heard: the oldest message has been waited for for `ageMs`. */
  silent(ageMs: number, flight: number, now: number): void {
    const roundTrip = this.roundTripMs
    if (
      roundTrip === undefined ||
      this.#isUnused(flight) ||
      now - this.#heardAt < SILENCE_MS ||
      ageMs <= roundTrip + this.targetMs + 2 * this.#jitter
    )
      return
    this.#cut(now, SILENT_WINDOW)
  }

  /** The shortest delay that is remembered may be that of another way. */
  #checkBase(delayMs: number, now: number): void {
    const { targetMs } = this
    const isFull = delayMs - this.#baseDelay.value! > targetMs && targetMs < STALE_TARGET_MS
    if (isFull && !Number.isNaN(this.#emptyAt)) {
      this.#fullSamples += 1
      if (delayMs < this.#leastDelay) this.#leastDelay = delayMs
      const patience = Math.max(STALE_MS, STALE_ROUNDS * (this.roundTripMs ?? 0))
      if (this.#fullSamples < STALE_SAMPLES || now - this.#emptyAt < patience) return
      this.#baseDelay.restart(this.#leastDelay, now)
      if (this.#leastRoundTrip < Number.POSITIVE_INFINITY) this.#baseRoundTrip.restart(this.#leastRoundTrip, now)
      this.#wasNarrow = true
      this.restart()
    }
    this.#emptyAt = now
    this.#fullSamples = 0
    this.#leastDelay = Number.POSITIVE_INFINITY
    this.#leastRoundTrip = Number.POSITIVE_INFINITY
  }

  /** What is on its way is too little to make a queue: whatever is late, it is not for us. */
  #isUnused(flight: number): boolean {
    return this.#slowStart && flight < START_WINDOW / 2
  }

  #adapt(bytes: number, flight: number, now: number): void {
    if (this.#isUnused(flight)) return
    const target = this.targetMs
    const queue = this.queueMs(now)
    if (queue > FLOOD * target && !this.#slowStart) {
      this.#cut(now)
      return
    }
    if (this.#slowStart) {
      // HyStart++ (RFC 9406): the first sign of a queue slows the start down, one that stays ends it.
      const most = Math.min(Math.max((this.roundTripMs ?? 0) / 8, START_EXIT_MS), 4 * START_EXIT_MS)
      if (queue > most) this.#leaveSlowStart(now)
      else if (this.#fullInRound) {
        const gain = this.queueMs(now, FIRST_SIGN) > START_SIGN_MS ? START_GAIN_SLOW : START_GAIN
        this.#set(this.window + bytes * gain)
      }
      return
    }
    const off = (target - queue) / target
    if (off > 0 && !this.#fullInRound) return
    if (queue > target) this.#calmRounds = 0
    const least = (DAMPING * target) / Math.max(this.roundTripMs ?? 1, 1)
    // Rounds without a queue: there is room, and each finds more of it.
    const gain = Math.min(MAX_GAIN, least * 2 ** this.#calmRounds)
    const change = Math.max(-0.5, gain * (off < 0 ? 2 * off : off)) * bytes
    this.#set(
      change < 0 ? Math.min(this.window, Math.max(this.window + change, this.#floor(now))) : this.window + change,
    )
  }

  #leaveSlowStart(now: number): void {
    this.#slowStart = false
    // The round that is under way was the first to fill the path.
    const elapsed = now - this.#roundAt
    if (elapsed > (this.roundTripMs ?? 0) / 4) {
      const place = (this.#round + RATE_ROUNDS - 1) % RATE_ROUNDS
      this.#note(place, Math.max(this.#rates[place]!, this.#delivered / elapsed))
    }
    // The rate grew until now: where the last round's is not the best, the path stood still for a moment.
    this.#set(Math.max(this.#bestRate * ((this.roundTripMs ?? 0) + this.targetMs), this.window * EXIT_SHARE))
  }

  /** Once in a round trip: down to what the path is known to carry. */
  #cut(now: number, least = MIN_WINDOW): void {
    this.#slowStart = false
    if (now - this.#cutAt < (this.roundTripMs ?? 0)) return
    this.#cutAt = now
    if (this.rate > 0) this.#set(Math.min(this.window, Math.max(this.#product(), least, this.#floor(now))))
  }

  /** A window that the path has carried of late, in bytes: delay that comes and goes is no reason for less. */
  #floor(now: number): number {
    if (now - this.#lullAt > LULL_MS || now - this.#carriedAt > CARRIED_MS) return 0
    return this.#carried * (this.roundTripMs ?? 0)
  }

  /** Bandwidth-delay product and the queue that is aimed at. */
  #product(): number {
    // The last round: a rate that was possible once is why there is a queue now.
    const rate = this.#rates[(this.#round + RATE_ROUNDS - 1) % RATE_ROUNDS] || this.#bestRate
    return rate * ((this.roundTripMs ?? 0) + this.targetMs)
  }

  #endRound(now: number): void {
    const elapsed = now - this.#roundAt
    const roundTrip = this.roundTripMs
    if (roundTrip === undefined || elapsed < Math.max(roundTrip, 20)) return
    // A round that was mostly a pause says nothing about the path.
    if (elapsed < 4 * Math.max(roundTrip, 20)) {
      this.#gameRate = Math.max(this.#gameDelivered / elapsed, this.#gameRate * GAME_MEMORY)
      this.#note(this.#round % RATE_ROUNDS, this.#delivered / elapsed)
      this.#round += 1
      this.#noteCarried(now)
    }
    if (this.#fullInRound) {
      const most = (this.#slowStart ? START_ROUNDS : ROUNDS) * this.#bestRate * (roundTrip + this.targetMs)
      if (most > 0 && this.window > most)
        this.#set(Math.min(this.window, Math.max(most, START_WINDOW, this.#floor(now))))
      this.#calmRounds = Math.min(this.#calmRounds + 1, 8)
    }
    this.#roundAt = now
    this.#delivered = 0
    this.#gameDelivered = 0
    this.#fullInRound = false
  }

  #noteCarried(now: number): void {
    let sum = 0
    for (let i = 0; i < RATE_ROUNDS; i++) sum += this.#rates[i]!
    const carried = sum / RATE_ROUNDS
    if (carried < this.#carried && now - this.#carriedAt <= CARRIED_MS) return
    this.#carried = carried
    this.#carriedAt = now
  }

  #note(round: number, rate: number): void {
    const rates = this.#rates
    rates[round] = rate
    let best = 0
    for (let i = 0; i < RATE_ROUNDS; i++) if (rates[i]! > best) best = rates[i]!
    this.#bestRate = best
  }

  #set(window: number): void {
    this.window = Math.min(Math.max(window, MIN_WINDOW), MAX_WINDOW)
  }
}
