// How a connection comes about, as round trips that may be lost: one ICE check, two of DTLS 1.2 (RFC 6347), two of SCTP
// (RFC 9260, 5.1). The active side asks and asks again. The passive side answers whatever it is asked, and answers again
// when nothing follows: in DTLS both sides repeat their flights, and in SCTP both send INIT.

import type { CancelTimer, Clock } from '../clock.ts'
import { CONNECT_TIMEOUT_MS, DTLS_RETRY_MS, ICE_RETRY_MS, RTO_INITIAL_MS, RTO_MAX_MS } from './constants.ts'
import type { Datagram } from './datagram.ts'

interface Step {
  readonly name: string
  /** First wait for the answer, in ms; it doubles. */
  readonly retryMs: number
  /** Of the question and the answer on the wire, with all headers. DTLS carries certificates. */
  readonly bytes: readonly [question: number, answer: number]
}

const STEPS: readonly Step[] = [
  { name: 'ICE check', retryMs: ICE_RETRY_MS, bytes: [136, 108] },
  { name: 'ClientHello', retryMs: DTLS_RETRY_MS, bytes: [210, 1_020] },
  { name: 'Finished', retryMs: DTLS_RETRY_MS, bytes: [780, 130] },
  { name: 'INIT', retryMs: RTO_INITIAL_MS, bytes: [161, 430] },
  { name: 'COOKIE ECHO', retryMs: RTO_INITIAL_MS, bytes: [390, 81] },
]

/** After this step the connection is secure: RTCPeerConnection calls that connected. */
const LAST_OF_DTLS = 2

/** After this step ICE has found the way. */
const LAST_OF_ICE = 0

export interface HandshakeEvents {
  /** The fingerprint of this side's certificate. */
  readonly certificate: string
  transmit(datagram: Datagram): void
  /** ICE is through. */
  routed(): void
  /** ICE and DTLS are through. */
  connected(): void
  /** SCTP is, too: channels may open. */
  established(): void
  failed(reason: string): void
}

export class Handshake {
  readonly #clock: Clock
  readonly #isActive: boolean
  readonly #events: HandshakeEvents
  /** The step that is under way; all before it are done. */
  #step = 0
  #retryMs = 0
  #cancelRetry: CancelTimer | undefined
  readonly #cancelGivingUp: CancelTimer

  /** Starts. @param isActive Of the two sides one is (the DTLS client: the one that answered the offer). */
  constructor(clock: Clock, isActive: boolean, events: HandshakeEvents) {
    this.#clock = clock
    this.#isActive = isActive
    this.#events = events
    this.#cancelGivingUp = clock.setTimeout(() => this.#giveUp(), CONNECT_TIMEOUT_MS)
    // The passive side's check tells an active side that was too early that it is worth asking again.
    if (isActive) this.#begin()
    else
      events.transmit({
        type: 'handshake',
        step: 0,
        isAnswer: false,
        certificate: events.certificate,
        bytes: STEPS[0]!.bytes[0],
      })
  }

  get done(): boolean {
    return this.#step === STEPS.length
  }

  receive({ step, isAnswer }: { step: number; isAnswer: boolean }): void {
    if (!this.#isActive) {
      if (isAnswer || step > this.#step) return
      this.#retryMs = STEPS[step]!.retryMs
      this.#send(step)
      if (step === this.#step) this.#advance()
      else if (this.done) this.close()
    } else if (isAnswer && step === this.#step) this.#advance()
    else if (!isAnswer && this.#step === 0) this.#begin()
  }

  /** Data came: it says that the cookie's answer was only overtaken or lost. */
  dataReceived(): void {
    if (this.#isActive && this.#step === STEPS.length - 1) this.#advance()
  }

  close(): void {
    this.#cancelRetry?.()
    this.#cancelGivingUp()
  }

  #begin(): void {
    this.#retryMs = STEPS[this.#step]!.retryMs
    this.#send(this.#step)
  }

  /** Sends this side's part of a step, until something is heard. */
  #send(step: number): void {
    this.#cancelRetry?.()
    this.#cancelRetry = this.#clock.setTimeout(() => {
      this.#retryMs = Math.min(this.#retryMs * 2, RTO_MAX_MS)
      this.#send(step)
    }, this.#retryMs)
    const isAnswer = !this.#isActive
    const { certificate } = this.#events
    const bytes = STEPS[step]!.bytes[isAnswer ? 1 : 0]
    this.#events.transmit({ type: 'handshake', step, isAnswer, certificate, bytes })
  }

  #advance(): void {
    const done = this.#step
    this.#step += 1
    if (this.done) this.close()
    else if (this.#isActive) this.#begin()
    if (done === LAST_OF_ICE) this.#events.routed()
    if (done === LAST_OF_DTLS) this.#events.connected()
    if (this.done) this.#events.established()
  }

  #giveUp(): void {
    const { name } = STEPS[this.#step]!
    this.close()
    this.#events.failed(`no answer to the ${name} within ${CONNECT_TIMEOUT_MS / 1000} s`)
  }
}
