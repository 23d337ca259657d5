// The narrowest place of a link: datagrams leave it one after the other at its rate, and wait in a bounded queue.

export class Bottleneck {
  /** When everything that waits will have left, in ms. */
  #freeAt = 0

  /**
   * When a datagram that comes now has left, in ms; `undefined`: the queue was full. The one that is being sent counts
   * for what is left of it.
   */
  pass(bytes: number, now: number, rateBytesPerSecond: number, queueBytes: number): number | undefined {
    if (rateBytesPerSecond === Number.POSITIVE_INFINITY) {
      this.#freeAt = Math.max(this.#freeAt, now)
      return this.#freeAt
    }
    const start = Math.max(this.#freeAt, now)
    const waiting = ((start - now) / 1000) * rateBytesPerSecond
    // A datagram that finds the link idle needs no queue.
    if (start > now && waiting + bytes > queueBytes) return undefined
    this.#freeAt = start + (bytes / rateBytesPerSecond) * 1000
    return this.#freeAt
  }
}
