// A player's key pair: ECDSA on P-256 with SHA-256, which every current browser and Node has. (Ed25519 came to Chromium in
// 2025, and Node 20 warns of it.)

import { NetError, toNetError } from '../../net/errors.ts'
import { sha256, subtle, toBase64Url, utf8 } from './web-crypto.ts'

/** The curve and hash of all keys here. */
export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
export const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const

/** Of a public key: 4, x and y (SEC 1, uncompressed). */
export const PUBLIC_KEY_BYTES = 65
/** r and s. */
export const SIGNATURE_BYTES = 64

/** A player's key pair. Made by `createIdentity`, and the same as long as it is kept. */
export interface Identity {
  /**
   * The public key's name: its thumbprint (RFC 7638), 43 letters. Others see it as `PeerIdentity.key`; tickets and passports bind
   * it to a player.
   */
  readonly key: string
  /** The public key itself, 65 bytes. */
  readonly publicKey: Uint8Array
  /** The pair. IndexedDB keeps it as it is, also where it cannot be exported: `identityFromKeys` makes an identity of it again. */
  readonly keys: CryptoKeyPair
}

/**
 * Makes a new key pair.
 * @param options.extractable Whether `exportIdentity` can write it down. Default false: then no script can take it away, only use it.
 * @throws {NetError} ERR_UNAVAILABLE: no WebCrypto (a page that is not served over https).
 */
export async function createIdentity({
  extractable = false,
}: {
  readonly extractable?: boolean
} = {}): Promise<Identity> {
  return identityFromKeys(await subtle().generateKey(KEY_ALGORITHM, extractable, ['sign', 'verify']))
}

/** The identity of a pair that was kept. @throws {NetError} ERR_INVALID_PARAMETER: not a pair for ECDSA on P-256. */
export async function identityFromKeys(keys: CryptoKeyPair): Promise<Identity> {
  for (const key of [keys?.privateKey, keys?.publicKey]) {
    const { name, namedCurve } = (key?.algorithm ?? {}) as Partial<EcKeyAlgorithm>
    if (name !== KEY_ALGORITHM.name || namedCurve !== KEY_ALGORITHM.namedCurve) {
      throw new NetError('ERR_INVALID_PARAMETER', 'An identity is a key pair for ECDSA on the curve P-256.')
    }
  }
  const publicKey = new Uint8Array(await subtle().exportKey('raw', keys.publicKey))
  return { key: await thumbprint(publicKey), publicKey, keys }
}

/**
 * Writes an identity down, with its private key: whoever has the text is that player.
 * @throws {NetError} ERR_INVALID_PARAMETER: it was not made `extractable`.
 */
export async function exportIdentity({ keys }: Identity): Promise<string> {
  if (!keys.privateKey.extractable) {
    throw new NetError('ERR_INVALID_PARAMETER', 'Only an identity that was made with `extractable` can be exported.')
  }
  const { kty, crv, x, y, d } = await subtle().exportKey('jwk', keys.privateKey)
  return JSON.stringify({ kty, crv, x, y, d })
}

/** Reads what `exportIdentity` wrote. @throws {NetError} ERR_INVALID_PARAMETER: it is something else. */
export async function importIdentity(
  text: string,
  { extractable = false }: { readonly extractable?: boolean } = {},
): Promise<Identity> {
  try {
    const { kty, crv, x, y, d } = JSON.parse(text) as JsonWebKey
    const open = { kty, crv, x, y } as JsonWebKey
    const privateKey = await subtle().importKey('jwk', { ...open, d } as JsonWebKey, KEY_ALGORITHM, extractable, [
      'sign',
    ])
    const publicKey = await subtle().importKey('jwk', open, KEY_ALGORITHM, true, ['verify'])
    return await identityFromKeys({ privateKey, publicKey })
  } catch (error) {
    throw toNetError(error, 'ERR_INVALID_PARAMETER', 'That is no identity: give the text that exportIdentity wrote.')
  }
}

/** The thumbprint of a public key (RFC 7638): SHA-256 of its canonical JWK, in base64url. */
export async function thumbprint(publicKey: Uint8Array): Promise<string> {
  const x = toBase64Url(publicKey.subarray(1, 33))
  const y = toBase64Url(publicKey.subarray(33))
  return toBase64Url(await sha256(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`))
}

export async function sign({ keys }: Identity, text: string): Promise<Uint8Array> {
  return new Uint8Array(await subtle().sign(SIGNATURE_ALGORITHM, keys.privateKey, utf8(text)))
}

/** Whether the owner of a public key signed `text`. False also for bytes that are no key. */
export async function isSignedBy(
  publicKey: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  text: string,
): Promise<boolean> {
  let key: CryptoKey
  try {
    key = await subtle().importKey('raw', publicKey, KEY_ALGORITHM, true, ['verify'])
  } catch {
    return false
  }
  return subtle().verify(SIGNATURE_ALGORITHM, key, signature, utf8(text))
}
