// Short-lived TURN credentials in coturn's REST scheme (its `use-auth-secret`; draft-uberti-behave-turn-rest-00): the
// server and coturn share a secret, and no other word passes between them.

import { createHmac } from 'node:crypto'
import { NetError } from '../../src/net/errors.ts'
import type { IceServer } from '../../src/net/signaling/messages.ts'
import { DEFAULT_TURN_LIFETIME_S, MAX_ICE_LIFETIME_S, MIN_ICE_LIFETIME_S, MIN_TURN_SECRET_LENGTH } from './constants.ts'
import type { IssueIceServers } from './ice-servers.ts'

/** What `turnServers` takes. */
export interface TurnServersOptions {
  /** `turn:` and `turns:` URLs of one coturn or of several with the same secret; `stun:` URLs are passed on as they are. */
  readonly urls: string | readonly string[]
  /** coturn's `static-auth-secret`, at least 16 characters: `openssl rand -hex 32` makes one. */
  readonly secret: string
  /** For how long credentials open a new relay, 60 to 86,400 s. Default 600. A relay in use outlives them. */
  readonly lifetimeSeconds?: number
  /** The time in ms since 1970, for tests. coturn's clock and this one should agree within a minute. */
  readonly now?: () => number
}

const ICE_URL = /^(?:stun|turn)s?:[^\s/]+$/

/**
 * The function form of `createSignalingServer({ iceServers })` for coturn: every client gets credentials of its own.
 * @throws {NetError} ERR_INVALID_PARAMETER
 */
export function turnServers(options: TurnServersOptions): IssueIceServers {
  const { secret, lifetimeSeconds = DEFAULT_TURN_LIFETIME_S, now = Date.now } = options
  const urls = typeof options.urls === 'string' ? [options.urls] : options.urls
  const wrong = urls.find((url) => !ICE_URL.test(url))
  if (wrong !== undefined) refuse(`"${wrong}" is no STUN or TURN URL: write it as "turn:host:port".`)
  const relays = urls.filter((url) => url.startsWith('turn'))
  if (relays.length === 0) refuse('turnServers needs a turn: or turns: URL.')
  if (typeof secret !== 'string' || secret.length < MIN_TURN_SECRET_LENGTH) {
    refuse(`The TURN secret has at least ${MIN_TURN_SECRET_LENGTH} characters: \`openssl rand -hex 32\` makes one.`)
  }
  if (!(lifetimeSeconds >= MIN_ICE_LIFETIME_S && lifetimeSeconds <= MAX_ICE_LIFETIME_S)) {
    refuse(`lifetimeSeconds is a number from ${MIN_ICE_LIFETIME_S} to ${MAX_ICE_LIFETIME_S}.`)
  }
  const stuns = urls.filter((url) => !relays.includes(url))

  return ({ client }) => {
    const username = `${Math.floor(now() / 1_000 + lifetimeSeconds)}:${client}`
    const iceServers: IceServer[] = [{ urls: relays, username, credential: turnCredential(secret, username) }]
    if (stuns.length > 0) iceServers.unshift({ urls: stuns })
    return { iceServers, lifetimeSeconds }
  }
}

/** The password that belongs to `username` (`<seconds since 1970>:<name>`): base64 of HMAC-SHA1. */
export function turnCredential(secret: string, username: string): string {
  return createHmac('sha1', secret).update(username).digest('base64')
}

function refuse(message: string): never {
  throw new NetError('ERR_INVALID_PARAMETER', message)
}
