// Whom a link talks to, over whichever channels. Each side draws a half of the session by chance; who shows both halves on
// new channels is the same as before.

import type { Random } from '../random.ts'
import { drawSession, readGreeting, type TakenIn, writeGreeting } from './greeting.ts'

/** Who greets. `not us`: it takes us for somebody who was here before. */
export type Meeting =
  | { readonly who: 'new'; readonly takenIn: undefined }
  | { readonly who: 'same'; readonly takenIn: TakenIn }
  | { readonly who: 'stranger' }
  | { readonly who: 'not us' }

export class Session {
  readonly #modes: readonly number[]
  readonly #mine: string
  #yours: string | undefined

  constructor(modes: readonly number[], random: Random) {
    this.#modes = modes
    this.#mine = drawSession(random)
  }

  /** The first greeting; or, with what was taken in, that on further channels. */
  greeting(takenIn: TakenIn | undefined): Uint8Array {
    return writeGreeting(this.#modes, { mine: this.#mine, yours: takenIn && this.#yours, takenIn })
  }

  /** The remote greets. @throws {NetError} ERR_INVALID_DATA: it does not fit this side. */
  meet(payload: Uint8Array): Meeting {
    const { mine, yours, takenIn } = readGreeting(payload, this.#modes)
    if (this.#yours === undefined) {
      if (yours !== undefined) return { who: 'not us' }
      this.#yours = mine
      return { who: 'new', takenIn: undefined }
    }
    if (mine !== this.#yours || yours !== this.#mine || !takenIn) return { who: 'stranger' }
    return { who: 'same', takenIn }
  }
}
