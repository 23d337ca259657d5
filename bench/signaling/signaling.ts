// The signaling server beside PeerServer: joins, relayed messages and memory with many idle sockets; and joins while the
// server is under attack.

import type { Figure, Outcome, Settings } from '../support/figure.ts'
import { figureOf, type Metric } from '../support/metric.ts'
import { median, percentile } from '../support/statistics.ts'
import type { ServerKind, Usage } from './calls.ts'
import { BenchProcess } from './processes.ts'
import { installRivals } from './rivals.ts'
import { twoProcesses } from './two-processes.ts'

const KINDS = ['peerserver', 'skein'] as const
const JOINING_AT_ONCE = 8
const PAIRS = 64
const RELAY_TARGET = 2
const ATTACKED_JOIN_TARGET_MS = 1_000

/** A server, and the clients that talk to it. */
interface Side {
  readonly kind: ServerKind
  readonly server: BenchProcess
  readonly load: BenchProcess
  readonly url: string
}

/** Of fresh processes. */
const MEMORY: Metric<number> = {
  name: 'memory of an idle socket',
  unit: 'kB',
  of: (kilobytes) => kilobytes,
  target: { text: '≤ PeerServer', holds: (skein, peerserver) => skein <= peerserver },
}

/** One run of one side. */
interface Run {
  readonly perSecond: number
  readonly perCpuSecond: number
  readonly ms: readonly number[]
}

type BySide<T> = Record<ServerKind, T>

export async function signaling({ quick }: Settings): Promise<Outcome> {
  installRivals()
  const levels = quick ? [1, 100] : [1, 1_000, 10_000]
  const sides = await Promise.all(KINDS.map((kind) => startSide(kind, 'none')))
  try {
    const joins = []
    for (const idle of levels) {
      // Rooms of two.
      for (const { load, kind, url } of sides) await load.call('idle', { kind, url, count: idle === 1 ? 2 : idle })
      const runs = await inTurn(sides, quick ? 2 : 9, (side) => join(side, quick ? 500 : 1_000))
      joins.push({ idle, runs })
    }
    const warm = await inTurn(sides, 1, (side) => relay(side, quick ? 200 : 1_000))
    const relayed = await inTurn(sides, quick ? 2 : 15, (side) => relay(side, quick ? 300 : 700))
    await Promise.all(sides.flatMap(({ server, load }) => [server.stop(), load.stop()]))
    const memory: BySide<number[]> = { skein: [], peerserver: [] }
    for (let n = 0; n < (quick ? 1 : 5); n++) {
      for (const kind of KINDS) memory[kind].push(await memoryOf(kind, quick))
    }
    const shared = await twoProcesses({ quick })
    const attacked = await joinUnderAttack(quick ? 2_000 : 15_000)
    return {
      name: 'signaling',
      conditions:
        'each server in one process of its own, its clients in another, over loopback; beside: PeerServer; ' +
        `${JOINING_AT_ONCE} clients at a time connect, join and leave; ${PAIRS} pairs send 8 candidates or offers at a time; ` +
        'runs in turn, medians of the runs',
      figures: [
        ...joins.flatMap(({ idle, runs }) => [
          figure(`joins per second, ${idle} idle`, '', runs, (run) => run.perSecond),
          figure(`joins per processor-second, ${idle} idle`, '', runs, (run) => run.perCpuSecond),
          figure(`join, p99, ${idle} idle`, 'ms', runs, (run) => percentile(run.ms, 0.99)),
        ]),
        {
          ...figure('relayed messages per processor-second', '', relayed, (run) => run.perCpuSecond),
          ...target(relayed, (run) => run.perCpuSecond, RELAY_TARGET),
        },
        figure('relayed messages per second', '', relayed, (run) => run.perSecond),
        figureOf(MEMORY, memory.peerserver, memory.skein),
        ...shared.figures,
        {
          name: 'join under attack, p99',
          unit: 'ms',
          raw: undefined,
          skein: percentile(attacked.ms, 0.99),
          ratio: undefined,
          target: `< ${ATTACKED_JOIN_TARGET_MS} ms`,
          reached: attacked.failed === 0 && percentile(attacked.ms, 0.99) < ATTACKED_JOIN_TARGET_MS,
        },
      ],
      remarks: [
        `under attack: ${attacked.ms.length} joins one after the other, ${attacked.failed} failed, median ` +
          `${median(attacked.ms).toFixed(1)} ms, slowest ${Math.max(...attacked.ms).toFixed(1)} ms; meanwhile ` +
          `${attacked.silent} silent sockets, ${attacked.dripping} writers of single bytes, ${attacked.guesses} guessed codes ` +
          `(${attacked.refused} refused at the handshake), ${attacked.flooded} flooded messages`,
        shared.details
          ? 'with Redis: beside is one process, Skein are two'
          : 'with Redis: not measured, no redis-server is here',
        'the rival has no rooms, passwords, tickets or limits: its join is a connection with an id of the client’s choice',
      ],
      details: { joins, memory, warm, relayed, shared: shared.details, attacked },
    }
  } finally {
    await Promise.all(sides.flatMap(({ server, load }) => [server.stop(), load.stop()]))
  }
}

