// The candidates that the other side sent: how many, and those that came before its description, which wait for it.

import { MAX_EARLY_CANDIDATES, MAX_REMOTE_CANDIDATES } from './constants.ts'
import { NetError } from './errors.ts'

export type Candidate = [media: string, index: number, name: string]

export class RemoteCandidates {
  #early: Candidate[] = []
  #count = 0

  /** Another one came. @throws {NetError} ERR_OUT_OF_MEMORY: too many. */
  count(early: boolean): void {
    this.#count += 1
    if (early ? this.#early.length >= MAX_EARLY_CANDIDATES : this.#count > MAX_REMOTE_CANDIDATES) {
      throw new NetError('ERR_OUT_OF_MEMORY', 'The remote sent too many candidates.')
    }
  }

  /** Until the description is here. */
  keep(candidate: Candidate): void {
    this.#early.push(candidate)
  }

  /** The description is here: those that waited, in order. */
  takeEarly(): Candidate[] {
    const early = this.#early
    this.#early = []
    return early
  }

  /** ICE is restarted: the other side gathers anew. */
  restart(): void {
    this.#count = 0
  }
}
