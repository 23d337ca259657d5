import { describe, expect, it } from 'vitest'
import { Bucket } from '../../../src/game-demo/net/limits.ts'
import { Stepper } from '../../../src/game-demo/net/stepper.ts'

describe('Stepper', () => {
  it('makes sixty steps of any second, however it is cut', () => {
    for (const period of [1, 7, 15, 16.7, 33, 100]) {
      const stepper = new Stepper()
      let steps = stepper.advance(0)
      for (let now = 0; now <= 10_000; now += period) steps += stepper.advance(now)
      expect(Math.abs(steps - 600), `every ${period} ms`).toBeLessThanOrEqual(7)
    }
  })

  it('skips a long pause and says how much', () => {
    const stepper = new Stepper()
    stepper.advance(0)
    expect(stepper.advance(10_250)).toBe(15)
    expect(stepper.skipped).toBe(10_000)
  })

  it('says how far the next step is', () => {
    const stepper = new Stepper()
    stepper.advance(0)
    stepper.advance(1000 / 60)
    expect(stepper.progress(1000 / 60)).toBeCloseTo(0)
    expect(stepper.progress(1500 / 60)).toBeCloseTo(0.5)
    expect(stepper.progress(9_999)).toBe(1)
  })
})

describe('Bucket', () => {
  it('lets a burst through and then only its rate', () => {
    const bucket = new Bucket(3, 2)
    expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false])
    expect(bucket.take(400)).toBe(false)
    expect(bucket.take(500)).toBe(true)
  })
})
