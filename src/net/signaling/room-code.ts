// Room codes: short enough to read aloud, long enough not to be guessed.

import type { Random } from '../random.ts'
import { ROOM_CODE_LENGTH } from './constants.ts'

/** Crockford's base 32: no I, L, O and U, so that what people mistake for 1 and 0 can be read as 1 and 0. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const GROUP_LENGTH = 3

/** A new code such as `K7M-3QX-WPD`: 45 bits from `random`, which must be cryptographically strong. */
export function generateRoomCode(random: Random): string {
  // 32 symbols divide 2^32, so the lowest bits are unbiased.
  let symbols = ''
  while (symbols.length < ROOM_CODE_LENGTH) symbols += ALPHABET[random() & 31]
  return grouped(symbols)
}

/**
 * The one spelling under which rooms are kept: of any spelling that a person may type. Case, spaces and separators do
 * not matter; O is read as 0, I and L as 1. Text that is no room code comes back as something that no room is called.
 */
export function normalizeRoomCode(text: string): string {
  const symbols = text
    .replace(/[\s\p{Pd}_.,:/]/gu, '')
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
  return grouped(symbols)
}

function grouped(symbols: string): string {
  const groups: string[] = []
  for (let start = 0; start < symbols.length; start += GROUP_LENGTH) {
    groups.push(symbols.slice(start, start + GROUP_LENGTH))
  }
  return groups.join('-')
}
