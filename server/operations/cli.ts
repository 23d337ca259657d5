#!/usr/bin/env node
// `skein-server`: the signaling server as a program.

import { readFileSync } from 'node:fs'
import { NetError } from '../../src/net/errors.ts'
import { type Config, describeConfig, readConfig } from './config.ts'
import { helpText } from './help.ts'
import { type Request, readFlags, UsageError } from './read-flags.ts'
import { serve } from './serve.ts'

const ENTRANCE_IS_OPEN = `DEVELOPMENT: there is no ticket secret, so everybody who reaches this server may create and join rooms.
Never run it like this where strangers can reach it.`

const STORE_IS_SILENT = `WARNING: the store of rooms (--redis) does not answer. Until it does nobody can enter, and /readyz says 503.`

/** What the operator reads at the start goes to standard error: standard output belongs to the log. */
const say = (text: string) => console.error(text)

async function main(): Promise<void> {
  let request: Request
  let config: Config
  try {
    request = readFlags(process.argv.slice(2), process.env, (path) => readFileSync(path, 'utf8'))
    if (request.help) {
      console.log(helpText())
      return
    }
    if (request.version) {
      console.log(version())
      return
    }
    config = readConfig(request.given)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    fail(`${error.message}\n\nskein-server --help tells of every setting.`, 2)
  }
  for (const warning of request.warnings) say(warning)
  say(`skein-server ${version()}\n${describeConfig(request.given)}`)
  if (config.ticketSecrets.length === 0) say(ENTRANCE_IS_OPEN)

  const running = await serve(config)
  say(`Players connect to ${running.url}`)
  if (running.opsUrl) say(`Metrics are at ${running.opsUrl}/metrics`)

  void running.isReady().then((ready) => {
    if (!ready && !stopping) say(STORE_IS_SILENT)
  })

  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    say(`${signal}: the server ends. Once more ends it at once.`)
    running.stop().then(
      () => process.exit(0),
      (error) => fail(String(error), 1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function version(): string {
  // Found by its name, because the compiled file lies one folder deeper than this one.
  const file = import.meta.resolve('skein/package.json')
  return (JSON.parse(readFileSync(new URL(file), 'utf8')) as { version: string }).version
}

function fail(message: string, exitCode: number): never {
  say(message)
  process.exit(exitCode)
}

try {
  await main()
} catch (error) {
  fail(error instanceof NetError ? `${error.code}: ${error.message}` : String(error), 1)
}
