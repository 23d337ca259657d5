import { describe, expect, it } from 'vitest'
import { formatNumber, HISTORY, PeerRates } from '../../../src/game-demo/ui/rates.ts'
import { DEFAULT_STATS } from '../support/fake-stats.ts'

describe('PeerRates', () => {
  it('makes rates of counters', () => {
    const rates = new PeerRates()
    rates.read({ ...DEFAULT_STATS, bytesIn: 1_000, bytesOut: 0 }, 0)
    const reading = rates.read({ ...DEFAULT_STATS, bytesIn: 2_000, bytesOut: 4_000, lossIn: 0.02, lossOut: 0.01 }, 500)
    expect(reading).toEqual({ rttMs: undefined, lossPercent: 2, inKBps: 2, outKBps: 8 })
  })

  it('has no rate at the first reading, and keeps a bounded history', () => {
    const rates = new PeerRates()
    expect(rates.read({ ...DEFAULT_STATS, bytesIn: 5_000 }, 0).inKBps).toBe(0)
    for (let count = 1; count < 200; count++) rates.read(DEFAULT_STATS, count * 500)
    expect(rates.history).toHaveLength(HISTORY)
  })
})

describe('formatNumber', () => {
  it('shows about three digits, and never NaN', () => {
    expect([0, 1.234, 12.34, 123.4, Number.NaN].map(formatNumber)).toEqual(['0.00', '1.23', '12.3', '123', '0'])
  })
})
