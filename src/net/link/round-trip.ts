// Round-trip times, smoothed as in RFC 6298; the first few samples are averaged, so that an early slow one (a page that
// still loads) is soon forgotten.

export class RoundTripMeter {
  // Always numbers: a field that may be undefined too costs an object at each assignment.
  #smoothed = Number.NaN
  #variation = Number.NaN
  #samples = 0

  add(sampleMs: number): void {
    this.#samples += 1
    if (Number.isNaN(this.#smoothed)) {
      this.#smoothed = sampleMs
      this.#variation = sampleMs / 2
      return
    }
    this.#variation += (Math.abs(sampleMs - this.#smoothed) - this.#variation) / 4
    this.#smoothed += (sampleMs - this.#smoothed) / Math.min(this.#samples, 8)
  }

  /** In ms; `undefined` until measured. */
  get smoothedMs(): number | undefined {
    return Number.isNaN(this.#smoothed) ? undefined : this.#smoothed
  }

  /** Mean deviation in ms. */
  get variationMs(): number | undefined {
    return Number.isNaN(this.#variation) ? undefined : this.#variation
  }
}
