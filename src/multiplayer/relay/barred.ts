// Over whom a peer is not reached any more: whoever passed on for it and was found out to spoil what is sealed.

import { MAX_BARRED } from './constants.ts'

export class Barred {
  /** Peers, and who passes nothing on for them, the oldest first. */
  readonly #pairs = new Set<string>()

  add(id: number, via: number): void {
    this.#pairs.add(nameOf(id, via))
    for (const oldest of this.#pairs) {
      if (this.#pairs.size <= MAX_BARRED) return
      this.#pairs.delete(oldest)
    }
  }

  has(id: number, via: number): boolean {
    return this.#pairs.has(nameOf(id, via))
  }

  clear(): void {
    this.#pairs.clear()
  }
}

function nameOf(id: number, via: number): string {
  return `${id} ${via}`
}
