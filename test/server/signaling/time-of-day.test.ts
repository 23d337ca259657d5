import { afterEach, expect, it, vi } from 'vitest'
import { timeOfDay } from '../../../server/signaling/time-of-day.ts'
import { systemClock, VirtualClock } from '../../../src/net/clock.ts'

afterEach(() => vi.restoreAllMocks())

it("follows the machine's time of day when that is set right", () => {
  const time = timeOfDay(systemClock)
  const now = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(now + 600_000)
  expect(time()).toBe(now + 600_000)
})

it('goes with any other clock', () => {
  const clock = new VirtualClock(500)
  const time = timeOfDay(clock)
  const begun = time()
  expect(Math.abs(begun - Date.now())).toBeLessThan(10_000)
  clock.advance(1_234)
  expect(time() - begun).toBe(1_234)
})
