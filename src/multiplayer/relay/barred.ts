// Over whom a peer is not reached any more: whoever passed on for it and was found out to spoil what is sealed.

import { MAX_BARRED } from './constants.ts'

type Why = 'proven' | 'suspected'

export class Barred {
  /** Peers, and who passes nothing on for them, the oldest first. */
  readonly #pairs = new Map<string, { readonly id: number; readonly why: Why }>()

  add(id: number, via: number, why: Why): void {
    const name = nameOf(id, via)
    if (this.#pairs.get(name)?.why === 'proven') return
    this.#pairs.set(name, { id, why })
    for (const oldest of this.#pairs.keys()) {
      if (this.#pairs.size <= MAX_BARRED) return
      this.#pairs.delete(oldest)
    }
  }

  has(id: number, via: number): boolean {
    return this.#pairs.has(nameOf(id, via))
  }

  /** There is a connection with the peer: it may have left the way over a third for that, and for nothing that one did. */
  connected(id: number): void {
    for (const [name, pair] of this.#pairs) if (pair.id === id && pair.why === 'suspected') this.#pairs.delete(name)
  }

  clear(): void {
    this.#pairs.clear()
  }
}

function nameOf(id: number, via: number): string {
  return `${id} ${via}`
}
