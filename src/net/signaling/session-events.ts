// The events of one session: kept until somebody listens, then delivered as they come. Nothing follows the last one.

import { reportUncaught } from '../emitter.ts'
import { NetError } from '../errors.ts'
import { MAX_WAITING_EVENTS } from './constants.ts'
import type { SignalingEvent } from './transport.ts'

/** The half of a SignalingSession that talks to its listener. For those who write a SignalingTransport. */
export class SessionEvents {
  #listener: ((event: SignalingEvent) => void) | undefined
  #waiting: SignalingEvent[] = []
  #delivering = false
  #ended = false

  /** No more events are taken: `closed` was among them, or `stop` was called. */
  get ended(): boolean {
    return this.#ended
  }

  /** See SignalingSession.listen. What waits is delivered before it returns. @throws {NetError} ERR_ALREADY_IN_USE */
  listen(listener: (event: SignalingEvent) => void): void {
    if (this.#listener) throw new NetError('ERR_ALREADY_IN_USE', 'A signaling session takes one listener, and has it.')
    this.#listener = listener
    this.#deliver()
  }

  /** Adds an event. After `closed` further ones are ignored. */
  push(event: SignalingEvent): void {
    if (this.#ended) return
    if (!this.#listener && this.#waiting.length >= MAX_WAITING_EVENTS) {
      const message = `More than ${MAX_WAITING_EVENTS} signaling events came before anybody listened.`
      event = { type: 'closed', error: new NetError('ERR_OUT_OF_MEMORY', message) }
    }
    this.#ended = event.type === 'closed'
    this.#waiting.push(event)
    this.#deliver()
  }

  /** Adds the last event. */
  close(error: NetError): void {
    this.push({ type: 'closed', error })
  }

  /** Drops everything: the session was closed by its owner. */
  stop(): void {
    this.#ended = true
    this.#waiting = []
  }

  #deliver(): void {
    // A listener that causes further events gets them after the one at hand.
    if (!this.#listener || this.#delivering) return
    this.#delivering = true
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
      try {
        this.#listener(event)
      } catch (error) {
        reportUncaught(error)
      }
    }
    this.#delivering = false
  }
}
