// What is measured beside Skein and would be much to install for everybody who works on it.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_ROOT } from '../support/package-root.ts'

/** Installs what bench/signaling/packages/package-lock.json says, once. */
export function installRivals(): void {
  const folder = join(PACKAGE_ROOT, 'bench/signaling/packages')
  if (existsSync(join(folder, 'node_modules/peer'))) return
  console.error('  installing bench/signaling/packages …')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' })
}
