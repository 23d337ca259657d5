// `npm run bench`: measures what we claim, beside what a user would pick instead.
//
//   npm run bench -- [name …] [--quick] [--priority] [--json]      names: see BENCHMARKS below
//
// Prints a table (with --json the whole result) and writes the result to bench/results/.

import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg, setPriority } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { batching } from './batching.ts'
import { bundleSize } from './bundle-size.ts'
import { connect } from './connect.ts'
import { echo } from './echo.ts'
import { lanes, lanesInBrowsers } from './lanes.ts'
import { reconnect } from './reconnect.ts'
import { rivals } from './rivals.ts'
import { rpc } from './rpc.ts'
import { seal } from './seal.ts'
import { signaling } from './signaling/signaling.ts'
import { state } from './state.ts'
import { conditions } from './support/conditions.ts'
import type { Outcome, Settings } from './support/figure.ts'
import { PACKAGE_ROOT } from './support/package-root.ts'
import { formatReport } from './support/report.ts'
import { throughput } from './throughput.ts'

const BENCHMARKS: Readonly<Record<string, (settings: Settings) => Promise<Outcome>>> = {
  'bundle-size': bundleSize,
  echo,
  connect,
  throughput,
  lanes,
  'lanes-browser': lanesInBrowsers,
  state,
  batching,
  rpc,
  seal,
  reconnect,
  rivals,
  signaling,
}

/** Before the machine's other work; only root may. */
const RAISED_PRIORITY = -15

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    priority: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const unknown = positionals.find((name) => !Object.hasOwn(BENCHMARKS, name))
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}". There are: ${Object.keys(BENCHMARKS).join(', ')}.`)
  process.exit(2)
}

// The processes that it starts inherit it.
if (values.priority) setPriority(RAISED_PRIORITY)
const before = conditions()
const outcomes: Outcome[] = []
for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  console.error(`${name} …`)
  outcomes.push(await benchmark({ quick: values.quick }))
}
const loadAfter = loadavg()[0]!
const result = JSON.stringify({ quick: values.quick, conditions: { ...before, loadAfter }, outcomes }, null, 2)
const folder = join(PACKAGE_ROOT, 'bench/results')
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, `${before.date.replaceAll(':', '-').slice(0, 19)}.json`), `${result}\n`)
console.log(values.json ? result : formatReport(before, outcomes, loadAfter))
