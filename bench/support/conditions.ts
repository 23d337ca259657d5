// The machine and the versions that a figure was measured with.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, getPriority, loadavg, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { PACKAGE_ROOT } from './package-root.ts'

export interface Conditions {
  readonly date: string
  /** With '+' when the tree had changes. */
  readonly commit: string | undefined
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  readonly packages: Readonly<Record<string, string>>
  /** Processes that wanted to run over the last minute, before the first benchmark. */
  readonly loadBefore: number
  /** 0 is the usual one; less comes before others. */
  readonly priority: number
}

export function conditions(): Conditions {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: systemName(),
    node: process.versions.node,
    packages: Object.fromEntries(['node-datachannel', 'msgpackr', 'valibot', 'vite'].map((n) => [n, versionOf(n)])),
    loadBefore: loadavg()[0]!,
    priority: getPriority(),
  }
}

function commit(): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: PACKAGE_ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'src', 'server') === '' ? '' : '+')
  } catch {
    return undefined
  }
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? type()
  } catch {
    return type()
  }
}

function versionOf(name: string): string {
  const require = createRequire(join(PACKAGE_ROOT, 'package.json'))
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string }).version
    } catch {
      // Not installed there.
    }
  }
  return 'unknown'
}
