// Run before the tests: installs the Debian packages of the programs that they start where one is missing and this may be
// done, and otherwise says in one sentence what is needed. Tests with real parts are never skipped for want of them.

import { spawnSync } from 'node:child_process'
import { findProgram, PROGRAMS } from './programs.js'

const isRoot = process.getuid?.() === 0
const names = /** @type {import('./programs.js').ProgramName[]} */ (Object.keys(PROGRAMS)).filter(
  (name) => isRoot || !PROGRAMS[name].rootOnly,
)
const missing = () => names.filter((name) => !findProgram(name))

if (missing().length > 0) {
  const packages = missing().map((name) => PROGRAMS[name].debianPackage)
  const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
  if (isRoot && hasApt) {
    console.log(`Installing ${packages.join(', ')} for the tests …`)
    /** @type {import('node:child_process').SpawnSyncOptions} */
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      // The run level keeps Debian from starting the servers among them.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    }
    spawnSync('apt-get', ['update', '-qq'], options)
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages, 'fonts-dejavu-core'], options)
  }
  const still = missing()
  if (still.length > 0) {
    const wanted = still.map((name) => `${PROGRAMS[name].debianPackage} (or set ${PROGRAMS[name].variable} to one)`)
    console.error(`The tests start real programs: install ${wanted.join(' and ')}, then run them again.`)
    process.exit(1)
  }
}
