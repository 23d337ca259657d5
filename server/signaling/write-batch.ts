// What is sent during one turn of the event loop leaves together: messages come in bursts (an offer with its candidates),
// and a system call for each of them is most of what relaying costs.

import type { Duplex } from 'node:stream'

export class WriteBatch {
  #corked: Duplex[] = []
  readonly #release = (): void => {
    const corked = this.#corked
    this.#corked = []
    for (const stream of corked) stream.uncork()
  }

  /** Holds back what is written to `stream` until everything that this turn of the event loop brought is worked off. */
  hold(stream: Duplex): void {
    if (stream.writableCorked > 0) return
    if (this.#corked.length === 0) setImmediate(this.#release)
    stream.cork()
    this.#corked.push(stream)
  }
}
