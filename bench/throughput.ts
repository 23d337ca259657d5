// Packets per second of processor time, flat out: what the layers above node-datachannel cost.

import { createSignalingServer } from '../server/index.ts'
import type { Figure, Outcome, Settings } from './support/figure.ts'
import { type Pair, withPairs } from './support/pair.ts'
import { median } from './support/statistics.ts'

interface Run {
  readonly packetsPerSecond: number
  readonly packetsPerCpuSecond: number
  /** Processor time of 10,000 packets that arrived, in ms. */
  readonly senderCpuMs: number
  readonly receiverCpuMs: number
  readonly delivered: number
}

export async function throughput({ quick }: Settings): Promise<Outcome> {
  const runs = quick ? 1 : 3
  const seconds = quick ? 1 : 3
  const server = await createSignalingServer({ host: '127.0.0.1' })
  try {
    return await withPairs(['raw', 'skein'], server.url, async (pairs) => {
      const [rawPair, skeinPair] = pairs as [Pair, Pair]
      for (const pair of pairs) {
        await pair.connect()
        await measure(pair, 0.5)
      }
      const raw: Run[] = []
      const skein: Run[] = []
      for (let run = 0; run < runs; run++) {
        raw.push(await measure(rawPair, seconds))
        skein.push(await measure(skeinPair, seconds))
      }
      return outcome(raw, skein, seconds)
    })
  } finally {
    await server.close()
  }
}

async function measure({ dialler, listener }: Pair, seconds: number): Promise<Run> {
  await listener.call('count', {})
  const { sent, cpuMs: senderCpuMs, elapsedMs } = await dialler.call('flood', { ms: seconds * 1000 })
  const { received, cpuMs: receiverCpuMs } = await listener.call('counted', {})
  return {
    packetsPerSecond: (received / elapsedMs) * 1000,
    packetsPerCpuSecond: (received / (senderCpuMs + receiverCpuMs)) * 1000,
    senderCpuMs: (senderCpuMs / received) * 10_000,
    receiverCpuMs: (receiverCpuMs / received) * 10_000,
    delivered: received / sent,
  }
}

function outcome(raw: readonly Run[], skein: readonly Run[], seconds: number): Outcome {
  const percent = (runs: readonly Run[]) => `${(median(runs.map((run) => run.delivered)) * 100).toFixed(1)} %`
  return {
    name: 'throughput',
    conditions:
      `64 bytes, unreliable, flat out between two processes over loopback; ${raw.length} runs of ${seconds} s each, in ` +
      `turn; processor time of both processes, all threads; median of the runs`,
    figures: [
      figure('packets per second of processor time', '1/s', raw, skein, 'packetsPerCpuSecond'),
      figure('packets per second', '1/s', raw, skein, 'packetsPerSecond'),
      figure('sender, processor time of 10,000 packets', 'ms', raw, skein, 'senderCpuMs'),
      figure('receiver, processor time of 10,000 packets', 'ms', raw, skein, 'receiverCpuMs'),
    ],
    remarks: [`delivered: raw ${percent(raw)}, Skein ${percent(skein)}`],
    details: { raw, skein },
  }
}

function figure(name: string, unit: string, raw: readonly Run[], skein: readonly Run[], key: keyof Run): Figure {
  const ratios = raw.map((run, index) => skein[index]![key] / run[key])
  return {
    name,
    unit,
    raw: median(raw.map((run) => run[key])),
    skein: median(skein.map((run) => run[key])),
    ratio: median(ratios),
    ratios,
    target: undefined,
    reached: undefined,
  }
}
