// Key pairs: made, kept, written down, named.

import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  createIdentity,
  exportIdentity,
  identityFromKeys,
  importIdentity,
  isSignedBy,
  sign,
} from '../../../src/multiplayer/identity/identity.ts'
import { rejection } from '../../support/net-errors.ts'

type Bytes = Uint8Array<ArrayBuffer>

describe('an identity', () => {
  it('is named by the thumbprint of its public key, as others compute it', async () => {
    const { key, keys, publicKey } = await createIdentity()
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keys.publicKey)
    expect(key).toBe(await calculateJwkThumbprint({ kty: kty!, crv: crv!, x: x!, y: y! }))
    expect(publicKey).toHaveLength(65)
  })

  it('is the same after it was kept, and after it was written down', async () => {
    const identity = await createIdentity({ extractable: true })
    const kept = await identityFromKeys(structuredClone(identity.keys))
    const read = await importIdentity(await exportIdentity(identity))
    expect([kept.key, read.key]).toEqual([identity.key, identity.key])
    const signature = (await sign(read, 'hello')) as Bytes
    expect(await isSignedBy(identity.publicKey as Bytes, signature, 'hello')).toBe(true)
    expect(await isSignedBy(identity.publicKey as Bytes, signature, 'hallo')).toBe(false)
  })

  it('cannot be taken away unless that was wanted', async () => {
    const identity = await createIdentity()
    expect(await rejection(exportIdentity(identity))).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
    const read = await importIdentity(await exportIdentity(await createIdentity({ extractable: true })))
    expect(await rejection(exportIdentity(read))).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
  })

  it.each(['', '{}', 'null', '{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}', '{"kty":"RSA"}'])(
    'is not read from %j',
    async (text) => {
      expect(await rejection(importIdentity(text))).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
    },
  )

  it('is not made of other keys', async () => {
    const other = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, false, ['sign', 'verify'])
    expect(await rejection(identityFromKeys(other))).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
  })
})
