// A signaling server in a process of its own: Skein's or PeerServer.

import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createSignalingServer, MemoryAdapter, RedisAdapter } from '../../server/index.ts'
import { PACKAGE_ROOT } from '../support/package-root.ts'
import type { Calls, Usage } from './calls.ts'
import { answerCalls } from './processes.ts'

const NO_LIMIT = 1_000_000_000
/** PeerServer closes clients that send no heartbeat for this long; ours send none. */
const PEERSERVER_PATIENCE_MS = 3_600_000

type Serve = Calls['serve']

answerCalls({
  serve: (params) => (params.kind === 'skein' ? serveSkein(params) : servePeerServer()),
  usage: async () => usage(),
})

async function serveSkein({ limits, redis }: Serve['params']): Promise<Serve['result']> {
  const server = await createSignalingServer({
    host: '127.0.0.1',
    adapter:
      redis === '' ? new MemoryAdapter({ maxRooms: NO_LIMIT }) : new RedisAdapter({ url: redis, maxRooms: NO_LIMIT }),
    ...(limits === 'none' && {
      limits: {
        connections: NO_LIMIT,
        connectionsPerAddress: NO_LIMIT,
        messageBurst: NO_LIMIT,
        messagesPerSecond: NO_LIMIT,
        connectsPerSecondPerAddress: NO_LIMIT,
        failedEntriesPerMinutePerAddress: NO_LIMIT,
        messagesPerSecondPerAddress: NO_LIMIT,
        messagesPerSecondPerRoom: NO_LIMIT,
      },
    }),
  })
  return { url: server.url }
}

interface PeerServerModule {
  PeerServer(options: object, listening: (server: { address(): AddressInfo }) => void): unknown
}

function servePeerServer(): Promise<Serve['result']> {
  const require = createRequire(join(PACKAGE_ROOT, 'bench/signaling/packages/package.json'))
  const { PeerServer } = require('peer') as PeerServerModule
  const options = {
    host: '127.0.0.1',
    port: 0,
    path: '/',
    concurrent_limit: NO_LIMIT,
    alive_timeout: PEERSERVER_PATIENCE_MS,
  }
  return new Promise((resolve) => {
    PeerServer(options, (server) => resolve({ url: `ws://127.0.0.1:${server.address().port}/peerjs` }))
  })
}

function usage(): Usage {
  const cpuBeforeMs = cpuMs()
  ;(globalThis as { gc?: () => void }).gc?.()
  return { cpuBeforeMs, cpuAfterMs: cpuMs(), rssBytes: process.memoryUsage.rss() }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
