// The sending half of an association: what goes out, when it goes out again, and when it is given up.

import type { CancelTimer, Clock } from '../../clock.ts'
import {
  MAX_RESEND_BURST_SEGMENTS,
  MAX_SEGMENT,
  RECEIVE_WINDOW,
  SEGMENT_UNIT,
  TIMER_TOLERANCE_MS,
} from '../constants.ts'
import { CongestionWindow } from './congestion.ts'
import { Outstanding } from './outstanding.ts'
import { RetransmissionTimeout } from './retransmission-timeout.ts'
import { pieceBytes, SendQueue } from './send-queue.ts'
import { chunkBytes, type DataChunk, type ForwardTsn, type Message, type Persistence, type Sack } from './types.ts'

export interface SenderEvents {
  /** Sends a packet; an acknowledgement that waits may travel along. */
  transmit(chunks: readonly DataChunk[], forward?: ForwardTsn): void
  /** Bytes left the queue of a stream. */
  progressed(): void
  /** The other side has not answered for too long. */
  failed(): void
}

export class Sender {
  readonly #clock: Clock
  readonly #events: SenderEvents
  readonly #queue = new SendQueue()
  readonly #outstanding = new Outstanding((message) => this.#queue.drop(message))
  readonly #window = new CongestionWindow()
  readonly #timeout: RetransmissionTimeout
  readonly #maxTimeouts: number
  /** Bytes that the receiver said it takes. */
  #receiverWindow = RECEIVE_WINDOW
  #timeouts = 0
  /** When the timer has to ring; the timer itself may ring earlier and is then wound again. */
  #deadline = Number.POSITIVE_INFINITY
  #timerAt = Number.POSITIVE_INFINITY
  #cancelTimer: CancelTimer | undefined
  /** The first packet to be sent again goes out whatever the window says (RFC 9260, 7.2.4 and 6.3.3). */
  #resendNow = false
  #forwarded = 0
  #forwardedAt = 0
  #closed = false

  constructor(clock: Clock, { maxTimeouts, maxBackOffMs }: Persistence, events: SenderEvents) {
    this.#timeout = new RetransmissionTimeout(maxBackOffMs)
    this.#maxTimeouts = maxTimeouts
    this.#clock = clock
    this.#events = events
  }

  buffered(stream: number): number {
    return this.#queue.buffered(stream)
  }

