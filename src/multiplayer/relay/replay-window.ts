// Which numbers came already, so that none counts twice. Who passes packets on can repeat and delay them.

import { SEAL_WINDOW } from './constants.ts'

export class ReplayWindow {
  #newest = -1
  /** Of the last numbers up to the newest, by their remainder: whether they came. */
  readonly #seen = new Uint8Array(SEAL_WINDOW)

  /** Whether a number did not come yet. Of one that is older than the window nobody knows: it is taken for one that did. */
  isNew(number: number): boolean {
    if (number > this.#newest) return true
    return this.#newest - number < SEAL_WINDOW && this.#seen[number % SEAL_WINDOW] === 0
  }

  note(number: number): void {
    if (number - this.#newest >= SEAL_WINDOW) this.#seen.fill(0)
    else for (let each = this.#newest + 1; each < number; each++) this.#seen[each % SEAL_WINDOW] = 0
    this.#seen[number % SEAL_WINDOW] = 1
    this.#newest = Math.max(this.#newest, number)
  }
}
