// A real TURN server for tests: coturn, with a secret of its own and without a config file.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../../scripts/programs.js'

const START_TIMEOUT_MS = 10_000

export interface CoturnOptions {
  readonly addresses: readonly string[]
  readonly port: number
  readonly secret: string
  /** Peers on this machine may be relayed to: they are none in the open. Default false. */
  readonly loopback?: boolean
  /** Starts the program somewhere else than here. */
  readonly spawn?: (program: string, args: string[], options: SpawnOptions) => ChildProcess
}

/** Resolves when it relays. Kill the process to end it. */
export async function startCoturn(options: CoturnOptions): Promise<ChildProcess> {
  const { addresses, port, secret, loopback = false } = options
  const program = findProgram('coturn')
  if (!program) throw new Error('coturn is missing: run `npm test`, which installs it.')
  const folder = mkdtempSync(join(tmpdir(), 'skein-coturn-'))
  const args = [
    '-n',
    ...['--log-file', 'stdout', '--simple-log', '--pidfile', join(folder, 'pid'), '--db', join(folder, 'db')],
    ...['--use-auth-secret', '--static-auth-secret', secret, '--realm', 'skein.test', '--listening-port', `${port}`],
    ...[
      '--no-tls',
      '--no-dtls',
      '--no-cli',
      '--fingerprint',
      '--allocation-default-address-family',
      'keep',
      ...(loopback ? ['--allow-loopback-peers'] : []),
    ],
    ...addresses.flatMap((address) => ['--listening-ip', address, '--relay-ip', address]),
  ]
  const start = options.spawn ?? spawn
  const child = start(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  child.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  let log = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`coturn ${why}:\n${log.slice(-2_000)}`))
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT_MS)
    // Read to the end: a full pipe would stop it.
    const read = (data: unknown) => {
      log = (log + String(data)).slice(-10_000)
      if (!log.includes('Total General servers')) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with ${code}`)
    })
    child.once('error', reject)
  })
  return child
}
