// How a client comes back to its server after its socket broke: again and again, less and less often, and never in step
// with the others whose sockets broke at the same moment.

import type { CancelTimer, Clock } from '../clock.ts'
import type { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import { randomUnit } from '../random.ts'
import { RECONNECT_FIRST_MS, RECONNECT_LONGEST_MS } from './constants.ts'

export interface ReconnectionParts {
  readonly clock: Clock
  readonly random: Random
  /** How long it is tried, in ms. The first attempt is made in any case. */
  readonly limitMs: number
  /** Makes one attempt, and returns what gives it up. Must call `failed`, if it fails, later and once. */
  attempt(failed: (error: NetError) => void): () => void
  /** Whether it makes sense to try again after this. */
  mayTryAgain(error: NetError): boolean
  /** It was given up. */
  failed(error: NetError): void
}

/** Tries until an attempt works, fails for good, or the time is over. Returns what stops it before one of these. */
export function reconnect(parts: ReconnectionParts): () => void {
  const { clock, random, limitMs } = parts
  const endAt = clock.now() + limitMs
  let attempts = 0
  let cancelTimer: CancelTimer = () => {}
  let giveUp: () => void = () => {}
  const schedule = () => {
    const longest = Math.min(RECONNECT_LONGEST_MS, RECONNECT_FIRST_MS * 2 ** attempts++)
    // Between a half and the whole of it.
    cancelTimer = clock.setTimeout(attempt, longest * (0.5 + 0.5 * randomUnit(random)))
  }
  const attempt = () => {
    giveUp = parts.attempt((error) => {
      if (parts.mayTryAgain(error) && clock.now() < endAt) schedule()
      else parts.failed(error)
    })
  }
  schedule()
  return () => {
    cancelTimer()
    giveUp()
  }
}
