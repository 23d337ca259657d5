// A token bucket: what an honest player never exceeds and a flood does. Times in ms, from the caller.

export class Bucket {
  readonly #size: number
  readonly #perSecond: number
  #tokens: number
  #at: number | undefined

  constructor(size: number, perSecond: number) {
    this.#size = size
    this.#perSecond = perSecond
    this.#tokens = size
  }

  /** Takes one token if there is one. */
  take(now: number): boolean {
    const elapsed = Math.max(0, now - (this.#at ?? now))
    this.#at = now
    this.#tokens = Math.min(this.#size, this.#tokens + (elapsed / 1000) * this.#perSecond)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
