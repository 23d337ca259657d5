import { expect, it } from 'vitest'
import { Bucket } from '../../../src/game-demo/net/limits.ts'

it('a bucket lets a burst through and then only its rate', () => {
  const bucket = new Bucket(3, 2)
  expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false])
  expect(bucket.take(400)).toBe(false)
  expect(bucket.take(500)).toBe(true)
})
