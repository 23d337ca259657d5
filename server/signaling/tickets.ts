// Tickets: signed by the game's own backend, checked by the signaling server, used once. A JSON Web Token (RFC 7519) with
// HMAC-SHA-256, made and read by jose. What else is asked before somebody enters is in authorize.ts.

import type { JWTPayload } from 'jose'
import * as v from 'valibot'
import { NetError } from '../../src/net/errors.ts'
import { cleanText } from '../../src/net/signaling/clean-text.ts'
import { MAX_NAME_LENGTH } from '../../src/net/signaling/constants.ts'
import { normalizeRoomCode } from '../../src/net/signaling/room-code.ts'
import type { Authorize, AuthorizeRequest, Grant } from './authorize.ts'
import { grantOf } from './authorize.ts'
import type { ClaimStore } from './claims.ts'
import {
  DEFAULT_TICKET_LIFETIME_MS,
  MAX_TICKET_LIFETIME_MS,
  MIN_SECRET_BYTES,
  TICKET_CLOCK_TOLERANCE_MS,
} from './constants.ts'
import { loadPackage } from './load-package.ts'

/** What its holder may do. A quick match needs both; looking at the public rooms needs none, and no use of the ticket. */
export type TicketRight = 'create' | 'join'

/** A ticket's content, once it has been checked. */
export interface Ticket {
  /** The only room that it opens; `undefined`: any whose code the player knows. */
  readonly room: string | undefined
  /** The player's name, which the client cannot change. */
  readonly name: string | undefined
  readonly rights: readonly TicketRight[]
  /** Who the player is, the same at every visit, as the game's backend names it. */
  readonly subject: string | undefined
  /** The thumbprint of the key that the player has (`identity.key`), as the game's backend knows it. */
  readonly key: string | undefined
  /** When it ends, in ms since the epoch. */
  readonly expiresAt: number
}

/** What `createTicket` takes. */
export interface TicketOptions {
  /** What the signaling server has as well: at least 32 bytes that nobody can guess (`openssl rand -base64 48`). */
  readonly secret: string
  /** The only room that the ticket opens, by its code in any spelling. Default: any whose code the player knows. */
  readonly room?: string
  /** The player's name, at most 64 characters; controls and invisible characters are taken out. */
  readonly name?: string
  /** Default: with `room` only 'join', otherwise 'create' and 'join'. */
  readonly rights?: readonly TicketRight[]
  /**
   * Who the player is, the same at every visit, as your backend names it: what a ban holds on to. Told to `authorize`
   * and to no other player. At most 128 characters.
   */
  readonly subject?: string
  /**
   * The thumbprint of the player's key, `identity.key`: 43 letters (RFC 7638, 7800). Told to `authorize`. The other players
   * do not see tickets: for them make a passport (`createPassport`).
   */
  readonly key?: string
  /** How long it can be used, in ms: 1,000 to 86,400,000 (a day). Default 300,000 (five minutes). */
  readonly lifetimeMs?: number
}

const ALGORITHM = 'HS256'
/** So that no other token that a backend signs with the same secret passes for a ticket. */
const AUDIENCE = 'skein-signaling'
/** An entry's actions. The type makes sure that none is missing. */
const RIGHTS = Object.keys({ create: true, join: true } satisfies Record<TicketRight, true>) as TicketRight[]

const RIGHTS_NEEDED: Readonly<Record<AuthorizeRequest['action'], readonly TicketRight[]>> = {
  create: ['create'],
  join: ['join'],
  match: ['create', 'join'],
  list: [],
}

const Rights = v.pipe(v.array(v.picklist(RIGHTS)), v.minLength(1), v.maxLength(RIGHTS.length))
const Name = v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH))
const Subject = v.pipe(v.string(), v.maxLength(128))
const Room = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
/** SHA-256 in base64url. */
export const Thumbprint = v.pipe(v.string(), v.regex(/^[\w-]{43}$/))
const Claims = v.object({
  jti: v.pipe(v.string(), v.minLength(16), v.maxLength(128)),
  exp: v.pipe(v.number(), v.integer()),
  room: v.optional(Room),
  name: v.optional(Name),
  rights: Rights,
  sub: v.optional(Subject),
  cnf: v.optional(v.object({ jkt: v.optional(Thumbprint) })),
})
const Options = v.strictObject({
  secret: v.string(),
  room: v.optional(Room),
  name: v.optional(Name),
  rights: v.optional(Rights),
  subject: v.optional(Subject),
  key: v.optional(Thumbprint),
  lifetimeMs: v.optional(
    v.pipe(v.number(), v.minValue(1_000), v.maxValue(MAX_TICKET_LIFETIME_MS)),
    DEFAULT_TICKET_LIFETIME_MS,
  ),
})

/**
 * A ticket for one entry: your backend gives it to a player, who hands it to `joinRoom` as `token`.
 * @throws {NetError} ERR_INVALID_PARAMETER; ERR_UNAVAILABLE without the package jose.
 */
