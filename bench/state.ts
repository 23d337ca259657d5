// State at 60 Hz over links that take less than is offered, or suddenly less: the newest is to win.

import { setTimeout as wait } from 'node:timers/promises'

import type { Figure, Outcome, Settings } from './support/figure.ts'
import { Line, latencies, type Series } from './support/line-pair.ts'
import { machineNow } from './support/machine-clock.ts'
import { atMost, figureOf, type Metric } from './support/metric.ts'
import { median, type Summary, summarize } from './support/statistics.ts'
import type { Arrival } from './support/traffic.ts'

const STATE = { state: { hz: 60, bytes: 1000 } }
const QUEUE_BYTES = 100_000
/** What is queued when a series ends still arrives: raw holds 1 MiB, 21 s of the narrow link. It is not waited out. */
const GRACE_MS = 8_000

const NARROW = { rate: 400_000, delayMs: 25, queueBytes: QUEUE_BYTES }
const NARROW_MS = 20_000
const QUICK_NARROW_MS = 6_000

const WIDE = { rate: 2e6, delayMs: 50, queueBytes: QUEUE_BYTES }
const SQUEEZED_RATE = 128_000
const BEFORE_MS = 5_000
const SQUEEZED_MS = 10_000
const AFTER_MS = 10_000
/** Back at idle: for half a second, of thirty states 28 take no longer than idle's median and this, in ms. */
const BACK_ALLOWANCE_MS = 10
const BACK_STATES = 30
const BACK_WITHIN = 28

interface NarrowRun {
  readonly latency: Summary
  readonly deliveredPercent: number
}

interface SqueezeRun {
  readonly idleMs: number
  /** The most that a state took above idle, from the moment that the rate fell. */
  readonly queueMs: number
  /** From the moment that the rate came back. */
  readonly backMs: number
  readonly squeezedDelivered: number
}

const NARROW_METRICS: readonly Metric<NarrowRun>[] = [
  { name: '400 kbit/s: max latency', unit: 'ms', of: (run) => run.latency.max, target: atMost(250, 'ms') },
  { name: '400 kbit/s: p50', unit: 'ms', of: (run) => run.latency.median },
  { name: '400 kbit/s: delivered', unit: '%', of: (run) => run.deliveredPercent },
]

const SQUEEZE_METRICS: readonly Metric<SqueezeRun>[] = [
  { name: '2 Mbit/s to 128 kbit/s: most queue', unit: 'ms', of: (run) => run.queueMs, target: atMost(300, 'ms') },
  { name: 'back to 2 Mbit/s: idle delay after', unit: 'ms', of: (run) => run.backMs, target: atMost(3_000, 'ms') },
]

export async function state({ quick }: Settings): Promise<Outcome> {
  const runs = quick ? 1 : 3
  const narrow: Record<'raw' | 'skein', NarrowRun[]> = { raw: [], skein: [] }
  const squeeze: Record<'raw' | 'skein', SqueezeRun[]> = { raw: [], skein: [] }
  const remarks: string[] = []
  for (let seed = 1; seed <= runs; seed++) {
    for (const stack of ['raw', 'skein'] as const) {
      const one = await measureNarrow(stack, seed, quick ? QUICK_NARROW_MS : NARROW_MS)
      const two = await measureSqueeze(stack, seed)
      narrow[stack].push(one)
      squeeze[stack].push(two)
      remarks.push(`${stack}: ${describe(one, two)}`)
      console.error(`  ${remarks.at(-1)}`)
    }
  }
  const figures: Figure[] = [
    ...NARROW_METRICS.map((metric) => figureOf(metric, narrow.raw, narrow.skein)),
    ...SQUEEZE_METRICS.map((metric) => figureOf(metric, squeeze.raw, squeeze.skein)),
  ]
  return {
    name: 'state',
    conditions:
      `60 unreliable states of 1000 bytes a second, Node to Node, queue of 100 kB; 400 kbit/s and 25 ms one way for ` +
      `${(quick ? QUICK_NARROW_MS : NARROW_MS) / 1000} s; 2 Mbit/s and 50 ms, then 128 kbit/s for ${SQUEEZED_MS / 1000} s, ` +
      `then 2 Mbit/s; medians of ${runs} runs; max latency of what arrived up to ${GRACE_MS / 1000} s after the end`,
    figures,
    remarks,
    details: { narrow, squeeze },
  }
}

function measureNarrow(stack: string, seed: number, ms: number): Promise<NarrowRun> {
  return Line.with({ stack, seed, conditions: NARROW }, async (line) => {
    const { sent, received } = await line.run(STATE, ms, GRACE_MS)
    return {
      latency: summarize(latencies(received.states)),
      deliveredPercent: (received.states.length / sent.states.length) * 100,
    }
  })
}

function measureSqueeze(stack: string, seed: number): Promise<SqueezeRun> {
  return Line.with({ stack, seed, conditions: WIDE }, async (line) => {
    const at = { squeezed: 0, back: 0 }
    const series = await line.run(STATE, BEFORE_MS + SQUEEZED_MS + AFTER_MS, GRACE_MS, async () => {
      await wait(BEFORE_MS)
      at.squeezed = machineNow()
      line.link.set({ rate: SQUEEZED_RATE })
      await wait(SQUEEZED_MS)
      at.back = machineNow()
      line.link.set({ rate: WIDE.rate })
    })
    return evaluateSqueeze(series, at.squeezed, at.back)
  })
}

function evaluateSqueeze({ received }: Series, squeezedAt: number, backAt: number): SqueezeRun {
  // The first second is the compiler's.
  const first = received.states[0]?.[0] ?? 0
  const idleMs = median(latencies(received.states, first + 1_000, squeezedAt - 100))
  const later = received.states.filter(([, receivedAt]) => receivedAt >= squeezedAt)
  return {
    idleMs,
    queueMs: Math.max(...latencies(later)) - idleMs,
    backMs: backAfter(received.states, backAt, idleMs + BACK_ALLOWANCE_MS),
    squeezedDelivered: latencies(received.states, squeezedAt, backAt).length,
  }
}

/** How long after `at` the states began to take `limitMs` at most. NaN: they did not. */
function backAfter(arrivals: readonly Arrival[], at: number, limitMs: number): number {
  const after = arrivals.filter(([, receivedAt]) => receivedAt >= at)
  const good = after.map(([sentAt, receivedAt]) => receivedAt - sentAt <= limitMs)
  for (let start = 0; start + BACK_STATES <= good.length; start++) {
    if (!good[start]) continue
    if (good.slice(start, start + BACK_STATES).filter(Boolean).length >= BACK_WITHIN) return after[start]![1] - at
  }
  return Number.NaN
}

function describe({ latency, deliveredPercent }: NarrowRun, squeeze: SqueezeRun): string {
  return (
    `400 kbit/s p50 / p95 / max ${latency.median.toFixed(0)} / ${latency.p95.toFixed(0)} / ${latency.max.toFixed(0)} ms, ` +
    `delivered ${deliveredPercent.toFixed(1)} %; idle ${squeeze.idleMs.toFixed(1)} ms, most queue ` +
    `${squeeze.queueMs.toFixed(0)} ms, back after ${squeeze.backMs.toFixed(0)} ms, ` +
    `${squeeze.squeezedDelivered} states arrived of those sent at 128 kbit/s`
  )
}
