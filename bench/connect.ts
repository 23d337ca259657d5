// How long it takes from `joinRoom()` to `peerConnected`, beside what raw node-datachannel takes until both channels
// are open.

import { createSignalingServer } from '../server/index.ts'
import type { Figure, Outcome, Settings } from './support/figure.ts'
import { type Pair, withPairs } from './support/pair.ts'
import { median, summarize } from './support/statistics.ts'

const MEDIAN_RATIO = 1.3
const MEDIAN_ALLOWANCE_MS = 50
const P99_TARGET_MS = 300
/** A repeated DTLS hello takes a second; nothing else on loopback takes half of one. */
const STALL_MS = 500
/** Between two connections, so that the last one's end does not slow the next one down. */
const PAUSE_MS = 20

class Tally {
  readonly ms: number[] = []
  readonly steps: Readonly<Record<string, number>>[] = []
  readonly failures: string[] = []
  redials = 0

  get stalls(): number {
    return this.ms.filter((ms) => ms > STALL_MS).length
  }

  async run(pair: Pair): Promise<void> {
    try {
      const { ms, redials, steps } = await pair.connect()
      this.ms.push(ms)
      this.steps.push(steps)
      this.redials += redials
    } catch (error) {
      this.failures.push(String(error))
    }
    await pair.hangUp()
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

export async function connect({ quick }: Settings): Promise<Outcome> {
  const runs = quick ? 20 : 200
  const server = await createSignalingServer({ host: '127.0.0.1' })
  try {
    return await withPairs(['raw', 'skein'], server.url, async (pairs) => {
      const [rawPair, skeinPair] = pairs as [Pair, Pair]
      // The first loads the native library and starts its threads.
      const cold = { raw: new Tally(), skein: new Tally() }
      await cold.raw.run(rawPair)
      await cold.skein.run(skeinPair)
      const raw = new Tally()
      const skein = new Tally()
      for (let run = 0; run < runs; run++) {
        await raw.run(rawPair)
        await skein.run(skeinPair)
      }
      return outcome(runs, raw, skein, cold)
    })
  } finally {
    await server.close()
  }
}

function outcome(runs: number, raw: Tally, skein: Tally, cold: { raw: Tally; skein: Tally }): Outcome {
  const times = { raw: summarize(raw.ms), skein: summarize(skein.ms) }
  const unstalled = median(raw.ms.filter((ms) => ms <= STALL_MS))
  const allowed = MEDIAN_RATIO * times.raw.median + MEDIAN_ALLOWANCE_MS
  const complete = skein.failures.length === 0
  const figures: Figure[] = [
    {
      name: 'joinRoom() to peerConnected, median',
      unit: 'ms',
      raw: times.raw.median,
      skein: times.skein.median,
      ratio: times.skein.median / times.raw.median,
      target: `≤ ${MEDIAN_RATIO.toFixed(2)} × raw + ${MEDIAN_ALLOWANCE_MS} ms = ${allowed.toFixed(0)} ms`,
      reached: complete && times.skein.median <= allowed,
    },
    {
      name: 'joinRoom() to peerConnected, p99',
      unit: 'ms',
      raw: times.raw.p99,
      skein: times.skein.p99,
      ratio: times.skein.p99 / times.raw.p99,
      target: `≤ ${P99_TARGET_MS} ms`,
      reached: complete && times.skein.p99 <= P99_TARGET_MS,
    },
    {
      name: `connections that took more than ${STALL_MS} ms`,
      unit: '',
      raw: raw.stalls,
      skein: skein.stalls,
      ratio: undefined,
      target: undefined,
      reached: undefined,
    },
  ]
  const steps = medianSteps(skein)
  return {
    name: 'connect',
    conditions:
      `${runs} connections each, in turn; each side in a process of its own over loopback; signaling in a third: Skein's ` +
      `over WebSocket with the real server, raw's over process messages`,
    figures,
    remarks: [
      `raw without those that stalled: median ${unstalled.toFixed(1)} ms; Skein is allowed ` +
        `${(MEDIAN_RATIO * unstalled + MEDIAN_ALLOWANCE_MS).toFixed(0)} ms by that`,
      `Skein, median time at which a step was done: ${Object.entries(steps)
        .map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
        .join(', ')} ms`,
      `slowest: raw ${times.raw.max.toFixed(0)} ms, Skein ${times.skein.max.toFixed(0)} ms; ` +
        `failed: raw ${raw.failures.length}, Skein ${skein.failures.length}; Skein dialled again: ${skein.redials}`,
      `the first connection of a process: raw ${cold.raw.ms[0]?.toFixed(0)} ms, Skein ${cold.skein.ms[0]?.toFixed(0)} ms`,
    ],
    details: {
      raw: { ...times.raw, stalls: raw.stalls, failures: raw.failures, all: raw.ms },
      skein: { ...times.skein, stalls: skein.stalls, failures: skein.failures, redials: skein.redials, all: skein.ms },
      steps,
      cold: { raw: cold.raw.ms[0], skein: cold.skein.ms[0] },
    },
  }
}

function medianSteps({ steps }: Tally): Record<string, number> {
  const names = Object.keys(steps[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, median(steps.map((step) => step[name] ?? Number.NaN))]))
}
