// Numbers of ticks that wrap.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNewerTick, tickDelta, unwrapTick, wrapTick } from '../../../src/multiplayer/time/ticks.ts'

const bits = fc.constantFrom(16 as const, 32 as const)

describe('ticks on the wire', () => {
  it('keep their order and distance over the wrap', () => {
    fc.assert(
      fc.property(
        bits,
        fc.integer({ min: 0, max: 2 ** 48 }),
        fc.integer({ min: -32_768, max: 32_767 }),
        (b, tick, n) => {
          const [from, to] = [wrapTick(tick, b), wrapTick(tick + n, b)]
          expect(tickDelta(to, from, b)).toBe(n)
          expect(isNewerTick(to, from, b)).toBe(n > 0)
          expect(unwrapTick(to, tick, b)).toBe(tick + n)
          expect(from).toBeGreaterThanOrEqual(0)
          expect(from).toBeLessThan(2 ** b)
        },
      ),
    )
  })

  it('wrap at 2^16 and 2^32', () => {
    expect(wrapTick(0x1_0000, 16)).toBe(0)
    expect(wrapTick(0x1_0000_0003)).toBe(3)
    expect(tickDelta(0, 0xffff_ffff)).toBe(1)
    expect(tickDelta(0xffff, 2, 16)).toBe(-3)
    expect(isNewerTick(5, 5)).toBe(false)
    expect(unwrapTick(1, 0xffff_fffe)).toBe(0x1_0000_0001)
  })
})
