// What small packets cost: many a tick to one peer, one to many peers, and the garbage of a game that runs.

import type { Outcome, Settings } from './support/figure.ts'
import type { GarbageReport } from './support/garbage.ts'
import type { Ticks } from './support/hub-calls.ts'
import { HubPair, WITHOUT_COLLECTING } from './support/hub-pair.ts'
import { atMost, figureOf, type Metric } from './support/metric.ts'
import { median } from './support/statistics.ts'

const HZ = 60
const SMALL = { hz: HZ, packets: 100, bytes: 32 }
const BROADCAST_PEERS = 32
const STEADY_PEERS = 8
const WARM_UP_SECONDS = 2

interface Cost {
  readonly packetsPerCpuSecond: number
  readonly hostCpuMs: number
  readonly guestsCpuMs: number
  readonly deliveredPercent: number
  /** How often a packet was read to be checked and packed, in proportion to one that goes to one peer. */
  readonly encodings: number
}

interface Garbage extends GarbageReport {
  readonly ticks: number
}

const perTick = (run: Garbage, bytes: number) => bytes / run.ticks

const SMALL_METRICS: readonly Metric<Cost>[] = [
  {
    name: '100 packets of 32 bytes a tick: packets per second of processor time',
    unit: '1/s',
    of: (run) => run.packetsPerCpuSecond,
    target: { text: '≥ 5 × raw', holds: (skein, raw) => skein >= 5 * raw },
  },
]

const BROADCAST_METRICS: readonly Metric<Cost>[] = [
  {
    name: `one packet to ${BROADCAST_PEERS} peers: processor time of the sender`,
    unit: 'ms',
    of: (run) => run.hostCpuMs,
    target: { text: '≤ 1.15 × raw', holds: (skein, raw) => skein <= 1.15 * raw },
  },
  {
    name: `one packet to ${BROADCAST_PEERS} peers: read to be packed, beside one to one peer`,
    unit: '×',
    of: (run) => run.encodings,
    target: { text: '1 ×: encoded once', holds: (skein) => skein === 1 },
  },
]

const GARBAGE_METRICS: readonly Metric<Garbage>[] = [
  {
    name: `${STEADY_PEERS} peers: garbage a tick in our code`,
    unit: 'B',
    of: (run) => perTick(run, run.groups.library ?? 0),
    target: atMost(1000, 'B'),
  },
]

export async function batching({ quick }: Settings): Promise<Outcome> {
  const runs = quick ? 1 : 5
  const seconds = quick ? 2 : 5
  const small: Record<'raw' | 'skein', Cost[]> = { raw: [], skein: [] }
  const broadcast: Record<'raw' | 'skein', Cost[]> = { raw: [], skein: [] }
  const garbage: Record<'raw' | 'skein', Garbage[]> = { raw: [], skein: [] }
  for (let run = 0; run < runs; run++) {
    for (const stack of ['raw', 'skein'] as const) {
      small[stack].push(await measure(stack, 1, { ...SMALL, seconds }))
      broadcast[stack].push(await measure(stack, BROADCAST_PEERS, { hz: HZ, packets: 1, seconds }))
      garbage[stack].push(await measureGarbage(stack, seconds))
      console.error(`  ${stack}, 100 packets a tick: ${describe(small[stack].slice(-1))}`)
      console.error(`  ${stack}, to ${BROADCAST_PEERS} peers: ${describe(broadcast[stack].slice(-1))}`)
      console.error(`  ${stack}, bytes allocated a tick: ${describeGarbage(garbage[stack].slice(-1))}`)
    }
  }
  return {
    name: 'batching',
    conditions:
      `unreliable, ${HZ} ticks a second over loopback, host and guests in a process each; ${seconds} s after a warm-up ` +
      `of ${WARM_UP_SECONDS} s, raw and Skein in turn, medians of ${runs} runs; processor time of all threads; ` +
      `garbage: each peer and the host send one state a tick, seen at the host by V8's sampling heap profiler`,
    figures: [
      ...SMALL_METRICS.map((metric) => figureOf(metric, small.raw, small.skein)),
      ...BROADCAST_METRICS.map((metric) => figureOf(metric, broadcast.raw, broadcast.skein)),
      ...GARBAGE_METRICS.map((metric) => figureOf(metric, [], garbage.skein)),
    ],
    remarks: [
      ...(['raw', 'skein'] as const).flatMap((stack) => [
        `${stack}, 100 packets a tick: ${describe(small[stack])}`,
        `${stack}, to ${BROADCAST_PEERS} peers: ${describe(broadcast[stack])}`,
        `${stack}, bytes allocated a tick: ${describeGarbage(garbage[stack])}`,
      ]),
      `most of it in Skein: ${garbage.skein[0]!.functions.map(
        ([name, bytes]) => `${name} ${perTick(garbage.skein[0]!, bytes).toFixed(0)} B`,
      ).join(', ')}`,
      `the profiler saw of bytes that were known: ${garbage.skein.map((run) => run.calibration.toFixed(2)).join(' ')}`,
    ],
    details: { small, broadcast, garbage },
  }
}

async function measure(stack: 'raw' | 'skein', peers: number, ticks: Ticks): Promise<Cost> {
  const toOne = await HubPair.with(stack, 1, (pair) => pair.measure({ hz: HZ, packets: 1, seconds: 0.2 }))
  return HubPair.with(stack, peers, async (pair) => {
    await pair.measure({ ...ticks, seconds: WARM_UP_SECONDS })
    const { sent, encodings, received, hostCpuMs, guestsCpuMs } = await pair.measure(ticks)
    return {
      packetsPerCpuSecond: (received / (hostCpuMs + guestsCpuMs)) * 1000,
      hostCpuMs,
      guestsCpuMs,
      deliveredPercent: (received / (sent * peers)) * 100,
      encodings: encodings / sent / (toOne.encodings / toOne.sent),
    }
  })
}

function measureGarbage(stack: 'raw' | 'skein', seconds: number): Promise<Garbage> {
  const action = async ({ host, guests }: HubPair) => {
    const both = (length: number) =>
      Promise.all([host, guests].map((child) => child.call('tick', { hz: HZ, packets: 1, seconds: length })))
    await both(WARM_UP_SECONDS)
    await host.call('watch', {})
    await both(seconds)
    return { ...(await host.call('watched', {})), ticks: seconds * HZ }
  }
  return HubPair.with(stack, STEADY_PEERS, action, WITHOUT_COLLECTING)
}

function describe(runs: readonly Cost[]): string {
  const of = (key: keyof Cost) => median(runs.map((run) => run[key]))
  return (
    `sender ${of('hostCpuMs').toFixed(0)} ms, receivers ${of('guestsCpuMs').toFixed(0)} ms of processor time, ` +
    `delivered ${of('deliveredPercent').toFixed(2)} %`
  )
}

function describeGarbage(runs: readonly Garbage[]): string {
  const of = (value: (run: Garbage) => number) => `${median(runs.map((run) => perTick(run, value(run)))).toFixed(0)} B`
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.groups)))]
  const exact = runs.some((run) => run.collected) ? ', less what was collected' : ''
  return (
    `${names.map((name) => `${name} ${of((run) => run.groups[name] ?? 0)}`).join(', ')}; the heap grew by ` +
    `${of((run) => run.heapGrowth)}, array buffers by ${of((run) => run.arrayBufferGrowth)} (the whole process${exact})`
  )
}
