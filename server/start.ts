// `npm start`: everything that the demo needs in one process: the web server of the built page, the signaling server on
// the same port, and the headless host that keeps an arena open.

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import sirv from 'sirv'
import { NetError } from '../src/index.ts'
import { type HeadlessArena, startArena } from './headless/host.ts'
import { createSignalingServer } from './signaling/server.ts'

const HELP = `Serves the Skein demo: the game's page, signaling, and an arena with a bot, in one process.

  npm start [-- options]

  --port PORT   the port to listen on, 0 for any free one (default: the variable PORT, else 8080)
  --host HOST   the address to listen on (default: all)
  --bots N      how many bots play in the arena, 1 to 8 (default: 1)
  --help        this text`

/** The demo as Vite built it, beside the compiled server. */
const DEMO = fileURLToPath(new URL('../demo', import.meta.url))

/** What the page may do: its own files, its own origin's WebSockets, and the worker that keeps time. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "connect-src 'self' ws: wss: data: blob:; worker-src 'self' blob:; script-src 'self'; frame-ancestors 'none'"

interface Arguments {
  readonly port: number
  readonly host: string | undefined
  readonly bots: number
}

function readArguments(): Arguments | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      bots: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return undefined
  return {
    port: readNumber('--port (or PORT)', values.port ?? process.env.PORT ?? '8080', 0, 65_535),
    host: values.host,
    bots: readNumber('--bots', values.bots, 1, 8),
  }
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new TypeError(`${name} is a whole number from ${min} to ${max}, not "${text}".`)
}

async function main(): Promise<void> {
  let given: Arguments | undefined
  try {
    given = readArguments()
  } catch (error) {
    fail(`${error instanceof Error ? error.message : error}\n\n${HELP}`, 2)
  }
  if (!given) {
    console.log(HELP)
    return
  }
  if (!existsSync(DEMO)) fail('The demo is not built: run `npm run build` first.', 1)

  let arena: HeadlessArena | undefined
  const serveFile = sirv(DEMO, {
    etag: true,
    setHeaders: (response) => {
      response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY)
      response.setHeader('X-Content-Type-Options', 'nosniff')
    },
  })
  const http = createServer((request, response) => {
    if (request.url === '/config.json') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
      response.end(JSON.stringify({ room: arena?.code ?? null }))
      return
    }
    serveFile(request, response, () => {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found.\n')
    })
  })
  const signaling = await createSignalingServer({ server: http })
  const { port } = await listen(http, given)

  let stopping = false
  const reopen = async () => {
    if (stopping) return
    try {
      await openArena()
    } catch (error) {
      console.error('The arena could not be opened again, next try in 5 s:', error)
      setTimeout(reopen, 5_000)
    }
  }
  const openArena = async () => {
    arena = await startArena({
      signaling: `ws://${given.host && !isWildcard(given.host) ? urlHost(given.host) : 'localhost'}:${port}/signaling`,
      bots: given.bots,
      onEnded: () => {
        void arena?.stop()
        arena = undefined
        void reopen()
      },
    })
  }
  await openArena()
  const isOnAll = !given.host || isWildcard(given.host)
  const link = (address: string) => `http://${address}:${port}/#room=${arena?.code}`
  console.log(`Skein Arena is open:  ${link(isOnAll ? 'localhost' : urlHost(given.host!))}`)
  const own = isOnAll ? networkAddress() : undefined
  if (own) console.log(`In your network:      ${link(own)}`)
  console.log('Open the link in two tabs, or send a friend the one of your network. Ctrl+C to stop.')

  const stop = async () => {
    stopping = true
    await arena?.stop()
    await signaling.close()
    http.close()
    http.closeAllConnections()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().then(() => process.exit(0)))
  }
}

function listen(http: ReturnType<typeof createServer>, { port, host }: Arguments): Promise<AddressInfo> {
  return new Promise((resolve) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        fail(`Port ${port} is taken: choose another with \`npm start -- --port 8081\`.`, 1)
      if (error.code === 'EACCES') fail(`Port ${port} needs more rights: choose one above 1024 with --port.`, 1)
      fail(`Port ${port} could not be opened: ${error.message}`, 1)
    })
    http.listen(port, host, () => resolve(http.address() as AddressInfo))
  })
}

/** What other machines reach this one by; `undefined`: it has no network, or one without IPv4. */
function networkAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function fail(message: string, exitCode: number): never {
  console.error(message)
  process.exit(exitCode)
}

try {
  await main()
} catch (error) {
  fail(error instanceof NetError ? `${error.code}: ${error.message}` : String(error), 1)
}
