// The second implementation of sealed packets, written from docs/STANDARD.md (7.2) alone, with Node's own cryptography.

import { createCipheriv, createDecipheriv, createECDH, createHash, hkdfSync } from 'node:crypto'
import { Refused } from './decoder.ts'

export interface Place {
  readonly mode: 'unreliable' | 'ordered' | 'reliable'
  readonly port: number
  readonly lane: number
  readonly kind: 'VALUE' | 'BYTES' | 'SERVICE'
}

const TAG = 16
const KINDS = { VALUE: 0, BYTES: 1, SERVICE: 9 }
const MODES = { unreliable: 0, ordered: 1, reliable: 2 }
const CIPHER = 'chacha20-poly1305'

/** A pair for one meeting: the public key, and the secret with another one's. */
export function meeting(): { publicKey: Uint8Array; secretWith(theirs: Uint8Array): Uint8Array } {
  const pair = createECDH('prime256v1')
  const publicKey = pair.generateKeys()
  return { publicKey: new Uint8Array(publicKey), secretWith: (theirs) => new Uint8Array(pair.computeSecret(theirs)) }
}

/** What the peer with the smaller id seals with, and what the other one does. */
export function keys(secret: Uint8Array, smaller: [number, Uint8Array], larger: [number, Uint8Array]) {
  const salt = createHash('sha256').update(smaller[1]).update(larger[1]).digest()
  const info = JSON.stringify(['skein seal', 1, smaller[0], larger[0]])
  const bytes = new Uint8Array(hkdfSync('sha256', secret, salt, info, 64))
  return { ofSmaller: bytes.slice(0, 32), ofLarger: bytes.slice(32) }
}

function nonce({ mode, port, lane }: Place, number: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.set([MODES[mode], port, lane])
  bytes.writeUInt32LE(number, 8)
  return bytes
}

export function seal(place: Place, number: number, key: Uint8Array, packet: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce(place, number), { authTagLength: TAG })
  cipher.setAAD(Buffer.of(KINDS[place.kind]), { plaintextLength: packet.length })
  const content = Buffer.concat([cipher.update(packet), cipher.final(), cipher.getAuthTag()])
  if (place.mode === 'reliable') return new Uint8Array(content)
  const head = Buffer.alloc(4)
  head.writeUInt32LE(number)
  return new Uint8Array(Buffer.concat([head, content]))
}

/** `next`: the number of a reliable packet, which is not in it. @throws {Refused} */
export function open(place: Place, next: number, key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const start = place.mode === 'reliable' ? 0 : 4
  if (sealed.length < start + TAG) throw new Refused('cut off')
  const number = start === 0 ? next : Buffer.from(sealed).readUInt32LE(0)
  const cipher = createDecipheriv(CIPHER, key, nonce(place, number), { authTagLength: TAG })
  const end = sealed.length - TAG
  cipher.setAAD(Buffer.of(KINDS[place.kind]), { plaintextLength: end - start })
  cipher.setAuthTag(sealed.subarray(end))
  try {
    return new Uint8Array(Buffer.concat([cipher.update(sealed.subarray(start, end)), cipher.final()]))
  } catch {
    throw new Refused('not as it was sealed')
  }
}
