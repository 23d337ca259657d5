// What is sent during one turn of the event loop leaves together: messages come in bursts (an offer with its candidates),
// and a write of its own for each of them is most of what relaying costs.

/** What waits for one socket. */
export class Outbox {
  readonly texts: string[] = []
  #length = 0

  /** In UTF-16 units. */
  get length(): number {
    return this.#length
  }

  add(text: string): void {
    this.texts.push(text)
    this.#length += text.length
  }
}

export interface Flushable {
  flush(): void
}

export class WriteBatch {
  #waiting: Flushable[] = []
  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const each of waiting) each.flush()
  }

  /** Flushes `each` when everything that this turn of the event loop brought is worked off. */
  add(each: Flushable): void {
    if (this.#waiting.length === 0) setImmediate(this.#flush)
    this.#waiting.push(each)
  }
}
