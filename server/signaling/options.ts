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
import type { ClaimStore } from './claims.ts'
import { MemoryClaims } from './claims.ts'
import {
  DEFAULT_CONNECTS_PER_SECOND_PER_ADDRESS,
  DEFAULT_FAILED_ENTRIES_PER_MINUTE_PER_ADDRESS,
  DEFAULT_HOST_WAIT_MS,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_CONNECTIONS_PER_ADDRESS,
  DEFAULT_MAX_ROOMS,
  DEFAULT_MESSAGE_BURST,
  DEFAULT_MESSAGES_PER_SECOND,
  DEFAULT_MESSAGES_PER_SECOND_PER_ADDRESS,
  DEFAULT_MESSAGES_PER_SECOND_PER_ROOM,
  DEFAULT_RESUME_GRACE_MS,
  LEASE_GRACES,
} from './constants.ts'
import type { PlaceTimes } from './entrance.ts'
import type { IceServersOption, IssueIceServers } from './ice-servers.ts'
import type { SignalingLog } from './log.ts'
import { MemoryAdapter } from './memory-adapter.ts'
import type { OriginCheck } from './origins.ts'
import { originCheck } from './origins.ts'
import { ticketCheck } from './tickets.ts'

/** What one client, one address and everybody together may use. */
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
  /** New connections a second of one address, `connectionsPerAddress` at once. Default 32. More get HTTP status 429. */
  readonly connectsPerSecondPerAddress?: number
  /** Wrong room codes, passwords and tokens a minute of one address. Default 30. Then nobody from there gets in. */
  readonly failedEntriesPerMinutePerAddress?: number
  /** Messages a second of one address's clients together, 16 seconds' worth at once. Default 4,096. */
  readonly messagesPerSecondPerAddress?: number
  /** Signals a second of one room's members together, 16 seconds' worth at once. Default 4,096. */
  readonly messagesPerSecondPerRoom?: number
}

/** How long places are kept for those who come back. */
export interface PlaceOptions {
  /** How long the place of a client whose socket broke is kept, in ms, 0 to 600,000. Default 30,000. */
  readonly resumeGraceMs?: number
  /** How long a star that waits is kept for its host, in ms, 0 to 86,400,000. Default 300,000. */
  readonly hostWaitMs?: number
}

/** What `createSignalingServer` takes. */
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
  /**
   * Lets in only those with a ticket that was signed with this secret (see `createTicket`), each ticket once. At least
   * 32 bytes; several while one replaces another. Default: no ticket is needed.
   */
  readonly ticketSecret?: string | readonly string[]
  /** Pages that may connect, as `https://game.example`. Others are refused with HTTP status 403. Default: all. */
  readonly origins?: readonly string[]
  /** Says whether a client may enter, after its ticket. Default: everyone may. False, a rejection and silence refuse. */
  readonly authorize?: Authorize
  /** STUN and TURN servers that clients are told once they may enter, or what makes them: `turnServers`. Default: none. */
  readonly iceServers?: IceServersOption
  readonly limits?: SignalingLimits
  /** How long places in rooms are kept. The same for all processes that share an adapter. */
  readonly places?: PlaceOptions
  /** The client's address. Default: the socket's. Behind a proxy take it from a header that the proxy sets. */
  readonly addressOf?: (request: IncomingMessage) => string
  readonly clock?: Clock
  /** Draws room codes and ids: cryptographically strong outside of tests. */
  readonly random?: Random
  /** Hears what happens. Default: nobody does. */
  readonly log?: SignalingLog
}

/** The options with every default filled in. */
export type ResolvedOptions = Required<
  Omit<SignalingServerOptions, 'host' | 'server' | 'limits' | 'places' | 'ticketSecret' | 'origins'>
> & {
  readonly host: string | undefined
  readonly server: HttpServer | HttpsServer | undefined
  readonly limits: Required<SignalingLimits>
  readonly places: PlaceTimes
  readonly originAllowed: OriginCheck
}

