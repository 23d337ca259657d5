// One process that keeps its rooms in Redis, and two that share them: what the busiest of them does for a second of its
// processor. Two processors, a Redis and the clients do not fit on a small machine at once, so time on the wall would
// measure the machine.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import type { Figure, Settings } from '../support/figure.ts'
import { median } from '../support/statistics.ts'
import { BenchProcess } from './processes.ts'

const TARGET = 1.7
const PAIRS = 32
const JOINING_AT_ONCE = 4

interface Runs {
  readonly joins: number[]
  readonly relayed: number[]
}

export interface TwoProcesses {
  readonly figures: readonly Figure[]
  /** Undefined where there is no redis-server. */
  readonly details: { readonly one: Runs; readonly two: Runs } | undefined
}

export async function twoProcesses({ quick }: Settings): Promise<TwoProcesses> {
  const redis = await startRedis()
  if (!redis) return { figures: [], details: undefined }
  const groups: Group[] = []
  try {
    groups.push(await startGroup(1, redis.url), await startGroup(2, redis.url))
    const runs: [Runs, Runs] = [
      { joins: [], relayed: [] },
      { joins: [], relayed: [] },
    ]
    // The first run warms up.
    for (let n = 0; n <= (quick ? 1 : 5); n++) {
      for (const [index, group] of groups.entries()) {
        const joins = await perBusiestSecond(group, () => join(group, quick ? 500 : 2_000))
        await connectPairs(group)
        const relayed = await perBusiestSecond(group, () => relay(group, quick ? 300 : 1_500))
        if (n === 0) continue
        runs[index]!.joins.push(joins)
        runs[index]!.relayed.push(relayed)
      }
    }
    const [one, two] = runs
    const figures = [
      figure('joins per second of the busiest processor, with Redis', one.joins, two.joins),
      figure('relayed messages per second of the busiest processor, with Redis', one.relayed, two.relayed),
    ]
    return { figures, details: { one, two } }
  } finally {
    await Promise.all(groups.flatMap(({ servers, loads }) => [...servers, ...loads].map((child) => child.stop())))
    redis.stop()
  }
}

interface Group {
  readonly servers: readonly BenchProcess[]
  readonly loads: readonly BenchProcess[]
  readonly urls: readonly string[]
}

async function startGroup(count: number, redis: string): Promise<Group> {
  const start = (program: 'server-process' | 'load-process') =>
    Array.from({ length: count }, () => new BenchProcess(program))
  const servers = start('server-process')
  const loads = start('load-process')
  const serve = (server: BenchProcess) => server.call('serve', { kind: 'skein', limits: 'none', redis })
  const urls = (await Promise.all(servers.map(serve))).map(({ url }) => url)
  return { servers, loads, urls }
}

/** New ones for each run: nobody may signal to the same peer for ever. */
async function connectPairs({ loads, urls }: Group): Promise<void> {
  const kind = 'skein'
  // Of each pair, one sits on each process where there are two.
  const ofLoad = (n: number) => [urls[n]!, urls[(n + 1) % urls.length]!]
  await Promise.all(loads.map((load, n) => load.call('pairs', { kind, urls: ofLoad(n), count: PAIRS })))
}

async function join({ loads, urls }: Group, forMs: number): Promise<number> {
  const params = { kind: 'skein', forMs, parallel: JOINING_AT_ONCE, pauseMs: 0, from: '127.0.0.1' } as const
  const series = await Promise.all(loads.map((load, n) => load.call('joins', { ...params, url: urls[n]! })))
  return series.reduce((sum, { count }) => sum + count, 0)
}

async function relay({ loads }: Group, forMs: number): Promise<number> {
  const series = await Promise.all(loads.map((load) => load.call('relay', { forMs })))
  return series.reduce((sum, { count }) => sum + count, 0)
}

async function perBusiestSecond({ servers }: Group, run: () => Promise<number>): Promise<number> {
  const before = await Promise.all(servers.map((server) => server.call('usage', {})))
  const count = await run()
  const after = await Promise.all(servers.map((server) => server.call('usage', {})))
  const busiest = Math.max(...after.map(({ cpuBeforeMs }, n) => cpuBeforeMs - before[n]!.cpuAfterMs))
  return (count / busiest) * 1_000
}

/** Beside: the one process. */
function figure(name: string, one: readonly number[], two: readonly number[]): Figure {
  const ratios = two.map((value, n) => value / one[n]!)
  const ratio = median(ratios)
  return {
    name,
    unit: '',
    raw: median(one),
    skein: median(two),
    ratio,
    ratios,
    target: `≥ ${TARGET} × one process`,
    reached: ratio >= TARGET,
  }
}

async function startRedis(): Promise<{ url: string; stop: () => void } | undefined> {
  const port = await freePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] })
  const end = () => child.kill()
  process.once('exit', end)
  const stop = () => {
    process.off('exit', end)
    end()
  }
  return new Promise((resolve) => {
    // Not installed.
    child.once('error', () => resolve(undefined))
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve({ url: `redis://127.0.0.1:${port}`, stop })
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
