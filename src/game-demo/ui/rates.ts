// From the counters of PeerStats to what a person reads: rates, and their history for the graphs. Pure.

import type { PeerStats } from '../../index.ts'

export interface Reading {
  /** Undefined until measured. */
  readonly rttMs: number | undefined
  /** Percent, the worse direction. Undefined where nobody measures it. */
  readonly lossPercent: number | undefined
  readonly inKBps: number
  readonly outKBps: number
}

/** Half a minute at two readings a second. */
export const HISTORY = 60

export class PeerRates {
  readonly history: Reading[] = []
  #last: { readonly stats: PeerStats; readonly at: number } | undefined

  /** Takes the counters at `now` (ms). */
  read(stats: PeerStats, now: number): Reading {
    const last = this.#last
    const seconds = last ? (now - last.at) / 1000 : 0
    const rate = (value: number, before: number) => (seconds > 0 ? Math.max(0, value - before) / 1000 / seconds : 0)
    const reading = {
      rttMs: stats.roundTripTimeMs,
      lossPercent: worse(stats.lossIn, stats.lossOut),
      inKBps: rate(stats.bytesIn, last?.stats.bytesIn ?? 0),
      outKBps: rate(stats.bytesOut, last?.stats.bytesOut ?? 0),
    }
    this.#last = { stats, at: now }
    // The first reading has no rate: in a graph it would be a gap to zero.
    if (seconds > 0) this.history.push(reading)
    if (this.history.length > HISTORY) this.history.shift()
    return reading
  }
}

function worse(lossIn: number | undefined, lossOut: number | undefined): number | undefined {
  return lossIn === undefined || lossOut === undefined ? undefined : Math.max(lossIn, lossOut) * 100
}

/** Short, with about three digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '0'
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