const Count = v.pipe(v.number(), v.integer(), v.minValue(1))
const Options = v.strictObject({
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)), 0),
  host: v.optional(v.pipe(v.string(), v.minLength(1))),
  server: v.optional(v.custom<HttpServer | HttpsServer>(isServer, 'Expected an http.Server')),
  path: v.optional(v.pipe(v.string(), v.startsWith('/')), '/signaling'),
  adapter: v.optional(v.custom<SignalingAdapter>(isAdapter, 'Expected a SignalingAdapter')),
  ticketSecret: v.optional(v.union([v.string(), v.pipe(v.array(v.string()), v.minLength(1))])),
  origins: v.optional(v.array(v.string())),
  authorize: v.optional(functionOf<Authorize>(), () => () => true),
  // Lazy rather than a union, whose error would not say which entry is wrong.
  iceServers: v.optional(
    v.lazy((value) => (typeof value === 'function' ? functionOf<IssueIceServers>() : v.array(IceServer))),
    [],
  ),
  limits: v.optional(
    v.strictObject({
      connections: v.optional(Count, DEFAULT_MAX_CONNECTIONS),
      connectionsPerAddress: v.optional(Count, DEFAULT_MAX_CONNECTIONS_PER_ADDRESS),
      rooms: v.optional(Count, DEFAULT_MAX_ROOMS),
      messageBurst: v.optional(Count, DEFAULT_MESSAGE_BURST),
      messagesPerSecond: v.optional(Count, DEFAULT_MESSAGES_PER_SECOND),
      connectsPerSecondPerAddress: v.optional(Count, DEFAULT_CONNECTS_PER_SECOND_PER_ADDRESS),
      failedEntriesPerMinutePerAddress: v.optional(Count, DEFAULT_FAILED_ENTRIES_PER_MINUTE_PER_ADDRESS),
      messagesPerSecondPerAddress: v.optional(Count, DEFAULT_MESSAGES_PER_SECOND_PER_ADDRESS),
      messagesPerSecondPerRoom: v.optional(Count, DEFAULT_MESSAGES_PER_SECOND_PER_ROOM),
    }),
    {},
  ),
  places: v.optional(
    v.strictObject({
      resumeGraceMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(600_000)), DEFAULT_RESUME_GRACE_MS),
      hostWaitMs: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400_000)), DEFAULT_HOST_WAIT_MS),
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
  const { ticketSecret, origins, ...rest } = resolved
  const authorize = ticketSecret === undefined ? resolved.authorize : withTickets(ticketSecret, adapter, resolved)
  const originAllowed = originCheck(origins)
  const { resumeGraceMs: graceMs, hostWaitMs } = resolved.places
  // Without a grace, what a process holds that died has to be found all the same.
  const places = { graceMs, hostWaitMs, leaseMs: LEASE_GRACES * (graceMs || DEFAULT_RESUME_GRACE_MS) }
  return { ...rest, places, adapter, authorize, originAllowed, host: resolved.host, server: resolved.server }
}

function withTickets(
  secret: string | readonly string[],
  adapter: SignalingAdapter,
  { authorize, clock }: { readonly authorize: Authorize; readonly clock: Clock },
): Authorize {
  const claims = claimStore(adapter, new MemoryClaims(clock))
  return ticketCheck({ secrets: typeof secret === 'string' ? [secret] : secret, claims, authorize })
}

/** What a store has forgotten (a restart without its data) each process remembers at least of itself. */
function claimStore(adapter: SignalingAdapter, own: ClaimStore): ClaimStore {
  if (!adapter.claimOnce) return own
  if (adapter instanceof MemoryAdapter) return { claimOnce: (key, ttlMs) => adapter.claimOnce(key, ttlMs) }
  return {
    async claimOnce(key, ttlMs) {
      if (!(await adapter.claimOnce!(key, ttlMs))) return false
      // As many as can be remembered: the store counts.
      return own.claimOnce(key, ttlMs).catch(() => true)
    },
  }
}

/** The client's address where there is no proxy. */
export function socketAddress(request: IncomingMessage): string {
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
