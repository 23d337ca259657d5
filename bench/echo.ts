// 60 Hz, 64 bytes, unreliable, there and back between two processes: Skein beside raw node-datachannel with msgpackr.

import { createSignalingServer } from '../server/index.ts'
import type { Figure, Outcome, Settings } from './support/figure.ts'
import { type Pair, withPairs } from './support/pair.ts'
import { median, type Summary, summarize } from './support/statistics.ts'

const PERIOD_MS = 1000 / 60
const MEDIAN_TARGET = 1.1
const P99_TARGET = 1.25

/** One run of all pairs at the same time. */
interface Run {
  readonly raw: Summary
  readonly control: Summary
  readonly skein: Summary
  readonly lost: readonly [raw: number, control: number, skein: number]
}

/**
 * All pairs run at the same time, each in processes of its own and a third of a period after the other: whatever else
 * the machine does hits all of them. The second raw pair shows how far two equal programs lie apart.
 */
export async function echo({ quick }: Settings): Promise<Outcome> {
  const runs = quick ? 2 : 5
  const seconds = quick ? 2 : 7
  const server = await createSignalingServer({ host: '127.0.0.1' })
  try {
    return await withPairs(['raw', 'raw', 'skein'], server.url, async (pairs) => {
      for (const pair of pairs) {
        await pair.connect()
        await pair.listener.call('echo', {})
      }
      const fresh = await measure(pairs, seconds, 0)
      for (const pair of pairs) await warmUp(pair, quick ? 500 : 1_500)
      const measured: Run[] = []
      for (let run = 0; run < runs; run++) measured.push(await measure(pairs, seconds, run))
      return outcome(fresh, measured, seconds)
    })
  } finally {
    await server.close()
  }
}

/** As many packets there and back as in several minutes of play, so that all the code is compiled as it will stay. */
async function warmUp(pair: Pair, ms: number): Promise<void> {
  await pair.dialler.call('flood', { ms })
}

async function measure(pairs: readonly Pair[], seconds: number, turn: number): Promise<Run> {
  const startAt = performance.timeOrigin + performance.now() + 100
  const results = await Promise.all(
    pairs.map((pair, index) =>
      pair.dialler.call('ping', {
        count: Math.round((seconds * 1000) / PERIOD_MS),
        periodMs: PERIOD_MS,
        // The order changes from run to run.
        startAt: startAt + (((index + turn) % pairs.length) * PERIOD_MS) / pairs.length,
      }),
    ),
  )
  const [raw, control, skein] = results.map(({ roundTripsMs }) => summarize(roundTripsMs))
  const lost = results.map((result) => result.lost)
  return { raw: raw!, control: control!, skein: skein!, lost: [lost[0]!, lost[1]!, lost[2]!] }
}

function outcome(fresh: Run, runs: readonly Run[], seconds: number): Outcome {
  const lost = (index: 0 | 1 | 2) => runs.reduce((sum, run) => sum + run.lost[index], 0)
  const control = (key: 'median' | 'p99') => runs.map((run) => run.control[key] / run.raw[key]).map((r) => r.toFixed(2))
  return {
    name: 'echo',
    conditions:
      `60 Hz, 64 bytes, unreliable, between two processes over loopback; ${runs.length} runs of ${seconds} s, raw and ` +
      `Skein at the same time in processes of their own; median of the runs`,
    figures: [
      figure('round trip, median', runs, 'median', MEDIAN_TARGET),
      figure('round trip, p99', runs, 'p99', P99_TARGET),
    ],
    remarks: [
      `the first ${seconds} s of the processes, before the compiler knows the code: median raw ` +
        `${fresh.raw.median.toFixed(2)} ms, Skein ${fresh.skein.median.toFixed(2)} ms, ` +
        `${(fresh.skein.median / fresh.raw.median).toFixed(2)} × raw`,
      `a second raw pair beside the first, run by run: median ${control('median').join(' ')}, p99 ${control('p99').join(' ')}`,
      `lost: raw ${lost(0)} and ${lost(1)}, Skein ${lost(2)}`,
    ],
    details: { fresh, runs },
  }
}

function figure(name: string, runs: readonly Run[], key: 'median' | 'p99', target: number): Figure {
  const ratios = runs.map(({ raw, skein }) => skein[key] / raw[key])
  const ratio = median(ratios)
  return {
    name,
    unit: 'ms',
    raw: median(runs.map(({ raw }) => raw[key])),
    skein: median(runs.map(({ skein }) => skein[key])),
    ratio,
    ratios,
    target: `≤ ${target.toFixed(2)} × raw`,
    reached: ratio <= target,
  }
}
