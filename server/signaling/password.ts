// Passwords of rooms: kept as scrypt's hash, and compared in a time that does not tell whether there was anything to
// compare with.

import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { NetError } from '../../src/net/errors.ts'
import { MAX_PASSWORD_CHECKS, SCRYPT_COST } from './constants.ts'

/** Plain data: it is stored with the room. */
export interface PasswordHash {
  /** Base 64. */
  readonly salt: string
  /** Base 64. */
  readonly hash: string
}

const HASH_BYTES = 32
const OPTIONS: ScryptOptions = { N: SCRYPT_COST, r: 8, p: 1 }
/** What is compared with where there is no password: it costs the same, and nothing equals it. */
const NOBODYS: PasswordHash = {
  salt: randomBytes(16).toString('base64'),
  hash: randomBytes(HASH_BYTES).toString('base64'),
}

let running = 0

/** @throws {NetError} ERR_RATE_LIMITED when too many passwords are being looked at. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt)
  return { salt: salt.toString('base64'), hash: hash.toString('base64') }
}

/**
 * Whether `password` is the one of `expected`. Takes as long when `expected` is undefined, and is then false.
 * @throws {NetError} ERR_RATE_LIMITED when too many passwords are being looked at.
 */
export async function isPassword(password: string, expected: PasswordHash | undefined): Promise<boolean> {
  const { salt, hash } = expected ?? NOBODYS
  const shown = await derive(password, Buffer.from(salt, 'base64'))
  return timingSafeEqual(shown, Buffer.from(hash, 'base64')) && expected !== undefined
}

async function derive(password: string, salt: Buffer): Promise<Buffer> {
  if (running >= MAX_PASSWORD_CHECKS) {
    throw new NetError('ERR_RATE_LIMITED', 'Too many passwords are being tried. Try again in a moment.')
  }
  running += 1
  try {
    return await new Promise((resolve, reject) => {
      // One spelling for what keyboards write in two ways.
      scrypt(password.normalize('NFKC'), salt, HASH_BYTES, OPTIONS, (error, key) =>
        error ? reject(error) : resolve(key),
      )
    })
  } finally {
    running -= 1
  }
}
