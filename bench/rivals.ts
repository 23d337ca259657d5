// The same transfer beside a game as in lanes.ts, with what a user would pick instead of Skein.

import type { Figure, Outcome, Settings } from './support/figure.ts'
import type { Place, Programs } from './support/line-pair.ts'
import { figureOf, type Metric } from './support/metric.ts'
import { installRivals, rivalFile } from './support/rivals/install.ts'
import { startRivalService } from './support/rivals/service.ts'
import { measureTransfer, RATE, shareIdle, type TransferRun } from './support/transfer-run.ts'

interface Rival {
  readonly stack: string
  readonly title: string
  readonly from: Place
  readonly to: Place
  /** What its user has to know to read the figures. */
  readonly note: string
}

const RIVALS: readonly Rival[] = [
  {
    stack: 'simple-peer',
    title: 'simple-peer',
    from: 'node',
    to: 'node',
    note: "over node-datachannel's polyfill; one reliable, ordered channel for everything, bulk through its stream",
  },
  {
    stack: 'trystero',
    title: 'Trystero',
    from: 'node',
    to: 'node',
    note: "over node-datachannel's polyfill, found through a Nostr relay; everything is reliable and ordered",
  },
  {
    stack: 'geckos',
    title: 'geckos.io',
    from: 'chromium',
    to: 'node',
    note: 'one unordered channel without retransmission; what is "reliable" is sent ten times, 150 ms apart',
  },
  {
    stack: 'peerjs',
    title: 'PeerJS',
    from: 'chromium',
    to: 'chromium',
    note: 'a connection for states (`reliable: false`: unordered, but sent again until it arrives), one for the rest',
  },
]

const PROGRAMS: Programs = {
  process: new URL('./support/rivals/rival-process.js', import.meta.url),
  page: new URL('./support/rivals/rival-page.js', import.meta.url),
  modules: {
    peerjs: rivalFile('peerjs/dist/bundler.mjs'),
    '@geckos.io/client': rivalFile('@geckos.io/client/lib/index.js'),
    'trystero/nostr': rivalFile('trystero/dist/nostr.mjs'),
  },
  serve: startRivalService,
}

const METRICS: readonly Metric<TransferRun>[] = [
  { name: 'states delivered', unit: '%', of: (run) => run.deliveredPercent },
  { name: 'state, one way, p50', unit: 'ms', of: (run) => run.state.median },
  { name: 'state, p95', unit: '× idle', of: (run) => run.state.p95 / run.idleStateP95 },
  { name: 'transfer', unit: '% of link', of: (run) => run.linkPercent },
  { name: 'reliable 100 B, p95', unit: 'ms', of: (run) => run.gameplay.p95 },
]

export async function rivals({ quick }: Settings): Promise<Outcome> {
  const runs = quick ? 1 : 3
  const timeoutMs = quick ? 30_000 : 60_000
  installRivals()
  const figures: Figure[] = []
  const remarks: string[] = []
  const details: Record<string, unknown> = {}
  for (const { stack, title, from, to, note } of RIVALS) {
    const theirs: TransferRun[] = []
    const ours: TransferRun[] = []
    try {
      for (let seed = 1; seed <= runs; seed++) {
        const conditions = { from, to, loss: 0, seed, quick, timeoutMs }
        const [their, our] = shareIdle(
          await measureTransfer({ ...conditions, stack, programs: PROGRAMS }),
          await measureTransfer({ ...conditions, stack: 'skein' }),
        )
        theirs.push(their)
        ours.push(our)
        console.error(`  ${title}: ${their.summary}\n  Skein: ${our.summary}`)
      }
    } catch (error) {
      remarks.push(`${title} did not run here: ${error}`)
      console.error(`  ${remarks.at(-1)}`)
      continue
    }
    figures.push(...METRICS.map((metric) => figureOf({ ...metric, name: `${title}: ${metric.name}` }, theirs, ours)))
    remarks.push(`${title}, ${from} to ${to}: ${note}`)
    remarks.push(...theirs.map((run) => `${title}: ${run.summary}`), ...ours.map((run) => `Skein: ${run.summary}`))
    details[title] = { theirs, ours }
  }
  return {
    name: 'rivals',
    conditions:
      `as lanes without loss: link of ${RATE / 1e6} Mbit/s, 25 ms one way, 100 kB queue, 8 MiB reliably beside 60 states ` +
      `and 20 reliable packets a second; the first column is the rival's; a transfer is given up after ` +
      `${timeoutMs / 1000} s; rival and Skein in turn, medians of ${runs} runs`,
    figures,
    remarks,
    details,
  }
}
