// What a process allocates, and which file does it. V8's sampling heap profiler, told to keep what was collected, tells
// the stack of about every 256th byte; its estimate is free of bias. Bytes that typed arrays hold outside the heap are
// not in it; the whole process's growth, read while nothing is collected, has them.

import { type HeapProfiler, Session } from 'node:inspector/promises'

const SAMPLING_INTERVAL_BYTES = 256
/** Told apart in the report. */
const GROUPS: readonly [name: string, path: RegExp][] = [
  ['msgpackr', /node_modules\/msgpackr\//],
  ['library', /\/dist\/src\//],
  ['node-datachannel', /node_modules\/node-datachannel\//],
  ['benchmark', /\/dist\/bench\//],
]
const CALIBRATION_BYTES = 2_000_000

export interface GarbageReport {
  /** Bytes by group; what built-ins allocate counts for who called them. */
  readonly groups: Readonly<Record<string, number>>
  /** The functions of the library that allocate most. */
  readonly functions: readonly (readonly [name: string, bytes: number])[]
  /** Bytes by which the heap and the array buffers grew. Exact if nothing was collected, which `collected` says. */
  readonly heapGrowth: number
  readonly arrayBufferGrowth: number
  readonly collected: boolean
  /** What the profiler saw of bytes whose number was known, as a share. About 1, or the rest says nothing. */
  readonly calibration: number
}

export class GarbageWatch {
  readonly #session = new Session()
  #before = process.memoryUsage()
  #collections = 0
  readonly #observer = new PerformanceObserver((list) => {
    this.#collections += list.getEntries().length
  })

  async start(): Promise<void> {
    this.#session.connect()
    this.#observer.observe({ entryTypes: ['gc'] })
    await this.#session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLING_INTERVAL_BYTES,
      // Not in every version of the types.
      ...{ includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true },
    })
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
    this.#collections = 0
    this.#before = process.memoryUsage()
  }

  async stop(): Promise<GarbageReport> {
    const after = process.memoryUsage()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const collected = this.#collections > 0
    allocateKnown()
    const { profile } = await this.#session.post('HeapProfiler.stopSampling')
    this.#session.disconnect()
    this.#observer.disconnect()
    const groups: Record<string, number> = {}
    const functions = new Map<string, number>()
    let known = 0
    visit(profile.head, 'outside JavaScript', '', (group, name, bytes) => {
      groups[group] = (groups[group] ?? 0) + bytes
      if (group === 'library') functions.set(name, (functions.get(name) ?? 0) + bytes)
      if (name.startsWith('allocateKnown ')) known += bytes
    })
    return {
      groups: { ...groups, benchmark: (groups.benchmark ?? 0) - known },
      functions: [...functions].sort(([, a], [, b]) => b - a).slice(0, 10),
      heapGrowth: after.heapUsed - this.#before.heapUsed,
      arrayBufferGrowth: after.arrayBuffers - this.#before.arrayBuffers,
      collected,
      calibration: known / CALIBRATION_BYTES,
    }
  }
}

/** Arrays of 100 numbers: 800 bytes and headers, which are known too. */
function allocateKnown(): number {
  const headers = 16 + 16
  let sum = 0
  for (let bytes = 0; bytes < CALIBRATION_BYTES; bytes += 800 + headers) sum += new Array(100).fill(0.5).length
  return sum
}

function visit(
  node: HeapProfiler.SamplingHeapProfileNode,
  group: string,
  name: string,
  tell: (group: string, name: string, bytes: number) => void,
): void {
  const { functionName, url, lineNumber } = node.callFrame
  // Built-ins, and what Node does, count for their caller.
  if (url !== '' && !url.startsWith('node:')) {
    group = GROUPS.find(([, path]) => path.test(url))?.[0] ?? 'other'
    name = `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
  }
  if (node.selfSize > 0) tell(group, name, node.selfSize)
  for (const child of node.children) visit(child, group, name, tell)
}
