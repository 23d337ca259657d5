// Round-trip time from pings and their answers, smoothed as in RFC 6298; the first few samples are averaged, so that an
// early slow one (a page that still loads) is soon forgotten.

const PENDING = 16

export class RoundTripMeter {
  readonly #sentAt = new Float64Array(PENDING).fill(Number.NaN)
  #nonce = 0
  #smoothed: number | undefined
  #variation: number | undefined
  #samples = 0

  /** Starts a measurement. Returns what the answer must carry, 0 to 65535. */
  ping(now: number): number {
    this.#nonce = (this.#nonce + 1) & 0xffff
    this.#sentAt[this.#nonce % PENDING] = now
    return this.#nonce
  }

  /** Ends the measurement. An answer to nothing, or a second one, is ignored. */
  pong(nonce: number, now: number): void {
    const age = (this.#nonce - nonce) & 0xffff
    const sentAt = this.#sentAt[nonce % PENDING]!
    if (age >= PENDING || Number.isNaN(sentAt)) return
    this.#sentAt[nonce % PENDING] = Number.NaN
    const sample = now - sentAt
    this.#samples += 1
    if (this.#smoothed === undefined || this.#variation === undefined) {
      this.#smoothed = sample
      this.#variation = sample / 2
      return
    }
    this.#variation += (Math.abs(sample - this.#smoothed) - this.#variation) / 4
    this.#smoothed += (sample - this.#smoothed) / Math.min(this.#samples, 8)
  }

  /** In ms; `undefined` until measured. */
  get smoothedMs(): number | undefined {
    return this.#smoothed
  }

  /** Mean deviation in ms. */
  get variationMs(): number | undefined {
    return this.#variation
  }
}
