import { describe, expect, it } from 'vitest'
import { randomUnit, seededRandom, systemRandom } from '../../src/net/random.ts'

describe('a seeded sequence', () => {
  it('is the published mulberry32', () => {
    const random = seededRandom(0)
    expect([random(), random(), random()]).toEqual([1_144_304_738, 1_416_247, 958_946_056])
  })

  it('is the same for the same seed, and another for another', () => {
    const draw = (seed: number) => Array.from({ length: 20 }, seededRandom(seed))
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })

  it('gives whole numbers of 32 bits that fill the range', () => {
    const random = seededRandom(3)
    let ones = 0
    let zeros = 0xffff_ffff
    for (let i = 0; i < 1_000; i++) {
      const bits = random()
      expect(bits).toBe(bits >>> 0)
      ones = (ones | bits) >>> 0
      zeros = (zeros & bits) >>> 0
    }
    expect(ones).toBe(0xffff_ffff)
    expect(zeros).toBe(0)
  })
})

it('draws 32 bits from the machine', () => {
  const draws = Array.from({ length: 50 }, systemRandom)
  expect(draws.every((bits) => bits === bits >>> 0)).toBe(true)
  expect(new Set(draws).size).toBeGreaterThan(45)
})

it('makes numbers from 0 up to, and never, 1', () => {
  expect(randomUnit(() => 0)).toBe(0)
  expect(randomUnit(() => 0x8000_0000)).toBe(0.5)
  expect(randomUnit(() => 0xffff_ffff)).toBeLessThan(1)
})
