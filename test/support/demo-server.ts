// Starts what `npm start` starts, as a process of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../dist/server/start.js', import.meta.url))

export interface DemoServer {
  /** The link that it printed. */
  readonly link: string
  /** The public arena's room. */
  readonly code: string
  /** Where its signaling listens. */
  readonly signaling: string
  readonly process: ChildProcess
  /** The lines that it printed. */
  readonly printed: readonly string[]
  stop(): Promise<void>
}

export async function startDemoServer(args: readonly string[] = []): Promise<DemoServer> {
  const child = spawn(process.execPath, [PROGRAM, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const printed: string[] = []
  lines.on('line', (line) => printed.push(line))
  const link = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The demo server ended with code ${code}.`)))
    lines.on('line', (line) => {
      const found = /https?:\S+/.exec(line)
      if (found) resolve(found[0])
    })
  })
  const url = new URL(link)
  return {
    link,
    code: new URLSearchParams(url.hash.slice(1)).get('room') ?? '',
    signaling: `ws://${url.host}/signaling`,
    process: child,
    printed,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
