// The bytes of the clock (docs/STANDARD.md, 6.2).

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClockMessage, decodeClockMessage, encodeClockMessage } from '../../../src/multiplayer/time/wire.ts'
import { NetError } from '../../../src/net/errors.ts'

describe("the clock's messages", () => {
  it('are these bytes', () => {
    const pong: ClockMessage = { type: 'pong', number: 0x1234, timeline: 0xdeadbeef, time: 1_000.5, held: 62.5 }
    expect(Buffer.from(encodeClockMessage({ type: 'ping', number: 0x1234 })).toString('hex')).toBe('01003412')
    expect(Buffer.from(encodeClockMessage(pong)).toString('hex')).toBe('01013412efbeadde0000000000448f4000007a42')
    expect(decodeClockMessage(encodeClockMessage(pong))).toEqual(pong)
  })

  it('that are anything else are refused, and none of them is a time that cannot be', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ minLength: 20, maxLength: 20 }))
    fc.assert(
      fc.property(bytes, fc.boolean(), (body, isPong) => {
        if (isPong) body.set([1, 1].slice(0, body.length))
        try {
          const message = decodeClockMessage(body)
          if (message.type === 'ping') return
          expect(message.time).toBeGreaterThanOrEqual(0)
          expect(message.time).toBeLessThanOrEqual(9e13)
          expect(message.held).toBeGreaterThanOrEqual(0)
          expect(message.held).toBeLessThanOrEqual(10_000)
        } catch (error) {
          expect(error).toBeInstanceOf(NetError)
        }
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 1e14])('are refused with the time %d', (time) => {
    const message = encodeClockMessage({ type: 'pong', number: 1, timeline: 1, time, held: 0 })
    expect(() => decodeClockMessage(message)).toThrow('could not be understood')
  })
})
