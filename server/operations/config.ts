// From what was given to what the server is started with, checked; and the lines that say so, without secrets.

import { DEFAULT_MAX_REDIS_RECORDS } from '../signaling/constants.ts'
import type { SignalingLimits } from '../signaling/options.ts'
import { LOG_LEVELS, type LogLevel } from './constants.ts'
import { FLAGS } from './flags.ts'
import type { Given } from './read-flags.ts'
import { UsageError } from './read-flags.ts'

export interface Config {
  readonly port: number
  readonly host: string | undefined
  readonly path: string
  readonly trustedProxies: number
  /** Where metrics are; undefined: nowhere. */
  readonly ops: { readonly port: number; readonly host: string } | undefined
  readonly dev: boolean
  /** Empty only with `dev`: everybody may enter. */
  readonly ticketSecrets: readonly string[]
  readonly origins: readonly string[] | undefined
  readonly stunUrls: readonly string[]
  readonly turn: { readonly urls: readonly string[]; readonly secret: string } | undefined
  readonly redis: string | undefined
  readonly drainMs: number
  readonly limits: Required<SignalingLimits>
  readonly logLevel: LogLevel
}

const LARGEST = 10_000_000
/** What is none makes every browser refuse to connect at all. */
const STUN_URL = /^stuns?:[^\s/]+$/

/** @throws {UsageError} that names the flag, and never a secret. */
export function readConfig(given: Given): Config {
  const text = (name: string) => given.get(name)?.texts[0]
  const texts = (name: string) => given.get(name)?.texts ?? []
  const place = (name: string) => {
    const from = given.get(name)?.from
    return from === undefined || from === 'default' ? `--${name}` : from
  }
  const isDefault = (name: string) => given.get(name)?.from === 'default'
  const number = (name: string, min: number, max: number) => {
    const value = Number(text(name)?.trim() || Number.NaN)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new UsageError(`${place(name)} is a whole number from ${min} to ${max}, not "${text(name)}".`)
  }
  const limit = (name: string) => number(name, 1, LARGEST)

  const dev = readSwitch(text('dev'), place('dev'))
  const ticketSecrets = texts('ticket-secret')
  if (ticketSecrets.length === 0 && !dev) throw new UsageError(NO_SECRET)
  const short = ticketSecrets.find((secret) => Buffer.byteLength(secret) < 32)
  if (short !== undefined) {
    throw new UsageError(`${place('ticket-secret')} needs at least 32 bytes: openssl rand -base64 48`)
  }
  const path = text('path') ?? ''
  if (!path.startsWith('/')) throw new UsageError(`${place('path')} begins with "/", unlike "${path}".`)
  const logLevel = LOG_LEVELS.find((level) => level === text('log-level'))
  if (!logLevel) throw new UsageError(`${place('log-level')} is one of ${LOG_LEVELS.join(', ')}.`)
  const turnUrls = texts('turn-url')
  const turnSecret = text('turn-secret')
  if (turnUrls.length > 0 !== (turnSecret !== undefined)) {
    throw new UsageError('--turn-url and --turn-secret are given both or not at all.')
  }
  const wrongStun = texts('stun-url').find((url) => !STUN_URL.test(url))
  if (wrongStun !== undefined) {
    throw new UsageError(`${place('stun-url')} is written as "stun:host:port", unlike "${wrongStun}".`)
  }
  const redis = text('redis')
  // Not repeated: there may be a password in it.
  if (redis !== undefined && !isRedisUrl(redis)) {
    throw new UsageError(`${place('redis')} is a URL as redis://user:password@host:6379, or rediss:// with TLS.`)
  }
  const origins = texts('origin')
  return {
    port: number('port', 0, 65_535),
    host: text('host') ?? (dev ? '127.0.0.1' : undefined),
    path,
    trustedProxies: number('trusted-proxies', 0, 16),
    ops:
      text('ops-port') === undefined
        ? undefined
        : { port: number('ops-port', 0, 65_535), host: text('ops-host') ?? '' },
    dev,
    ticketSecrets,
    origins: origins.length > 0 ? origins : undefined,
    stunUrls: texts('stun-url'),
    turn: turnSecret === undefined ? undefined : { urls: turnUrls, secret: turnSecret },
    redis,
    drainMs: number('drain-seconds', 0, 3_600) * 1_000,
    limits: {
      connections: limit('max-connections'),
      connectionsPerAddress: limit('max-connections-per-address'),
      // In Redis they are those of all processes.
      rooms: redis !== undefined && isDefault('max-rooms') ? DEFAULT_MAX_REDIS_RECORDS : limit('max-rooms'),
      messageBurst: limit('message-burst'),
      messagesPerSecond: limit('messages-per-second'),
      connectsPerSecondPerAddress: limit('address-connects-per-second'),
      failedEntriesPerMinutePerAddress: limit('address-failed-entries-per-minute'),
      messagesPerSecondPerAddress: limit('address-messages-per-second'),
      messagesPerSecondPerRoom: limit('room-messages-per-second'),
    },
    logLevel,
  }
}

const NO_SECRET = `There is no ticket secret, so nobody could be kept out. Either
  give one that your backend has too:  SKEIN_TICKET_SECRET="$(openssl rand -base64 48)" skein-server
  or, for development only, let everybody in:  skein-server --dev`

function isRedisUrl(text: string): boolean {
  return URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol)
}

function readSwitch(text: string | undefined, place: string): boolean {
  if (text === undefined || text === 'false' || text === '0') return false
  if (text === 'true' || text === '1') return true
  throw new UsageError(`${place} is true or false, not "${text}".`)
}

/** One line for each setting, with where it comes from. Of a secret only that there is one. */
export function describeConfig(given: Given): string {
  const width = Math.max(...FLAGS.map(({ name }) => name.length))
  const lines = FLAGS.map((flag) => {
    const found = given.get(flag.name)
    const name = flag.name.padEnd(width)
    if (!found) return `  ${name}  not set`
    const value = flag.secret ? 'set, and not shown' : found.texts.join(', ')
    return `  ${name}  ${value}${found.from === 'default' ? '' : `  (${found.from})`}`
  })
  return lines.join('\n')
}
