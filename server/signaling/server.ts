// The signaling server: HTTP upgrades in, connections out. What a client may say is in client-session.ts.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { NetError } from '../../src/net/errors.ts'
import { addressKey, Budgets } from './budgets.ts'
import { Caretaker } from './caretaker.ts'
import type { ConnectionSettings } from './connection.ts'
import { ClientSocket, Connection, closeSocket } from './connection.ts'
import {
  CLOSE_TRY_LATER,
  DEFAULT_DRAIN_MS,
  DRAIN_STEPS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_BUFFERED_CHUNKS,
  MAX_FRAGMENTS,
  MAX_MESSAGE_BYTES,
} from './constants.ts'
import { Heartbeat } from './heartbeat.ts'
import { createHandshakeServer, mayHaveOthers } from './http-server.ts'
import type { SignalingLog } from './log.ts'
import type { ResolvedOptions, SignalingServerOptions } from './options.ts'
import { resolveOptions, socketAddress } from './options.ts'
import { timeOfDay } from './time-of-day.ts'
import { WriteBatch } from './write-batch.ts'

/** A signaling server that runs. */
export interface SignalingServer {
  /** What clients give to `WebSocketSignaling`. @throws {NetError} ERR_UNCONFIGURED before an attached server listens. */
  readonly url: string
  /** The port that is listened on. @throws {NetError} ERR_UNCONFIGURED before an attached server listens. */
  readonly port: number
  /** How many clients are connected. */
  readonly connectionCount: number
  /**
   * Takes no new sockets, hands the clients over and closes: they come back to another process that shares the adapter,
   * and keep their rooms and ids. Resolves within `deadlineMs` (default 10,000). Never rejects.
   */
  drain(deadlineMs?: number): Promise<void>
  /** Tells every client that it is over, closes their sockets and, unless attached to somebody's, the HTTP server. Never rejects. */
  close(): Promise<void>
}

/**
 * Starts a signaling server. Resolves when it listens (or, with `server`, is attached).
 * @throws {NetError} ERR_INVALID_PARAMETER for an option; ERR_ALREADY_IN_USE when the port is taken; ERR_UNAVAILABLE
 * when it cannot be listened on for another reason.
 */
export async function createSignalingServer(options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const resolved = resolveOptions(options)
  const server = new Server({ ...resolved, log: quiet(resolved.log) })
  await server.listen()
  return server
}

