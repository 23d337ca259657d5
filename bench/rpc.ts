// What an RPC costs: bytes, processor time beside a plain packet, and how many a second one process can make.

import { fileURLToPath } from 'node:url'
import { createSignalingServer } from '../server/index.ts'
import { Child } from './support/child.ts'
import type { Outcome, Settings } from './support/figure.ts'
import { atLeast, atMost, figureOf, type Metric } from './support/metric.ts'
import type { RpcCalls, Way } from './support/rpc-calls.ts'
import { median } from './support/statistics.ts'

const PROGRAM = fileURLToPath(new URL('./support/rpc-process.js', import.meta.url))

/** Above what is promised: what arrives counts. In ticks of a game. */
const RATE = { perSecond: 110_000, ticksPerSecond: 60 }
const WARM_UP_SECONDS = 2
const WAYS = ['send', 'exact', 'float32', 'reliable'] as const

interface Run {
  /** Processor time of both processes for 10,000 that arrived, in ms. */
  readonly cpuMs: number
  readonly perSecond: number
  /** Of one core, in percent. */
  readonly callerPercent: number
  readonly calleePercent: number
  readonly deliveredPercent: number
}

const COST: Metric<Run> = {
  name: 'processor time of 10,000, beside send',
  unit: 'ms',
  of: (run) => run.cpuMs,
  target: { text: '≤ 1.3 × send', holds: (skein, raw) => skein <= 1.3 * raw },
}

const SPEED: Metric<Run> = {
  name: 'RPCs a second that arrive',
  unit: '1/s',
  of: (run) => run.perSecond,
  target: atLeast(100_000, '1/s'),
}

const SIZE: Metric<number> = { name: 'payload of three numbers, beside send', unit: 'B', of: (bytes) => bytes }

export async function rpc({ quick }: Settings): Promise<Outcome> {
  const count = quick ? 1 : 5
  const seconds = quick ? 2 : 4
  const runs: Record<Way, Run[]> = { send: [], exact: [], float32: [], reliable: [] }
  const server = await createSignalingServer({ host: '127.0.0.1' })
  const caller = new Child<RpcCalls>(PROGRAM)
  const callee = new Child<RpcCalls>(PROGRAM)
  const measure = async (way: Way, length: number): Promise<Run> => {
    await callee.call('count', {})
    const { sent, cpuMs, elapsedMs } = await caller.call('run', { way, ...RATE, seconds: length })
    const { received, cpuMs: calleeCpuMs } = await callee.call('counted', {})
    return {
      cpuMs: ((cpuMs + calleeCpuMs) / received) * 10_000,
      perSecond: (received / elapsedMs) * 1000,
      callerPercent: (cpuMs / elapsedMs) * 100,
      calleePercent: (calleeCpuMs / elapsedMs) * 100,
      deliveredPercent: (received / sent) * 100,
    }
  }
  try {
    const { room } = await callee.call('open', { url: server.url })
    await caller.call('join', { url: server.url, room })
    const sizes = await caller.call('sizes', {})
    for (const way of WAYS) await measure(way, WARM_UP_SECONDS)
    for (let run = 0; run < count; run++) {
      for (const way of WAYS) {
        runs[way].push(await measure(way, seconds))
        console.error(`  ${describe(way, runs[way].slice(-1))}`)
      }
    }
    const named = <Of>(way: Way, { name, target, ...metric }: Metric<Of>): Metric<Of> => ({
      ...metric,
      name: `${way === 'reliable' ? 'reliable, float32' : `unreliable, ${way}`}: ${name}`,
      target,
    })
    return {
      name: 'rpc',
      conditions:
        `three numbers to one peer in another process over loopback, from one Node process: ` +
        `${RATE.perSecond.toLocaleString('en')} a second in ${RATE.ticksPerSecond} ticks; processor time of both processes, ` +
        `all threads; send: the same numbers as an array, unreliably; ${count} runs of ${seconds} s in turn, medians`,
      figures: [
        figureOf({ ...named('float32', SIZE), target: atMost(16, 'B') }, [sizes.send], [sizes.float32]),
        figureOf(named('exact', SIZE), [sizes.send], [sizes.exact]),
        figureOf(named('float32', COST), runs.send, runs.float32),
        figureOf(named('exact', COST), runs.send, runs.exact),
        figureOf(named('float32', SPEED), runs.send, runs.float32),
        figureOf(named('exact', SPEED), runs.send, runs.exact),
        figureOf(named('reliable', SPEED), runs.send, runs.reliable),
      ],
      remarks: WAYS.map((way) => describe(way, runs[way])),
      details: { sizes, runs },
    }
  } finally {
    await Promise.all([caller.stop(), callee.stop()])
    await server.close()
  }
}

function describe(way: Way, runs: readonly Run[]): string {
  const of = (key: keyof Run) => median(runs.map((run) => run[key])).toFixed(1)
  return (
    `${way}: ${of('cpuMs')} ms of processor time for 10,000; the caller takes ${of('callerPercent')} %, the callee ` +
    `${of('calleePercent')} % of a core; ${of('deliveredPercent')} % delivered`
  )
}
