// The links and loads of the soak, from others' soaks so that results can be compared.

import type { LinkConditions } from '../../src/testing.ts'

export type Load = 'blast' | 'game' | 'bursts'

export interface Case {
  readonly name: string
  /** Whole rooms, or bare data channels. */
  readonly over: 'rooms' | 'channels'
  readonly load: Load
  readonly conditions: LinkConditions
  /** Each iteration is quiet, then active, in ms of virtual time. */
  readonly quietMs: number
  readonly activeMs: number
  readonly iterations: number
  /** How long an unreliable packet may take at most, in ms: what may wait in front of it, at the worst rate. About half
   * as much again as the slowest of 10,000 seeds took. */
  readonly maxUnreliableMs: number
  /** Node's SCTP gives up after five timeouts in a row: then both sides are told, and until then nothing was wrong. */
  readonly mayGiveUp?: boolean
  /** Once through, the two meet again. */
  readonly reconnects?: boolean
}

interface Timing {
  readonly quietMs: number
  readonly activeMs: number
  readonly iterations: number
}

type Figures = readonly [
  rateBytes: number,
  lossPercent: number,
  lagMs: number,
  reorderPercent: number,
  reorderMs: number,
]

/** One row of GameNetworkingSockets' connection tests, over whole rooms. */
function gns(load: Load, set: 'cursory' | 'normal', figures: Figures, maxUnreliableMs: number): Case {
  const [rateBytesPerSecond, loss, latencyMs, reorder, reorderMs] = figures
  return {
    name: `${set} ${load} at ${rateBytesPerSecond / 1000} kB/s, ${loss} % loss, ${latencyMs} ms`,
    over: 'rooms',
    load,
    conditions: { rateBytesPerSecond, loss: loss / 100, latencyMs, reorder: reorder / 100, reorderMs },
    maxUnreliableMs,
    ...TIMING[set],
  }
}

const TIMING: Readonly<Record<'cursory' | 'normal', Timing>> = {
  cursory: { quietMs: 500, activeMs: 2000, iterations: 1 },
  normal: { quietMs: 1000, activeMs: 5000, iterations: 2 },
}

// Both loads offer more than these links carry, so what waits is bounded by buffers: some 32 packets of up to 3,000
// bytes and 16 KiB below them. At 10 % loss SCTP's window leaves a few kB/s for them.
const slow: Figures = [128_000, 10, 50, 2, 50]
const fast: Figures = [1_000_000, 5, 10, 1, 10]
const shuffled: Figures = [2_000_000, 0, 50, 30, 40]

export const matrix: readonly Case[] = [
  gns('blast', 'cursory', slow, 20_000),
  gns('game', 'cursory', slow, 20_000),
  gns('blast', 'normal', slow, 20_000),
  gns('game', 'normal', slow, 20_000),
  gns('blast', 'normal', fast, 3000),
  gns('game', 'normal', fast, 2000),
  gns('blast', 'normal', shuffled, 6000),
]

/**
 * Latency ± spread in ms; loss and copies in %. Those that lose a quarter are over bare channels: SCTP waits for seconds
 * between two retransmissions there, and of a thousand rooms one hears nothing for 30 s. On a bare channel nothing that
 * is unreliable gives way to what is newer, so it waits for as long as SCTP's window of one packet needs for all of it.
 * Jitter alone does not reorder, so a fifth comes later by the spread.
 */
function fiedler(name: string, latencyMs: number, spreadMs: number, percent: number, maxUnreliableMs: number): Case {
  return {
    name: `yojimbo ${name}: ${latencyMs} ± ${spreadMs} ms, ${percent} % loss and copies`,
    over: percent >= 25 ? 'channels' : 'rooms',
    load: 'bursts',
    conditions: {
      latencyMs: latencyMs - spreadMs,
      jitterMs: spreadMs / 2,
      reorder: 0.2,
      reorderMs: spreadMs,
      loss: percent / 100,
      duplicate: percent / 100,
      duplicateMs: latencyMs,
    },
    quietMs: 1000,
    activeMs: 3000,
    iterations: 1,
    maxUnreliableMs,
  }
}

export const yojimbo: readonly Case[] = [
  fiedler('soak', 1000, 100, 25, 400_000),
  fiedler('unit', 250, 100, 25, 120_000),
  fiedler('unit', 500, 100, 5, 20_000),
  { ...fiedler('soak, reconnecting', 1000, 100, 25, 400_000), reconnects: true },
  { ...fiedler("soak, Node's SCTP", 1000, 100, 25, 400_000), over: 'channels', mayGiveUp: true },
]
