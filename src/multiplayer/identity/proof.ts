// What a peer shows to prove who it is: one message each way.
//
//   version:u8  publicKey:65  signature:64  passport (text, may be empty)
//
// The signature is over everything that tells this connection from another one, with the fingerprints of both certificates as
// each side sees them. DTLS proves that the other end of the connection has the private key of the certificate that its
// description named; a connection's certificate is made for it alone. So the signature cannot be shown on any other
// connection, now or later, and no nonces need to go back and forth first. Who stands in between and ends both connections has
// certificates of its own: one side's signature names them, and the other side does not know them.

import { NetError } from '../../net/errors.ts'
import type { ConnectionBinding } from '../api/authentication.ts'
import { MAX_PASSPORT_LENGTH, PROOF_VERSION } from './constants.ts'
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './identity.ts'
import { toBase64Url, utf8 } from './web-crypto.ts'

export interface Proof {
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly signature: Uint8Array<ArrayBuffer>
  /** Empty: none. */
  readonly passport: string
}

const HEAD_BYTES = 1 + PUBLIC_KEY_BYTES + SIGNATURE_BYTES

/** What `signer` signs: this side ('local'), or the other one. */
export function statement(binding: ConnectionBinding, signer: 'local' | 'remote', publicKey: Uint8Array): string {
  const local = [binding.localId, binding.localFingerprints] as const
  const remote = [binding.remoteId, binding.remoteFingerprints] as const
  const [from, to] = signer === 'local' ? [local, remote] : [remote, local]
  return JSON.stringify(['skein identity', PROOF_VERSION, binding.session, ...from, ...to, toBase64Url(publicKey)])
}

export function encodeProof({ publicKey, signature, passport }: Proof): Uint8Array {
  const text = utf8(passport)
  const bytes = new Uint8Array(HEAD_BYTES + text.length)
  bytes[0] = PROOF_VERSION
  bytes.set(publicKey, 1)
  bytes.set(signature, 1 + PUBLIC_KEY_BYTES)
  bytes.set(text, HEAD_BYTES)
  return bytes
}

/** @throws {NetError} ERR_INVALID_DATA */
export function decodeProof(bytes: Uint8Array): Proof {
  if (bytes.length < HEAD_BYTES || bytes.length > HEAD_BYTES + MAX_PASSPORT_LENGTH || bytes[0] !== PROOF_VERSION) {
    throw new NetError('ERR_INVALID_DATA', 'A peer did not prove who it is: all peers need `identify`, of one version.')
  }
  return {
    publicKey: bytes.slice(1, 1 + PUBLIC_KEY_BYTES),
    signature: bytes.slice(1 + PUBLIC_KEY_BYTES, HEAD_BYTES),
    passport: new TextDecoder().decode(bytes.subarray(HEAD_BYTES)),
  }
}
