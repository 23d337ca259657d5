// The programs beside the players: a signaling server that can be killed, and the one that opens many connections.

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { track } from './children.ts'

function path(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

export interface ServerProcess {
  readonly url: string
  readonly process: ChildProcess
}

export async function startSignalingProcess(): Promise<ServerProcess> {
  const child = track(fork(path('signaling-server.js')))
  const [url] = (await once(child, 'message')) as [string]
  return { url, process: child }
}

export interface Holdings {
  readonly rss: number
  readonly heap: number
  readonly threads: number
  readonly files: number
}

export interface ChurnResult {
  /** What the process held before any connection, after the first few, halfway from there, and at the end. */
  readonly holdings: {
    readonly idle: Holdings
    readonly early: Holdings
    readonly middle: Holdings
    readonly late: Holdings
  }
  readonly exitCode: number | null
  /** From its result to its end. */
  readonly exitMs: number
  readonly errors: string
}

/** Opens and closes `total` connections in a process of its own; `early` is measured after the first `warmUp`. */
export async function runChurn(total: number, warmUp: number): Promise<ChurnResult> {
  // What is free, but kept for later, would hide what is lost: V8 lets its space for short-lived objects grow by 30 MB,
  // and the C library keeps holes in a heap for each thread.
  const flags = ['--expose-gc', '--max-semi-space-size=1']
  const env = {
    ...process.env,
    MALLOC_ARENA_MAX: '1',
    MALLOC_TRIM_THRESHOLD_: '131072',
    MALLOC_MMAP_THRESHOLD_: '131072',
  }
  const child = track(spawn(process.execPath, [...flags, path('churn.js'), String(total), String(warmUp)], { env }))
  let output = ''
  let errors = ''
  let printedAt = 0
  child.stdout.on('data', (data) => {
    output += String(data)
    printedAt = performance.now()
  })
  child.stderr.on('data', (data) => {
    errors += String(data)
  })
  // Not `exit`: on a busy machine that comes before what was printed.
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (output === '') throw new Error(`It ended with ${signal ?? `code ${exitCode}`} before its result: ${errors}`)
  return { holdings: JSON.parse(output), exitCode, exitMs: performance.now() - printedAt, errors }
}
