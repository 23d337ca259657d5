// What the server can be told, checked before anything is opened.

import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import * as v from 'valibot'
import type { Clock } from '../../src/net/clock.ts'
import { systemClock } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import type { Random } from '../../src/net/random.ts'
import { systemRandom } from '../../src/net/random.ts'
import { IceServer } from '../../src/net/signaling/messages.ts'
import type { SignalingAdapter } from './adapter.ts'
import type { Authorize } from './authorize.ts'
import {
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_CONNECTIONS_PER_ADDRESS,
  DEFAULT_MAX_ROOMS,
  DEFAULT_MESSAGE_BURST,
  DEFAULT_MESSAGES_PER_SECOND,
} from './constants.ts'
import type { SignalingLog } from './log.ts'
import { MemoryAdapter } from './memory-adapter.ts'

export interface SignalingLimits {
  /** Connections in all. Default 10,000. More are refused with HTTP status 503. */
  readonly connections?: number
  /** Connections from one address. Default 256. More are told ERR_RATE_LIMITED. */
  readonly connectionsPerAddress?: number
  /** Rooms in all, where the adapter is the default one. Default 5,000. More are refused with ERR_RATE_LIMITED. */
  readonly rooms?: number
  /** Messages that a client may send at once, each started KiB counting as one. Default 1,024. */
  readonly messageBurst?: number
  /** Messages a second that a client may send all the time, counted likewise. Default 128. */
  readonly messagesPerSecond?: number
}

export interface SignalingServerOptions {
  /** 0 to 65535; 0 takes any free one. Default 0. Not with `server`. */
  readonly port?: number
  /** The address to listen on. Default: all. Not with `server`. */
  readonly host?: string
  /** An HTTP or HTTPS server to attach to, listening already or later. It stays its owner's: `close` leaves it open. */
  readonly server?: HttpServer | HttpsServer
  /** Where on `server` WebSockets are taken. Default '/signaling'. Without `server` any path is taken. */
  readonly path?: string
  /** Where rooms are kept. Default: in memory. */
  readonly adapter?: SignalingAdapter
  /** Says whether a client may create or join. Default: everyone may. False, a rejection and silence refuse. */
  readonly authorize?: Authorize
  /** STUN and TURN servers that clients are told. Default: none. */
  readonly iceServers?: readonly IceServer[]
  readonly limits?: SignalingLimits
  /** The client's address. Default: the socket's. Behind a proxy take it from a header that the proxy sets. */
  readonly addressOf?: (request: IncomingMessage) => string
  readonly clock?: Clock
  /** Draws room codes and ids: cryptographically strong outside of tests. */
  readonly random?: Random
  /** Hears what happens. Default: nobody does. */
  readonly log?: SignalingLog
}

/** The options with every default filled in. */
export type ResolvedOptions = Required<Omit<SignalingServerOptions, 'host' | 'server' | 'limits'>> & {
  readonly host: string | undefined
  readonly server: HttpServer | HttpsServer | undefined
  readonly limits: Required<SignalingLimits>
}

const Count = v.pipe(v.number(), v.integer(), v.minValue(1))
const Options = v.strictObject({
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)), 0),
  host: v.optional(v.pipe(v.string(), v.minLength(1))),
  server: v.optional(v.custom<HttpServer | HttpsServer>(isServer, 'Expected an http.Server')),
  path: v.optional(v.pipe(v.string(), v.startsWith('/')), '/signaling'),
  adapter: v.optional(v.custom<SignalingAdapter>(isAdapter, 'Expected a SignalingAdapter')),
  authorize: v.optional(functionOf<Authorize>(), () => () => true),
  iceServers: v.optional(v.array(IceServer), []),
  limits: v.optional(
    v.strictObject({
      connections: v.optional(Count, DEFAULT_MAX_CONNECTIONS),
      connectionsPerAddress: v.optional(Count, DEFAULT_MAX_CONNECTIONS_PER_ADDRESS),
      rooms: v.optional(Count, DEFAULT_MAX_ROOMS),
      messageBurst: v.optional(Count, DEFAULT_MESSAGE_BURST),
      messagesPerSecond: v.optional(Count, DEFAULT_MESSAGES_PER_SECOND),
    }),
    {},
  ),
  addressOf: v.optional(functionOf<(request: IncomingMessage) => string>(), () => socketAddress),
  clock: v.optional(v.custom<Clock>(isObject, 'Expected a Clock'), () => systemClock),
  random: v.optional(functionOf<Random>(), () => systemRandom),
  log: v.optional(functionOf<SignalingLog>(), () => () => {}),
})

/** @throws {NetError} ERR_INVALID_PARAMETER that names the option. */
export function resolveOptions(options: SignalingServerOptions): ResolvedOptions {
  const result = v.safeParse(Options, options)
  if (!result.success) {
    const [problem] = result.issues
    const place = v.getDotPath(problem) ?? 'The options'
    throw new NetError('ERR_INVALID_PARAMETER', `${place} cannot be used: ${problem.message}.`)
  }
  const resolved = result.output
  if (resolved.server && (options.port !== undefined || options.host !== undefined)) {
    throw new NetError('ERR_INVALID_PARAMETER', 'With server there is nothing to listen on: leave out port and host.')
  }
  const adapter = resolved.adapter ?? new MemoryAdapter({ maxRooms: resolved.limits.rooms })
  return { ...resolved, adapter, host: resolved.host, server: resolved.server }
}

function socketAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown'
}

function functionOf<T>() {
  return v.custom<T>((value) => typeof value === 'function', 'Expected a function')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isServer(value: unknown): boolean {
  return isObject(value) && 'on' in value && 'address' in value
}

function isAdapter(value: unknown): boolean {
  return isObject(value) && 'transact' in value && 'subscribe' in value && 'list' in value
}
