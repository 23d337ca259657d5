// The machine's clock, slowed down, in Node and in a page: what is given a time has some times as long.

import { type Clock, systemClock } from '../../src/net/clock.ts'

export function slowClock(slowness = 1): Clock {
  return {
    now: () => systemClock.now() / slowness,
    setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs * slowness),
  }
}
