// How two peers come to the keys with which they seal: each sends the other a public key that it made for this meeting alone
// (ECDH on P-256, which every platform has), and HKDF makes a key for each direction of what both know then. That nobody in
// between has exchanged the public keys is not shown here: `identify` signs them, as it signs certificates. Loaded on use.

import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { NetError } from '../../net/errors.ts'
import { subtle, utf8 } from '../identity/web-crypto.ts'
import { SEAL_VERSION } from './constants.ts'
import { Seal } from './seal.ts'

const ALGORITHM = { name: 'ECDH', namedCurve: 'P-256' } as const
const KEY_BYTES = 32

/** A key pair for one meeting. */
export interface MeetingKeys {
  readonly publicKey: Uint8Array
  /** The seal for what goes between the two. @throws {NetError} ERR_INVALID_DATA: that is no public key. */
  agree(theirs: Uint8Array, localId: number, remoteId: number): Promise<Seal>
}

/** @throws {NetError} ERR_UNAVAILABLE: no WebCrypto. */
export async function drawMeetingKeys(): Promise<MeetingKeys> {
  const { privateKey, publicKey } = await subtle().generateKey(ALGORITHM, false, ['deriveBits'])
  const own = new Uint8Array(await subtle().exportKey('raw', publicKey))
  return {
    publicKey: own,
    agree: async (theirs, localId, remoteId) => {
      const secret = await secretOf(privateKey, theirs)
      return new Seal(chacha20poly1305, keysOf(secret, [localId, own], [remoteId, theirs]))
    },
  }
}

async function secretOf(privateKey: CryptoKey, theirs: Uint8Array): Promise<Uint8Array> {
  try {
    const key = await subtle().importKey('raw', theirs.slice(), ALGORITHM, true, [])
    return new Uint8Array(await subtle().deriveBits({ name: 'ECDH', public: key }, privateKey, 8 * KEY_BYTES))
  } catch (cause) {
    throw new NetError('ERR_INVALID_DATA', 'A peer sent a public key that is none.', { cause })
  }
}

/** One key for what each of the two sends, from a secret that both have. */
export function keysOf(
  secret: Uint8Array,
  [localId, localKey]: readonly [number, Uint8Array],
  [remoteId, remoteKey]: readonly [number, Uint8Array],
): { outgoing: Uint8Array; incoming: Uint8Array } {
  const isFirst = localId < remoteId
  const salt = sha256(isFirst ? Uint8Array.of(...localKey, ...remoteKey) : Uint8Array.of(...remoteKey, ...localKey))
  const [first, second] = isFirst ? [localId, remoteId] : [remoteId, localId]
  const info = utf8(JSON.stringify(['skein seal', SEAL_VERSION, first, second]))
  const keys = hkdf(sha256, secret, salt, info, 2 * KEY_BYTES)
  const [ofFirst, ofSecond] = [keys.slice(0, KEY_BYTES), keys.slice(KEY_BYTES)]
  return isFirst ? { outgoing: ofFirst, incoming: ofSecond } : { outgoing: ofSecond, incoming: ofFirst }
}