class Server implements SignalingServer {
  readonly #options: ResolvedOptions
  readonly #http: NonNullable<ResolvedOptions['server']>
  readonly #sockets = new WebSocketServer({
    noServer: true,
    WebSocket: ClientSocket,
    // They are in `#connections`.
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    // Each deflating socket costs 300 kB, and candidates do not shrink.
    perMessageDeflate: false,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
  })
  readonly #connections = new Set<Connection>()
  readonly #refused = new Set<ClientSocket>()
  readonly #perAddress = new Map<string, number>()
  readonly #budgets: Budgets
  readonly #caretaker: Caretaker
  readonly #heartbeat: Heartbeat
  readonly #settings: ConnectionSettings
  #connectionsMade = 0
  #draining: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.#budgets = new Budgets(options.clock, options.limits)
    const time = timeOfDay(options.clock)
    this.#caretaker = new Caretaker({ ...options, time })
    this.#heartbeat = new Heartbeat(options.clock)
    this.#settings = {
      ...options,
      time,
      budgets: this.#budgets,
      caretaker: this.#caretaker,
      heartbeat: this.#heartbeat,
      writes: new WriteBatch(),
      closed: ({ addressKey: key }) => this.#freeAddress(key),
      done: (connection) => this.#connections.delete(connection),
    }
    const isDirect = options.addressOf === socketAddress
    this.#http = options.server ?? createHandshakeServer(options.limits.connections, answerPlainRequest, isDirect)
    this.#http.on('upgrade', this.#upgrade)
  }

  get port(): number {
    return this.#address().port
  }

  get url(): string {
    const { address, family, port } = this.#address()
    const protocol = 'setSecureContext' in this.#http ? 'wss' : 'ws'
    // Listening on every address: the machine reaches itself under this one.
    const everywhere = address === '::' || address === '0.0.0.0'
    const host = everywhere ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address
    return `${protocol}://${host}:${port}${this.#options.path}`
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  async listen(): Promise<void> {
    const { server, port, host, log } = this.#options
    if (server) return
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: NodeJS.ErrnoException) => {
        const code = cause.code === 'EADDRINUSE' ? 'ERR_ALREADY_IN_USE' : 'ERR_UNAVAILABLE'
        reject(new NetError(code, `The signaling server cannot listen on port ${port}: ${cause.message}.`, { cause }))
      }
      this.#http.once('error', failed)
      this.#http.listen({ port, host }, () => {
        this.#http.off('error', failed)
        resolve()
      })
    })
    this.#http.on('error', (error) => log({ event: 'failed', connection: undefined, error }))
    log({ event: 'listening', url: this.url })
  }

  drain(deadlineMs: number = DEFAULT_DRAIN_MS): Promise<void> {
    this.#draining ??= this.#drain(deadlineMs)
    return this.#draining
  }

  async #drain(deadlineMs: number): Promise<void> {
    const { clock, log, server } = this.#options
    log({ event: 'draining', connections: this.#connections.size })
    if (!server) this.#http.close()
    const connections = [...this.#connections]
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
    // Not all at once: where they go next, each of them is work.
    const pause = deadlineMs / 2 / DRAIN_STEPS
    const handful = Math.ceil(connections.length / DRAIN_STEPS)
    for (let start = 0; start < connections.length; start += handful) {
      for (const connection of connections.slice(start, start + handful)) connection.moveOn()
      if (start + handful < connections.length) await sleep(pause)
    }
    const gone = Promise.all(connections.map((connection) => connection.done))
    await Promise.race([gone, sleep(deadlineMs / 2)])
    await this.close()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#http.off('upgrade', this.#upgrade)
    const done = [...this.#connections].map((connection) => {
      connection.shutDown()
      return connection.done
    })
    for (const socket of this.#refused) socket.terminate()
    const stopped = this.#options.server
      ? Promise.resolve()
      : new Promise<void>((resolve) => this.#http.close(() => resolve()))
    await Promise.all(done)
    this.#heartbeat.close()
    await this.#caretaker.close()
    if (!this.#options.server) this.#http.closeAllConnections()
    await stopped
    this.#options.log({ event: 'stopped' })
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { server, path, addressOf, log } = this.#options
    // A client that resets during the handshake is nobody's problem.
    const ignore = () => {}
    socket.on('error', ignore)
    if (server && pathOf(request) !== path) {
      this.#leaveToOthers(server, socket)
      return
    }
    let address: string
    try {
      address = addressOf(request)
    } catch (error) {
      log({ event: 'failed', connection: undefined, error })
      refuseUpgrade(socket, 500)
      return
    }
    const refusal = this.#refusal(request, address)
    if (refusal) {
      log({ event: 'connection_refused', address, reason: refusal.reason })
      refuseUpgrade(socket, refusal.status)
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('error', ignore)
      this.#accept(webSocket, socket, request, address)
    })
  }

  /** Why a handshake goes no further, the cheapest question first. */
  #refusal({ headers }: IncomingMessage, address: string) {
    const { limits, originAllowed } = this.#options
    if (!originAllowed(headers.origin)) return { reason: 'origin', status: 403 } as const
    if (this.#draining) return { reason: 'draining', status: 503 } as const
    if (this.#connections.size >= limits.connections) return { reason: 'connections', status: 503 } as const
    if (!this.#budgets.connects.take(addressKey(address), 1)) return { reason: 'rate', status: 429 } as const
    return undefined
  }

  /** The upgrade may be meant for another listener of the same server. Where none answers, nobody else would. */
  #leaveToOthers(server: NonNullable<ResolvedOptions['server']>, socket: Duplex): void {
    if (!mayHaveOthers(server)) {
      refuseUpgrade(socket, 404)
      return
    }
    const written = bytesWritten(socket)
    const cancel = this.#options.clock.setTimeout(() => {
      if (bytesWritten(socket) === written) refuseUpgrade(socket, 404)
    }, HANDSHAKE_TIMEOUT_MS)
    socket.once('close', cancel)
  }

  #accept(socket: ClientSocket, stream: Duplex, request: IncomingMessage, address: string): void {
    const { limits, log } = this.#options
    const key = addressKey(address)
    const sameAddress = this.#perAddress.get(key) ?? 0
    if (sameAddress >= limits.connectionsPerAddress) {
      log({ event: 'connection_refused', address, reason: 'address' })
      this.#refuse(socket)
      return
    }
    this.#perAddress.set(key, sameAddress + 1)
    const number = ++this.#connectionsMade
    log({ event: 'connection_opened', connection: number, address })
    const { path } = this.#options
    // Nearly all ask for the same: one text for all of them.
    const url = request.url === undefined || request.url === path ? path : request.url
    const client = { address, origin: request.headers.origin, url }
    const connection = new Connection(socket, stream, this.#settings, { connection: number, client, addressKey: key })
    this.#connections.add(connection)
  }

  #freeAddress(key: string): void {
    const left = (this.#perAddress.get(key) ?? 1) - 1
    if (left > 0) this.#perAddress.set(key, left)
    else this.#perAddress.delete(key)
  }

  /** In words, because a browser does not tell its page the status of a refused upgrade. */
  #refuse(socket: ClientSocket): void {
    this.#refused.add(socket)
    socket.once('close', () => this.#refused.delete(socket))
    socket.on('error', () => {})
    const message = 'Too many connections come from this address. Close some, or try again later.'
    socket.send(JSON.stringify({ type: 'error', code: 'ERR_RATE_LIMITED', message }))
    closeSocket(socket, this.#options.clock, CLOSE_TRY_LATER, 'ERR_RATE_LIMITED')
  }

  #address(): AddressInfo {
    const address = this.#http.address()
    if (address !== null && typeof address === 'object') return address
    throw new NetError('ERR_UNCONFIGURED', 'The HTTP server does not listen on a port (yet).')
  }
}

function pathOf(request: IncomingMessage): string {
  const [path = ''] = (request.url ?? '').split('?', 1)
  return path
}

function bytesWritten(socket: Duplex): number {
  return 'bytesWritten' in socket && typeof socket.bytesWritten === 'number' ? socket.bytesWritten : 0
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  socket.once('finish', () => socket.destroy())
}

function answerPlainRequest(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { 'Content-Type': 'text/plain', Upgrade: 'websocket' })
  response.end('This is a Skein signaling server. It speaks WebSocket.\n')
}

/** A logger that throws must not take a connection with it. */
function quiet(log: SignalingLog): SignalingLog {
  return (event) => {
    try {
      log(event)
    } catch {
      // There is nobody left to tell.
    }
  }
}
