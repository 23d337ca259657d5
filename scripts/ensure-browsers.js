// Run before the tests: installs Debian's browsers where they are missing and this may be done, and otherwise says in
// one sentence what is needed. The tests in browsers are never skipped.

import { spawnSync } from 'node:child_process'
import { BROWSERS, findBrowser } from './browsers.js'

const names = /** @type {import('./browsers.js').BrowserName[]} */ (Object.keys(BROWSERS))
const missing = () => names.filter((name) => !findBrowser(name))

if (missing().length > 0) {
  const packages = missing().map((name) => BROWSERS[name].debianPackage)
  const isRoot = process.getuid?.() === 0
  const hasApt = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0
  if (isRoot && hasApt) {
    console.log(`Installing ${packages.join(' and ')} for the tests …`)
    /** @type {import('node:child_process').SpawnSyncOptions} */
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }
    spawnSync('apt-get', ['update', '-qq'], options)
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages, 'fonts-dejavu-core'], options)
  }
  const still = missing()
  if (still.length > 0) {
    const wanted = still.map((name) => `${BROWSERS[name].debianPackage} (or set ${BROWSERS[name].variable} to one)`)
    console.error(`The tests run in real browsers: install ${wanted.join(' and ')}, then run them again.`)
    process.exit(1)
  }
}
