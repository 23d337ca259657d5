// Starts peer-process.js, or another program like it.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { atEnd } from './peers.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A process that joins `room` and sends 'hello' once to everybody, and 'state' all the time; or what `program` does. */
export function startPeerProcess(signaling: string, room: string, program = 'peer-process.js'): ChildProcess {
  if (!existsSync(`${ROOT}/dist/src/node.js`)) {
    execFileSync('npm', ['run', '--silent', 'build:lib'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
  }
  const child = spawn(process.execPath, [`${ROOT}/test/support/${program}`, signaling, room], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  atEnd(() => child.kill('SIGKILL'))
  return child
}
