// The time on which processes agree, in ms since 1970.

import type { Clock } from '../../src/net/clock.ts'
import { systemClock } from '../../src/net/clock.ts'

/**
 * Of the machine's clock the time of day as the machine knows it now: it may have been set right since the process began,
 * and a clock that goes evenly would never hear of that, nor of the minutes that a machine was suspended. Of any other
 * clock its own time, put onto the time of day at which this is called.
 */
export function timeOfDay(clock: Clock): () => number {
  if (clock === systemClock) return () => Date.now()
  const origin = Date.now() - clock.now()
  return () => origin + clock.now()
}
