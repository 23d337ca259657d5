// Starts what `skein-server` was told to: the signaling server, health checks beside it, metrics on a port of their own.

import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import type { SignalingAdapter } from '../signaling/adapter.ts'
import { createHandshakeServer } from '../signaling/http-server.ts'
import { loadPackage } from '../signaling/load-package.ts'
import type { SignalingLog } from '../signaling/log.ts'
import { MemoryAdapter } from '../signaling/memory-adapter.ts'
import type { SignalingServerOptions } from '../signaling/options.ts'
import type { SignalingServer } from '../signaling/server.ts'
import { turnServers } from '../signaling/turn-credentials.ts'
import type { Config } from './config.ts'
import { forwardedAddress } from './forwarded.ts'
import { adapterCheck, answer, answerHealth, type ReadyCheck } from './health.ts'
import { createSignalingLog } from './logging.ts'
import { createSignalingMetrics, type SignalingMetrics } from './metrics.ts'

export interface RunningServer {
  /** Where players connect to. */
  readonly url: string
  /** Where metrics are. */
  readonly opsUrl: string | undefined
  /** Whether players can enter: not where the store of their rooms does not answer. Takes up to 2 s. */
  isReady(): Promise<boolean>
  /** Takes nobody any more, sends those who are here elsewhere, and ends. */
  stop(): Promise<void>
}

/**
 * @param output Where log lines go; left out: standard output.
 * @throws {NetError} ERR_UNAVAILABLE for a package that is not installed or a port that cannot be had;
 * ERR_ALREADY_IN_USE for a port that is taken; ERR_INVALID_PARAMETER for a setting that cannot be used.
 */
export async function serve(config: Config, output?: { write(line: string): void }): Promise<RunningServer> {
  const { createSignalingServer } = await loadPackage(
    'ws',
    'The signaling server',
    () => import('../signaling/server.ts'),
  )
  if (config.ticketSecrets.length > 0) await loadPackage('jose', 'A ticket secret', () => import('jose'))
  const written = await createSignalingLog(config.logLevel, output)
  const metrics = config.ops && (await createSignalingMetrics())
  const log: SignalingLog = metrics
    ? (event) => {
        metrics.log(event)
        written(event)
      }
    : written
  const { adapter: stored, close: closeStore } = await openStore(config, log)
  const adapter = metrics ? metrics.adapter(stored) : stored

  let stopping = false
  const storeIsReady = adapterCheck(stored, systemClock)
  const isReady: ReadyCheck = async () => !stopping && (await storeIsReady())
  const players = createPlayersServer(config, isReady)
  const ops = metrics && createOpsServer(metrics, isReady)
  const closeAll = async () => {
    await Promise.all([close(players), ops && close(ops)])
    await closeStore()
  }
  let signaling: SignalingServer
  try {
    signaling = await createSignalingServer({ ...signalingOptions(config), server: players, adapter, log })
    if (config.ops && ops) await listen(ops, config.ops.port, config.ops.host)
    // Last, so that nobody comes in before everything is there.
    await listen(players, config.port, config.host)
  } catch (error) {
    await closeAll()
    throw error
  }
  log({ event: 'listening', url: signaling.url })
  return {
    url: signaling.url,
    opsUrl: ops && `http://${config.ops?.host}:${(ops.address() as AddressInfo).port}`,
    isReady,
    async stop() {
      stopping = true
      await signaling.drain(config.drainMs)
      await closeAll()
    },
  }
}

/** What the configuration says to the signaling server itself. */
function signalingOptions(config: Config): SignalingServerOptions {
  const { path, limits, origins, ticketSecrets, trustedProxies, stunUrls, turn } = config
  return {
    path,
    limits,
    ...(origins && { origins }),
    ...(ticketSecrets.length > 0 && { ticketSecret: ticketSecrets }),
    ...(trustedProxies > 0 && { addressOf: forwardedAddress(trustedProxies) }),
    ...(turn && { iceServers: turnServers({ urls: [...stunUrls, ...turn.urls], secret: turn.secret }) }),
    ...(!turn && stunUrls.length > 0 && { iceServers: [{ urls: [...stunUrls] }] }),
  }
}

async function openStore(
  config: Config,
  log: SignalingLog,
): Promise<{ adapter: SignalingAdapter; close: () => Promise<void> }> {
  if (config.redis !== undefined) {
    await loadPackage('redis', '--redis', () => import('redis'))
    const { RedisAdapter } = await import('../signaling/redis-adapter.ts')
    const onError = (error: unknown) => log({ event: 'failed', connection: undefined, error })
    const adapter = new RedisAdapter({ url: config.redis, onError, maxRooms: config.limits.rooms })
    return { adapter, close: () => adapter.close() }
  }
  return { adapter: new MemoryAdapter({ maxRooms: config.limits.rooms }), close: async () => {} }
}

/** The port that the whole internet can reach: sockets, and two answers that say nothing. */
function createPlayersServer({ limits, trustedProxies }: Config, isReady: ReadyCheck): Server {
  const listener: RequestListener = (request, response) => {
    if (answerHealth(request, response, isReady)) return
    response.setHeader('Upgrade', 'websocket')
    answer(response, 426, 'This is a Skein signaling server. It speaks WebSocket.')
  }
  return createHandshakeServer(limits.connections, listener, trustedProxies === 0)
}

/** The operator's own port. */
function createOpsServer(metrics: SignalingMetrics, isReady: ReadyCheck): Server {
  return createServer((request, response) => {
    if (answerHealth(request, response, isReady)) return
    if (request.url !== '/metrics') {
      answer(response, 404, 'Here are /metrics, /healthz and /readyz.')
      return
    }
    metrics.text().then(
      (text) => {
        response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text)
      },
      () => answer(response, 500, 'The metrics could not be collected.'),
    )
  })
}

function listen(http: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE'
      const reason = isTaken ? 'is taken: choose another one' : `cannot be listened on: ${cause.message}`
      reject(new NetError(isTaken ? 'ERR_ALREADY_IN_USE' : 'ERR_UNAVAILABLE', `Port ${port} ${reason}.`, { cause }))
    }
    http.once('error', failed)
    http.listen({ port, host }, () => {
      http.off('error', failed)
      resolve()
    })
  })
}

function close(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve())
    http.closeAllConnections()
  })
}
