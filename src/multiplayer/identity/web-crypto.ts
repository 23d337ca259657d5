// The platform's cryptography. The one place where the keys, signatures and digests of `multiplayer` come from.

import { NetError } from '../../net/errors.ts'

/** @throws {NetError} ERR_UNAVAILABLE */
export function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle
  if (found) return found
  throw new NetError('ERR_UNAVAILABLE', 'Identities need WebCrypto: serve the page over https (or from localhost).')
}

export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await subtle().digest('SHA-256', utf8(text)))
}

/** The time as people count it, in ms since 1970: passports say until when they are good. */
export const systemDate = (): number => Date.now()

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** RFC 4648, 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** `undefined`: it is none. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
  } catch {
    return undefined
  }
}
