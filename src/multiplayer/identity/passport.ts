// A passport: the game's backend says, with its own signature, which player a key belongs to. A JSON Web Token (RFC 7519) with
// ES256, bound to the key (RFC 7800). Unlike a ticket it goes from peer to peer, who check it with the backend's public key:
// no server in between has a say. Made by `createPassport` in skein/server.

import * as v from 'valibot'
import { NetError } from '../../net/errors.ts'
import { cleanText } from '../../net/signaling/clean-text.ts'
import { MAX_NAME_LENGTH } from '../../net/signaling/constants.ts'
import { normalizeRoomCode } from '../../net/signaling/room-code.ts'
import { MAX_PASSPORT_LENGTH, PASSPORT_AUDIENCE, PASSPORT_CLOCK_TOLERANCE_S } from './constants.ts'
import { KEY_ALGORITHM, SIGNATURE_ALGORITHM, SIGNATURE_BYTES } from './identity.ts'
import { fromBase64Url, subtle, utf8 } from './web-crypto.ts'

/** What a passport says. */
export interface Passport {
  /** The player's name, as the backend has it. Show it as text. */
  readonly name: string | undefined
  /** Who the player is, the same at every visit, as the backend names it. */
  readonly subject: string | undefined
  /** Until when it is good, in ms since 1970. */
  readonly expiresAt: number
}

const Header = v.object({ alg: v.literal('ES256') })
const Claims = v.object({
  aud: v.literal(PASSPORT_AUDIENCE),
  exp: v.pipe(v.number(), v.integer(), v.maxValue(1e12)),
  cnf: v.object({ jkt: v.pipe(v.string(), v.length(43)) }),
  room: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64))),
  name: v.optional(v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH))),
  sub: v.optional(v.pipe(v.string(), v.maxLength(128))),
})

/** Reads a backend's public keys. @throws {NetError} ERR_INVALID_PARAMETER: not a JWK of a public key on P-256. */
export async function passportKeys(keys: readonly JsonWebKey[]): Promise<CryptoKey[]> {
  return Promise.all(
    keys.map(async ({ kty, crv, x, y }) => {
      try {
        return await subtle().importKey('jwk', { kty, crv, x, y } as JsonWebKey, KEY_ALGORITHM, false, ['verify'])
      } catch (cause) {
        throw new NetError('ERR_INVALID_PARAMETER', 'A passport key is the JWK of a public key on P-256.', { cause })
      }
    }),
  )
}

export interface PassportCheck {
  /** The backend's: one of them has to have signed. */
  readonly keys: readonly CryptoKey[]
  /** The thumbprint of the key that it has to be bound to. */
  readonly key: string
  /** The room's code. */
  readonly room: string
  /** Ms since 1970. */
  readonly now: number
}

/** @throws {NetError} ERR_UNAUTHORIZED that says what is wrong with it. */
export async function readPassport(token: string, { keys, key, room, now }: PassportCheck): Promise<Passport> {
  const parts = token.split('.')
  if (token.length > MAX_PASSPORT_LENGTH || parts.length !== 3) throw refusal('it is no passport')
  const [header, payload, signature] = parts.map((part) => fromBase64Url(part))
  if (!v.is(Header, json(header)) || signature?.length !== SIGNATURE_BYTES) throw refusal('it is no passport')
  const signed = utf8(`${parts[0]}.${parts[1]}`)
  const checks = keys.map((each) => subtle().verify(SIGNATURE_ALGORITHM, each, signature, signed))
  if (!(await Promise.all(checks)).includes(true)) throw refusal("it is not signed by the game's backend")
  const claims = v.safeParse(Claims, json(payload))
  if (!claims.success) throw refusal('it says what no passport may say')
  const { exp, cnf, room: onlyRoom, name, sub } = claims.output
  if (cnf.jkt !== key) throw refusal('it belongs to another key')
  if (now / 1_000 > exp + PASSPORT_CLOCK_TOLERANCE_S) throw refusal('it has expired')
  if (onlyRoom !== undefined && normalizeRoomCode(onlyRoom) !== normalizeRoomCode(room)) {
    throw refusal('it is for another room')
  }
  return {
    name: (name && cleanText(name, MAX_NAME_LENGTH)) || undefined,
    subject: sub,
    expiresAt: exp * 1_000,
  }
}

function json(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function refusal(what: string): NetError {
  return new NetError('ERR_UNAUTHORIZED', `The passport is not accepted: ${what}.`)
}
