// Round-trip times, smoothed as in RFC 6298; the first few samples are averaged, so that an early slow one (a page that
// still loads) is soon forgotten.

export class RoundTripMeter {
  #smoothed: number | undefined
  #variation: number | undefined
  #samples = 0

  add(sampleMs: number): void {
    this.#samples += 1
    if (this.#smoothed === undefined || this.#variation === undefined) {
      this.#smoothed = sampleMs
      this.#variation = sampleMs / 2
      return
    }
    this.#variation += (Math.abs(sampleMs - this.#smoothed) - this.#variation) / 4
    this.#smoothed += (sampleMs - this.#smoothed) / Math.min(this.#samples, 8)
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
