// What became of the unreliable messages that were sent: on their way, delivered, or lost.

import { ACK_DELAY_MS, ACK_HISTORY, LOSS_WINDOW, MAX_FLIGHT_MS } from './constants.ts'

/** How many messages are remembered: a second of 1,000 a second. A power of two. */
const SIZE = 1024
const MASK = SIZE - 1
/** A message is presumed lost for the flight when this many newer ones have arrived (TCP: dupthresh). */
const REORDERING = 3

/** Messages without an answer that are no chance any more: at 10 % loss one of a thousand rows of them. */
const UNANSWERED = 3

const State = { Skipped: 0, Flying: 1, PresumedLost: 2, Delivered: 3, Lost: 4 } as const

export type Receipt = (delivered: boolean) => void

/** What an acknowledgement taught. Overwritten by the next. */
export interface Acknowledged {
  /** Bytes that are known to have arrived with it. */
  bytes: number
  /** When the newest of these messages was sent, in ms. NaN: nothing new. */
  sentAt: number
}

export class SentLog {
  /** Bytes that are on their way, as far as one can know. */
  flight = 0
  /** The number of the next message. Does not wrap; 16 bits of it travel. */
  next = 0
  readonly #sentAt = new Float64Array(SIZE)
  readonly #bytes = new Uint16Array(SIZE)
  readonly #state = new Uint8Array(SIZE)
  /** 1: an acknowledgement was asked for. */
  readonly #asked = new Uint8Array(SIZE)
  readonly #receipts = new Map<number, readonly Receipt[]>()
  /** Before it everything is settled or at least no longer in flight. */
  #oldest = 0
  #newestAcked = -1
  readonly #result: Acknowledged = { bytes: 0, sentAt: Number.NaN }

  /** Notes the message with the number `next`. */
  sent(bytes: number, now: number, asks: boolean, receipts?: readonly Receipt[]): void {
    const number = this.next++
    if (this.#oldest <= number - SIZE) this.#forget(number - SIZE)
    const place = number & MASK
    this.#sentAt[place] = now
    this.#bytes[place] = bytes
    this.#asked[place] = asks ? 1 : 0
    this.#state[place] = State.Flying
    this.flight += bytes
    if (receipts) this.#receipts.set(number, receipts)
  }

  /** The number `next` is used up by a message of whose fate nobody wants to know. */
  skip(now: number): void {
    const number = this.next++
    if (this.#oldest <= number - SIZE) this.#forget(number - SIZE)
    this.#sentAt[number & MASK] = now
    this.#state[number & MASK] = State.Skipped
  }

  /** The share of the messages of late that did not arrive, 0 to 1. */
  get loss(): number {
    let counted = 0
    let lost = 0
    const end = this.#newestAcked - ACK_HISTORY
    for (let number = Math.max(0, end - LOSS_WINDOW); number < end; number++) {
      const state = this.#state[number & MASK]
      if (state === State.Skipped) continue
      counted += 1
      if (state !== State.Delivered) lost += 1
    }
    return counted === 0 ? 0 : lost / counted
  }

  /** The other side has `newest` (16 bits) and, of the 32 before it, those whose bits are set. False: we never sent that. */
  acknowledge(newest: number, history: number, now: number): Acknowledged | undefined {
    const result = this.#result
    result.bytes = 0
    result.sentAt = Number.NaN
    const last = this.next - 1
    const number = last - ((last - newest) & 0xffff)
    if (number < 0) return undefined
    if (number <= last - SIZE) return result
    this.#arrived(number)
    for (let i = 0; history !== 0 && i < ACK_HISTORY; i++, history >>>= 1) {
      if (history & 1) this.#arrived(number - 1 - i)
    }
    if (number > this.#newestAcked) {
      this.#newestAcked = number
      result.sentAt = this.#sentAt[number & MASK]!
      this.#presumeLost(number - REORDERING)
    }
    this.#settleLost(this.#newestAcked - ACK_HISTORY)
    if (this.#receipts.size > 0) this.#expireReceipts(now)
    return result
  }

  /** Gives up what has been on its way for too long. Returns whether there was anything. */
  expire(now: number): boolean {
    let any = false
    while (this.#oldest < this.next && now - this.#sentAt[this.#oldest & MASK]! > MAX_FLIGHT_MS) {
      any = this.#land(this.#oldest++, State.PresumedLost) || any
    }
    if (this.#receipts.size > 0) this.#expireReceipts(now)
    return any
  }

  /** Takes nothing for on its way any more. */
  giveUp(): void {
    while (this.#oldest < this.next) this.#land(this.#oldest++, State.PresumedLost)
  }

  /**
   * For how long messages have been waited for without a word, in ms; 0 and less: they are not yet. One that is missing
   * while a newer one has arrived is lost, and a few may be lost in a row: that many must be waited for.
   */
  overdue(now: number): number {
    let waited = 0
    for (let number = Math.max(this.#oldest, this.#newestAcked + 1); number < this.next; number++) {
      const place = number & MASK
      if (this.#state[place] !== State.Flying) continue
      waited += 1
      if (waited === UNANSWERED) return now - this.#sentAt[place]! - (this.#asked[place] ? 0 : ACK_DELAY_MS)
    }
    return 0
  }

  /** The link is over: whoever waits for a receipt gets it. */
  close(): void {
    for (const receipts of this.#receipts.values()) for (const receipt of receipts) receipt(false)
    this.#receipts.clear()
  }

  #arrived(number: number): void {
    if (number < 0 || number < this.next - SIZE) return
    const place = number & MASK
    const state = this.#state[place]!
    if (state !== State.Flying && state !== State.PresumedLost) return
    this.#land(number, State.Delivered)
    this.#result.bytes += this.#bytes[place]!
    this.#tell(number, true)
  }

  /** No longer on its way. Returns whether it was. */
  #land(number: number, state: number): boolean {
    const place = number & MASK
    const flew = this.#state[place] === State.Flying
    if (flew) this.flight -= this.#bytes[place]!
    const before = this.#state[place]!
    if (before === State.Flying || before === State.PresumedLost) this.#state[place] = state
    return flew
  }

  #presumeLost(before: number): void {
    for (; this.#oldest <= before && this.#oldest < this.next; this.#oldest++)
      this.#land(this.#oldest, State.PresumedLost)
  }

  /** Nothing will be heard any more of what is older than the history. */
  #settleLost(before: number): void {
    if (this.#receipts.size === 0) return
    for (const number of this.#receipts.keys()) {
      if (number >= before) return
      this.#land(number, State.Lost)
      this.#tell(number, false)
    }
  }

  #expireReceipts(now: number): void {
    for (const number of this.#receipts.keys()) {
      if (now - this.#sentAt[number & MASK]! <= MAX_FLIGHT_MS) return
      this.#land(number, State.Lost)
      this.#tell(number, false)
    }
  }

  /** Its place is needed. */
  #forget(number: number): void {
    this.#land(number, State.Lost)
    this.#oldest = Math.max(this.#oldest, number + 1)
    this.#tell(number, false)
  }

  #tell(number: number, delivered: boolean): void {
    const receipts = this.#receipts.get(number)
    if (!receipts) return
    this.#receipts.delete(number)
    for (const receipt of receipts) receipt(delivered)
  }
}
