// Passports: what the game's backend says to other players about one of them. Signed with a private key whose public half
// the game has, because no server in between shall be able to make one. Read in src/multiplayer/identity/passport.ts.

import * as v from 'valibot'
import { PASSPORT_AUDIENCE } from '../../src/multiplayer/identity/constants.ts'
import { NetError } from '../../src/net/errors.ts'
import { cleanText } from '../../src/net/signaling/clean-text.ts'
import { MAX_NAME_LENGTH } from '../../src/net/signaling/constants.ts'
import { normalizeRoomCode } from '../../src/net/signaling/room-code.ts'
import { DEFAULT_PASSPORT_LIFETIME_MS, MAX_PASSPORT_LIFETIME_MS } from './constants.ts'
import { loadJose, Thumbprint } from './tickets.ts'

/** What `createPassport` takes. */
export interface PassportOptions {
  /** The backend's own, as a JWK on the curve P-256 (`jose`: generateKeyPair('ES256', { extractable: true }), exportJWK). */
  readonly privateKey: JsonWebKey
  /** Whose it is: the player's `identity.key`. */
  readonly key: string
  /** The player's name, at most 64 characters; controls and invisible characters are taken out. */
  readonly name?: string
  /** Who the player is, the same at every visit. Every player of the room can read it. At most 128 characters. */
  readonly subject?: string
  /** The only room in which it is good, by its code. Default: any. */
  readonly room?: string
  /** How long it is good, in ms: 60,000 to 2,592,000,000 (30 days). Default 86,400,000 (a day). */
  readonly lifetimeMs?: number
}

const Options = v.strictObject({
  privateKey: v.looseObject({ kty: v.literal('EC'), crv: v.literal('P-256'), d: v.string() }),
  key: Thumbprint,
  name: v.optional(v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH))),
  subject: v.optional(v.pipe(v.string(), v.maxLength(128))),
  room: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
  lifetimeMs: v.optional(
    v.pipe(v.number(), v.minValue(60_000), v.maxValue(MAX_PASSPORT_LIFETIME_MS)),
    DEFAULT_PASSPORT_LIFETIME_MS,
  ),
})

/**
 * A passport for a player's key, which the player gives to `identify`. It is no secret: without the key it is worth nothing. Make
 * it for keys of players whom your backend knows, over a connection on which nobody else can put a key of theirs in.
 * @throws {NetError} ERR_INVALID_PARAMETER; ERR_UNAVAILABLE without the package jose.
 */
export async function createPassport(options: PassportOptions): Promise<string> {
  const result = v.safeParse(Options, options)
  if (!result.success) {
    // Not the problem's own words: they may quote the private key.
    const place = v.getDotPath(result.issues[0]) ?? 'The options'
    throw new NetError('ERR_INVALID_PARAMETER', `${place} cannot be used for a passport.`)
  }
  const { key, name, subject, room, lifetimeMs } = result.output
  const { importJWK, SignJWT } = await loadJose()
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    cnf: { jkt: key },
    ...(name === undefined ? {} : { name: cleanText(name, MAX_NAME_LENGTH) }),
    ...(subject === undefined ? {} : { sub: subject }),
    ...(room === undefined ? {} : { room: normalizeRoomCode(room) }),
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setAudience(PASSPORT_AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(lifetimeMs / 1000))
    .sign(await importJWK(options.privateKey as Parameters<typeof importJWK>[0], 'ES256'))
}
