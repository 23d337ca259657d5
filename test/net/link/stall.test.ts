import { expect, it } from 'vitest'
import { MAX_SILENCE_STEP_MS } from '../../../src/net/link/constants.ts'
import { Stall } from '../../../src/net/link/stall.ts'

it('counts the time since something arrived, as far as the other side is heard', () => {
  const stall = new Stall()
  stall.over(1_000)
  expect(stall.heard(1_200)).toBe(200)
  expect(stall.heard(1_600)).toBe(600)
  // It was away, or asleep, or this side was.
  expect(stall.heard(60_000)).toBe(600 + MAX_SILENCE_STEP_MS)
  expect(stall.heard(60_000)).toBe(600 + MAX_SILENCE_STEP_MS)
  stall.over(60_100)
  expect(stall.heard(60_200)).toBe(100)
})
