// Asks now and then whether the other side is still there (RFC 7675), and notices when it is not.

import type { CancelTimer, Clock } from '../clock.ts'
import { type Random, randomUnit } from '../random.ts'
import { CONSENT_INTERVAL_MS, CONSENT_SPREAD, CONSENT_TIMEOUT_MS, TIMER_TOLERANCE_MS } from './constants.ts'
import { consentCheck, type Datagram } from './datagram.ts'

export interface ConsentEvents {
  transmit(datagram: Datagram): void
  /** Nothing was heard for CONSENT_TIMEOUT_MS. */
  expired(): void
}

export class Consent {
  readonly #clock: Clock
  readonly #random: Random
  readonly #events: ConsentEvents
  #heardAt: number
  #cancel: CancelTimer | undefined

  constructor(clock: Clock, random: Random, events: ConsentEvents) {
    this.#clock = clock
    this.#random = random
    this.#events = events
    this.#heardAt = clock.now()
    this.#wait()
  }

  /** Anything that came from the other side will do. */
  heard(): void {
    this.#heardAt = this.#clock.now()
  }

  close(): void {
    this.#cancel?.()
  }

  #wait(): void {
    const interval = CONSENT_INTERVAL_MS * (1 + CONSENT_SPREAD * (2 * randomUnit(this.#random) - 1))
    const left = this.#heardAt + CONSENT_TIMEOUT_MS - this.#clock.now()
    this.#cancel = this.#clock.setTimeout(() => this.#check(), Math.min(interval, left))
  }

  #check(): void {
    if (this.#clock.now() - this.#heardAt + TIMER_TOLERANCE_MS >= CONSENT_TIMEOUT_MS) {
      this.#events.expired()
      return
    }
    this.#events.transmit(consentCheck)
    this.#wait()
  }
}