export async function createTicket(options: TicketOptions): Promise<string> {
  const result = v.safeParse(Options, options)
  if (!result.success) {
    const [problem] = result.issues
    const place = v.getDotPath(problem) ?? 'The options'
    throw new NetError('ERR_INVALID_PARAMETER', `${place} cannot be used: ${problem.message}.`)
  }
  const { secret, room, name, subject, key: jkt, lifetimeMs } = result.output
  const rights = result.output.rights ?? (room === undefined ? RIGHTS : (['join'] as const))
  if (room !== undefined && rights.some((right) => right !== 'join')) {
    throw new NetError('ERR_INVALID_PARAMETER', 'A ticket for one room gives the right to join it and no other.')
  }
  const key = ticketKey(secret)
  const { SignJWT } = await loadJose()
  const now = Math.floor(Date.now() / 1000)
  const claims: JWTPayload = {
    rights: [...rights],
    ...(room === undefined ? {} : { room: normalizeRoomCode(room) }),
    ...(name === undefined ? {} : { name: cleanText(name, MAX_NAME_LENGTH) }),
    ...(subject === undefined ? {} : { sub: subject }),
    ...(jkt === undefined ? {} : { cnf: { jkt } }),
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setAudience(AUDIENCE)
    .setJti(crypto.randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(lifetimeMs / 1000))
    .sign(key)
}

export interface TicketCheckParts {
  /** Several while one replaces another: a ticket signed with any of them is good. */
  readonly secrets: readonly string[]
  /** Where used tickets are remembered. Processes that share rooms share it too. */
  readonly claims: ClaimStore
  /** Asked about holders of good tickets, before the ticket is used up. */
  readonly authorize: Authorize
}

/**
 * An `authorize` that lets only holders of good tickets in, each once, and enforces what the ticket says.
 * @throws {NetError} ERR_INVALID_PARAMETER for a secret that is too short.
 */
export function ticketCheck({ secrets, claims, authorize }: TicketCheckParts): Authorize {
  const keys = secrets.map(ticketKey)
  return async (request) => {
    const { ticket, id } = await readTicket(request.token, keys)
    for (const right of RIGHTS_NEEDED[request.action]) {
      if (!ticket.rights.includes(right)) throw refusal(`The ticket gives no right to ${right}.`)
    }
    if (ticket.room !== undefined && request.action !== 'list' && ticket.room !== request.room)
      throw refusal('The ticket is for another room.')
    const grant = grantOf(await authorize({ ...request, ticket }))
    if (!grant) return false
    if (request.action === 'list') return grant
    // Last, so that nobody uses up a ticket by trying it where it is not good.
    const ttlMs = ticket.expiresAt - Date.now() + TICKET_CLOCK_TOLERANCE_MS
    if (!(await claims.claimOnce(`ticket:${id}`, ttlMs)))
      throw refusal('The ticket was used before. Ask for a new one.')
    return withTicket(grant, ticket)
  }
}

/** What the operator's own `authorize` says of the player counts more. */
function withTicket(grant: Grant, { name, subject }: Ticket): Grant {
  return {
    ...(name === undefined ? {} : { name }),
    ...(subject === undefined ? {} : { subject }),
    ...grant,
  }
}

async function readTicket(token: string | undefined, keys: readonly Uint8Array[]) {
  const { jwtVerify, errors } = await loadJose()
  const options = {
    algorithms: [ALGORITHM],
    audience: AUDIENCE,
    clockTolerance: TICKET_CLOCK_TOLERANCE_MS / 1000,
    requiredClaims: ['exp', 'jti'],
  }
  for (const key of token === undefined ? [] : keys) {
    try {
      const { payload } = await jwtVerify(token!, key, options)
      return ticketOf(payload)
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refusal('The ticket has expired. Ask for a new one.')
      if (error instanceof NetError) throw error
      // Signed with another secret, or no ticket at all.
    }
  }
  throw refusal('A ticket from the game is needed to enter.')
}

function ticketOf(payload: JWTPayload): { ticket: Ticket; id: string } {
  const result = v.safeParse(Claims, payload)
  const longest = Date.now() + MAX_TICKET_LIFETIME_MS + TICKET_CLOCK_TOLERANCE_MS
  if (!result.success || result.output.exp * 1000 > longest) throw refusal('The ticket says what no ticket may say.')
  const { jti, exp, room, name, rights, sub, cnf } = result.output
  const ticket: Ticket = {
    room: room === undefined ? undefined : normalizeRoomCode(room),
    // Cleaned again: the backend may sign with another library.
    name: (name && cleanText(name, MAX_NAME_LENGTH)) || undefined,
    rights,
    subject: sub,
    key: cnf?.jkt,
    expiresAt: exp * 1000,
  }
  return { ticket, id: jti }
}

/** @throws {NetError} ERR_INVALID_PARAMETER for a secret that can be guessed for its length. */
export function ticketKey(secret: string): Uint8Array {
  const key = new TextEncoder().encode(secret)
  if (key.length >= MIN_SECRET_BYTES) return key
  const message = `The ticket secret has ${key.length} bytes and needs ${MIN_SECRET_BYTES}: openssl rand -base64 48`
  throw new NetError('ERR_INVALID_PARAMETER', message)
}

function refusal(message: string): NetError {
  return new NetError('ERR_TOKEN_REFUSED', message)
}

export function loadJose(): Promise<typeof import('jose')> {
  return loadPackage('jose', 'A signed ticket', () => import('jose'))
}
