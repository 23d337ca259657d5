// Resume secrets, and what is kept of them and of those who hold places: hashes, which are of no use to whoever reads
// the store.

import { createHash } from 'node:crypto'
import type { Random } from '../../src/net/random.ts'
import { RESUME_SECRET_LENGTH } from '../../src/net/signaling/constants.ts'

/** A new secret of 128 bits, in hexadecimal digits. `random` must be cryptographically strong. */
export function drawSecret(random: Random): string {
  let digits = ''
  while (digits.length < RESUME_SECRET_LENGTH) digits += (random() >>> 0).toString(16).padStart(8, '0')
  return digits
}

/** SHA-1, in hexadecimal digits: the name under which Redis knows a script. */
export function digestHex(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

/** SHA-256, in base 64. For what nobody can guess, or nobody gains by guessing: passwords need more, see password.ts. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