async function startSide(kind: ServerKind, limits: 'none' | 'default'): Promise<Side> {
  const server = new BenchProcess('server-process')
  const load = new BenchProcess('load-process')
  const { url } = await server.call('serve', { kind, limits, redis: '' })
  return { kind, server, load, url }
}

/** Runs both sides alternately, so that whatever else the machine does hits both; the order changes each time. */
async function inTurn(sides: readonly Side[], runs: number, run: (side: Side) => Promise<Run>): Promise<BySide<Run[]>> {
  const results: BySide<Run[]> = { skein: [], peerserver: [] }
  for (let n = 0; n < runs; n++) {
    for (const side of n % 2 === 0 ? sides : [...sides].reverse()) results[side.kind].push(await run(side))
  }
  return results
}

async function join({ kind, server, load, url }: Side, forMs: number): Promise<Run> {
  const before = await server.call('usage', {})
  const params = { kind, url, forMs, parallel: JOINING_AT_ONCE, pauseMs: 0, from: '127.0.0.1' }
  const { elapsedMs, count, ms, failed } = await load.call('joins', params)
  if (failed > 0) throw new Error(`${failed} joins failed (${kind})`)
  return toRun(count, elapsedMs, before, await server.call('usage', {}), ms)
}

async function relay({ kind, server, load, url }: Side, forMs: number): Promise<Run> {
  // New ones each time: nobody may signal to the same peer for ever.
  await load.call('pairs', { kind, urls: [url], count: PAIRS })
  const before = await server.call('usage', {})
  const { elapsedMs, count } = await load.call('relay', { forMs })
  return toRun(count, elapsedMs, before, await server.call('usage', {}), [])
}

function toRun(count: number, elapsedMs: number, before: Usage, after: Usage, ms: readonly number[]): Run {
  const cpuMs = after.cpuBeforeMs - before.cpuAfterMs
  return { perSecond: (count / elapsedMs) * 1_000, perCpuSecond: (count / cpuMs) * 1_000, ms }
}

async function joinUnderAttack(forMs: number) {
  const { server, load, url } = await startSide('skein', 'default')
  const attacker = new BenchProcess('attack-process')
  try {
    const extent = await attacker.call('attack', { url })
    // Until the silent sockets are open.
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    // A player every 50 ms: below what one address may do.
    const params = { kind: 'skein', url, forMs, parallel: 1, pauseMs: 50, from: '127.0.0.1' } as const
    const { ms, failed } = await load.call('joins', params)
    return { ...extent, ...(await attacker.call('attacked', {})), ms, failed }
  } finally {
    await Promise.all([server.stop(), load.stop(), attacker.stop()])
  }
}

function figure(name: string, unit: string, runs: BySide<Run[]>, value: (run: Run) => number): Figure {
  const ratios = runs.skein.map((run, n) => value(run) / value(runs.peerserver[n]!))
  return {
    name,
    unit,
    raw: median(runs.peerserver.map(value)),
    skein: median(runs.skein.map(value)),
    ratio: median(ratios),
    ratios,
    target: undefined,
    reached: undefined,
  }
}

function target(runs: BySide<Run[]>, value: (run: Run) => number, least: number): Pick<Figure, 'target' | 'reached'> {
  const ratio = median(runs.skein.map((run, n) => value(run) / value(runs.peerserver[n]!)))
  return { target: `≥ ${least} × PeerServer`, reached: ratio >= least }
}

/** What a socket more takes, in kB: of fresh processes, in which nothing else has happened. */
async function memoryOf(kind: ServerKind, quick: boolean): Promise<number> {
  const { server, load, url } = await startSide(kind, 'none')
  try {
    const [few, many] = quick ? [100, 300] : [1_000, 8_000]
    await load.call('idle', { kind, url, count: few })
    const before = await server.call('usage', {})
    await load.call('idle', { kind, url, count: many })
    const after = await server.call('usage', {})
    return (after.rssBytes - before.rssBytes) / (many - few) / 1_000
  } finally {
    await Promise.all([server.stop(), load.stop()])
  }
}
