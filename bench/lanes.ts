// A transfer of 8 MiB beside a game: what the game feels of it, and what the transfer gets of the link.

import type { Figure, Outcome, Settings } from './support/figure.ts'
import type { Place } from './support/line-pair.ts'
import { atLeast, atMost, figureOf, type Metric } from './support/metric.ts'
import { measureTransfer, RATE, shareIdle, type TransferRun } from './support/transfer-run.ts'

interface Setting {
  readonly title: string
  readonly from: Place
  readonly to: Place
  readonly loss: number
  readonly runs: number
  readonly metrics: readonly Metric<TransferRun>[]
}

/** What browsers are allowed above Node's figures. */
const BROWSER_ALLOWANCE = 1.2

const DELIVERED: Metric<TransferRun> = { name: 'states delivered', unit: '%', of: (run) => run.deliveredPercent }
const P50: Metric<TransferRun> = { name: 'state, one way, p50', unit: 'ms', of: (run) => run.state.median }
const P95: Metric<TransferRun> = { name: 'state, p95', unit: '× idle', of: (run) => run.state.p95 / run.idleStateP95 }
const SHARE: Metric<TransferRun> = { name: 'transfer', unit: '% of link', of: (run) => run.linkPercent }
const GAMEPLAY: Metric<TransferRun> = {
  name: 'reliable 100 B, p95 above idle',
  unit: 'ms',
  of: (run) => run.gameplay.p95 - run.idleGameplayP95,
}

function withoutLoss(allowance: number): Metric<TransferRun>[] {
  return [
    { ...DELIVERED, target: atLeast(100, '%') },
    P50,
    { ...P95, target: atMost(1.25 * allowance, '× idle') },
    { ...SHARE, target: atLeast(85 / allowance, '%') },
    { ...GAMEPLAY, target: atMost(30 * allowance, 'ms') },
  ]
}

const WITH_LOSS: Metric<TransferRun>[] = [
  { ...DELIVERED, target: atLeast(97.5, '%') },
  P50,
  { ...P95, target: atMost(1.5, '× idle') },
  { ...SHARE, target: { text: '≥ raw', holds: (skein, raw) => skein >= raw } },
  GAMEPLAY,
]

export function lanes({ quick }: Settings): Promise<Outcome> {
  return run('lanes', quick, [
    { title: 'Node', from: 'node', to: 'node', loss: 0, runs: quick ? 1 : 5, metrics: withoutLoss(1) },
    { title: 'Node, 2 % loss', from: 'node', to: 'node', loss: 0.02, runs: quick ? 1 : 3, metrics: WITH_LOSS },
  ])
}

export function lanesInBrowsers({ quick }: Settings): Promise<Outcome> {
  const runs = quick ? 1 : 3
  const metrics = withoutLoss(BROWSER_ALLOWANCE)
  return run('lanes-browser', quick, [
    { title: 'Chromium to Node', from: 'chromium', to: 'node', loss: 0, runs, metrics },
    { title: 'Node to Chromium', from: 'node', to: 'chromium', loss: 0, runs, metrics },
  ])
}

async function run(name: string, quick: boolean, settings: readonly Setting[]): Promise<Outcome> {
  const figures: Figure[] = []
  const remarks: string[] = []
  const details: Record<string, unknown> = {}
  for (const { title, from, to, loss, runs, metrics } of settings) {
    const results: Record<'raw' | 'skein', TransferRun[]> = { raw: [], skein: [] }
    for (let seed = 1; seed <= runs; seed++) {
      const both: TransferRun[] = []
      for (const stack of ['raw', 'skein']) {
        const result = await measureTransfer({ stack, from, to, loss, seed, quick })
        both.push(result)
        console.error(`  ${title}, ${stack}: ${result.summary}`)
      }
      const [raw, skein] = shareIdle(both[0]!, both[1]!)
      results.raw.push(raw)
      results.skein.push(skein)
    }
    figures.push(
      ...metrics.map((metric) => figureOf({ ...metric, name: `${title}: ${metric.name}` }, results.raw, results.skein)),
    )
    for (const stack of ['raw', 'skein'] as const) {
      remarks.push(...results[stack].map((result) => `${title}, ${stack}: ${result.summary}`))
    }
    details[title] = results
  }
  return {
    name,
    conditions:
      `link of ${RATE / 1e6} Mbit/s, 25 ms one way, 100 kB queue; 60 unreliable packets of 64 bytes and 20 reliable ones ` +
      `of 100 bytes a second, first alone, then while 8 MiB go reliably; each end in ` +
      `a process of its own, the link in a third; raw and Skein in turn; idle is the quieter of the two; medians of ${settings.map((s) => s.runs).join(' and ')} runs` +
      (quick ? '; quick: 1 MiB where packets are lost' : ''),
    figures,
    remarks,
    details,
  }
}
