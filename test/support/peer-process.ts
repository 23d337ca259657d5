// Starts peer-process.js.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { atEnd } from './peers.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A process that joins `room` and sends 'hello' once to everybody, and 'state' all the time. */
export function startPeerProcess(signaling: string, room: string): ChildProcess {
  if (!existsSync(`${ROOT}/dist/src/node.js`)) {
    execFileSync('npm', ['run', '--silent', 'build:lib'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
  }
  const child = spawn(process.execPath, [`${ROOT}/test/support/peer-process.js`, signaling, room], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  atEnd(() => child.kill('SIGKILL'))
  return child
}