  send(message: Message): void {
    if (this.#closed) return
    this.#queue.add(message)
    this.flush()
  }

  /** Drops what waits in a stream. */
  clear(stream: number): void {
    this.#queue.clear(stream)
  }

  acknowledge(sack: Sack): void {
    if (this.#closed || sack.cumulative < this.#outstanding.cumulative) return
    const now = this.#clock.now()
    const flight = this.#outstanding.flight
    const progress = this.#outstanding.acknowledge(sack, this.#window.recovering, now)
    this.#receiverWindow = sack.window
    if (progress.roundTrip !== undefined) this.#timeout.sample(progress.roundTrip)
    if (progress.acknowledged > 0 || progress.advanced) {
      this.#timeouts = 0
      this.#timeout.acknowledged()
    }
    this.#window.acknowledged(progress.acknowledged, flight, sack.cumulative, progress.advanced)
    if (progress.losses && this.#window.lost(this.#outstanding.newest)) this.#resendNow = true
    if (progress.advanced || this.#resendNow) this.#startTimer(true)
    this.#forward(false)
    this.flush()
  }

  /** Sends what the windows allow: lost chunks first. */
  flush(): void {
    if (this.#closed) return
    const now = this.#clock.now()
    let resends = MAX_RESEND_BURST_SEGMENTS
    let progressed = false
    if (!this.#outstanding.hasLost) this.#window.limitBurst(this.#outstanding.flight)
    while (this.#outstanding.hasLost ? resends-- > 0 : !this.#queue.isEmpty) {
      const chunks = this.#nextPacket(now)
      if (chunks.length === 0) break
      progressed = true
      this.#events.transmit(chunks)
    }
    this.#resendNow = false
    this.#startTimer(false)
    if (progressed) this.#events.progressed()
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
  }

  #nextPacket(now: number): DataChunk[] {
    const chunks: DataChunk[] = []
    let room = SEGMENT_UNIT
    while (this.#outstanding.hasLost && (this.#resendNow || this.#mayFly(room))) {
      const chunk = this.#outstanding.resend(room, now)
      if (!chunk) break
      chunks.push(chunk)
      room -= chunkBytes(chunk.bytes)
    }
    this.#resendNow = false
    if (this.#outstanding.hasLost) return chunks
    for (let message = this.#nextMessage(now); message; message = this.#nextMessage(now)) {
      const size = chunkBytes(pieceBytes(message))
      if (size > room || !this.#mayFly(room)) break
      chunks.push(this.#outstanding.add(message, this.#queue.take(message), now))
      room -= size
    }
    return chunks
  }

  /** The message whose turn it is, after those that are past their time. */
  #nextMessage(now: number): Message | undefined {
    for (;;) {
      const message = this.#queue.peek()
      if (!message || message.expiresAt > now) return message
      if (message.firstTsn >= 0) this.#outstanding.abandon(message)
      else this.#queue.drop(message)
    }
  }

  /** A packet that has begun may be filled; a new one may go while the window is not full (RFC 9260, 6.1 B). */
  #mayFly(room: number): boolean {
    const { flight } = this.#outstanding
    if (room < SEGMENT_UNIT) return true
    if (flight >= this.#window.bytes) return false
    // With nothing in flight one packet may go, so that a closed receiver's window is seen to open (6.1 A).
    return flight === 0 || flight + MAX_SEGMENT <= this.#receiverWindow
  }

  /** Tells the receiver about what was given up: news at once, old news when there was time for an answer. */
  #forward(again: boolean): void {
    const forward = this.#outstanding.forward()
    if (!forward) return
    const now = this.#clock.now()
    const overdue = now - this.#forwardedAt > (this.#timeout.smoothedMs ?? this.#timeout.ms)
    if (forward.tsn <= this.#forwarded && !overdue && !again) return
    this.#forwarded = forward.tsn
    this.#forwardedAt = now
    this.#events.transmit([], forward)
  }

  #startTimer(restart: boolean): void {
    if (this.#outstanding.isEmpty) {
      this.#deadline = Number.POSITIVE_INFINITY
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
      return
    }
    if (!restart && this.#deadline !== Number.POSITIVE_INFINITY) return
    this.#deadline = this.#clock.now() + this.#timeout.ms
    if (!this.#cancelTimer || this.#timerAt > this.#deadline) this.#wind()
  }

  #wind(): void {
    this.#cancelTimer?.()
    this.#timerAt = this.#deadline
    this.#cancelTimer = this.#clock.setTimeout(() => {
      this.#cancelTimer = undefined
      if (this.#closed || this.#deadline === Number.POSITIVE_INFINITY) return
      if (this.#clock.now() + TIMER_TOLERANCE_MS < this.#deadline) this.#wind()
      else this.#timedOut()
    }, this.#deadline - this.#clock.now())
  }

  #timedOut(): void {
    this.#timeouts += 1
    if (this.#timeouts > this.#maxTimeouts) {
      this.close()
      this.#events.failed()
      return
    }
    this.#timeout.backOff()
    this.#window.timedOut()
    // What was sent so lately that an answer cannot have come is not held for lost (usrsctp: sctp_mark_all_for_resend).
    const now = this.#clock.now()
    this.#outstanding.loseOld(now - this.#timeout.measuredMs, now)
    this.#resendNow = true
    this.#deadline = Number.POSITIVE_INFINITY
    this.#forward(true)
    this.flush()
  }
}
