// The rivals' packages: they lie in bench/rivals, with a lock file of their own, so that Skein's install stays small.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PACKAGE_ROOT } from '../package-root.ts'

const FOLDER = join(PACKAGE_ROOT, 'bench/rivals')

/** The path of a file of a rival's package. */
export function rivalFile(path: string): string {
  return join(FOLDER, 'node_modules', path)
}

/** Loads a file of a rival's package in Node. */
export function importRival<T>(path: string): Promise<T> {
  return import(pathToFileURL(rivalFile(path)).href) as Promise<T>
}

/** Installs what is missing. @throws {Error} that says what to do. */
export function installRivals(): void {
  if (existsSync(rivalFile('.package-lock.json'))) return
  console.error('  installing the rivals into bench/rivals/node_modules (npm ci), once …')
  try {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'pipe' })
  } catch (cause) {
    throw new Error('The rivals could not be installed: run `npm ci --ignore-scripts` in bench/rivals.', { cause })
  }
}
