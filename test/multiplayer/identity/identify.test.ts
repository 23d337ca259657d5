// What a peer has to show, and what does not pass: against peers that are made up, on connections that are named only.

import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createPassport, type PassportOptions } from '../../../server/signaling/passports.ts'
import type { ConnectionBinding, PendingPeer } from '../../../src/multiplayer/api/authentication.ts'
import { type IdentifyOptions, identify } from '../../../src/multiplayer/identity/identify.ts'
import { createIdentity, type Identity } from '../../../src/multiplayer/identity/identity.ts'
import { rejection } from '../../support/net-errors.ts'

const A_TO_B: ConnectionBinding = {
  session: 'ABCDEFGHJ',
  localId: 5,
  remoteId: 9,
  localFingerprints: ['sha-256 AA'],
  remoteFingerprints: ['sha-256 BB'],
}

const B_TO_A: ConnectionBinding = {
  session: 'ABCDEFGHJ',
  localId: 9,
  remoteId: 5,
  localFingerprints: ['sha-256 BB'],
  remoteFingerprints: ['sha-256 AA'],
}

class FakePeer implements PendingPeer {
  readonly id: number
  readonly binding: ConnectionBinding
  readonly sent: Uint8Array[] = []
  completions = 0
  pending = true

  constructor(binding: ConnectionBinding) {
    this.binding = binding
    this.id = binding.remoteId
  }

  send(data: Uint8Array): void {
    this.sent.push(data)
  }

  complete(): void {
    this.completions += 1
  }

  refuse(): void {
    this.pending = false
  }
}

let alice: Identity
let bob: Identity
let mallory: Identity
let backend: { readonly privateKey: JsonWebKey; readonly publicKey: JsonWebKey }

beforeAll(async () => {
  ;[alice, bob, mallory] = await Promise.all([createIdentity(), createIdentity(), createIdentity()])
  backend = await newBackend()
})

async function newBackend() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    privateKey: (await exportJWK(privateKey)) as JsonWebKey,
    publicKey: (await exportJWK(publicKey)) as JsonWebKey,
  }
}

/** What a peer shows on a connection. */
async function proofOf(options: IdentifyOptions, binding: ConnectionBinding): Promise<Uint8Array> {
  const peer = new FakePeer(binding)
  await identify(options).begin!(peer)
  return peer.sent[0]!
}

/** Shows it to Alice; returns what Alice then knows, or why not. */
async function shown(proof: Uint8Array, options: Partial<IdentifyOptions> = {}, binding = A_TO_B) {
  const authentication = identify({ identity: alice, ...options })
  const peer = new FakePeer(binding)
  await authentication.begin!(peer)
  await authentication.receive(peer, proof)
  expect(peer.completions).toBe(1)
  return authentication.peer(peer.id)
}

describe('a proof', () => {
  it('shows who the peer is', async () => {
    const proof = await proofOf({ identity: bob }, B_TO_A)
    expect(await shown(proof)).toEqual({ id: 9, key: bob.key, passport: undefined })
  })

  it('is remembered of those who are gone, but not of all who ever came', async () => {
    const authentication = identify({ identity: alice })
    const comes = async (remoteId: number) => {
      const peer = new FakePeer({ ...A_TO_B, remoteId })
      await authentication.receive(peer, await proofOf({ identity: bob }, { ...B_TO_A, localId: remoteId }))
    }
    for (let id = 1001; id <= 2024; id++) await comes(id)
    expect([authentication.peer(1001)?.key, authentication.peer(2024)?.key]).toEqual([bob.key, bob.key])
    await comes(2025)
    expect([authentication.peer(1001), authentication.peer(1002)?.key]).toEqual([undefined, bob.key])
  })

  it('may come before the own one is made', async () => {
    const authentication = identify({ identity: alice })
    const peer = new FakePeer(A_TO_B)
    const proof = await proofOf({ identity: bob }, B_TO_A)
    const begun = authentication.begin!(peer)
    await authentication.receive(peer, proof)
    await begun
    expect([peer.completions, peer.sent.length]).toEqual([1, 1])
  })

  it('is looked at once, and not as often as somebody cares to send one', async () => {
    let asked = 0
    const accept = () => {
      asked += 1
      return true
    }
    const authentication = identify({ identity: alice, accept })
    const peer = new FakePeer(A_TO_B)
    const proof = await proofOf({ identity: bob }, B_TO_A)
    await authentication.begin!(peer)
    const first = authentication.receive(peer, proof)
    const again = Array.from({ length: 5 }, () => rejection(Promise.resolve(authentication.receive(peer, proof))))
    for (const error of await Promise.all(again)) expect(error.code).toBe('ERR_INVALID_DATA')
    await first
    expect([asked, peer.completions]).toEqual([1, 1])
  })

  const FOREIGN: [what: string, binding: Partial<ConnectionBinding>][] = [
    ['with another certificate of its own', { localFingerprints: ['sha-256 CC'] }],
    ['with another certificate of this side', { remoteFingerprints: ['sha-256 CC'] }],
    ['with one certificate more', { remoteFingerprints: ['sha-256 AA', 'sha-256 CC'] }],
    ['in another room', { session: 'BBBBBBBBB' }],
    ['under another id', { localId: 10 }],
    ['for another peer', { remoteId: 6 }],
  ]
  it.each(FOREIGN)('does not pass when it was made for a connection %s', async (_what, change) => {
    const proof = await proofOf({ identity: bob }, { ...B_TO_A, ...change })
    const error = await rejection(shown(proof))
    expect(error).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(error.message).toContain('stands in between')
  })

  it('does not pass when it is sent back to where it came from', async () => {
    const own = await proofOf({ identity: alice }, A_TO_B)
    expect(await rejection(shown(own))).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
  })

  it('does not pass with another key put in', async () => {
    const proof = await proofOf({ identity: bob }, B_TO_A)
    proof.set(mallory.publicKey, 1)
    expect(await rejection(shown(proof))).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
  })

  it('does not pass with any bit of its head changed, and never does more harm than that', async () => {
    const proof = await proofOf({ identity: bob }, B_TO_A)
    for (let at = 0; at < proof.length; at += 7) {
      const changed = proof.slice()
      changed[at]! ^= 1 << (at % 8)
      expect((await rejection(shown(changed))).code).toMatch(/^ERR_(UNAUTHORIZED|INVALID_DATA)$/)
    }
    for (const length of [0, 1, 129, proof.length + 3_000]) {
      expect(await rejection(shown(new Uint8Array(length)))).toMatchObject({ code: 'ERR_INVALID_DATA' })
    }
  })

  it('cannot be made or checked without certificates', async () => {
    const proof = await proofOf({ identity: bob }, B_TO_A)
    const bare = { ...A_TO_B, remoteFingerprints: [] }
    expect(await rejection(shown(proof, {}, bare))).toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })

  it('is not enough for whom `accept` keeps out', async () => {
    const proof = await proofOf({ identity: bob }, B_TO_A)
    expect(await shown(proof, { accept: ({ key }) => key === bob.key })).toMatchObject({ key: bob.key })
    expect(await rejection(shown(proof, { accept: () => false }))).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
  })
})

describe('a passport', () => {
  const passport = (options: Partial<PassportOptions> = {}): Promise<string> =>
    createPassport({ privateKey: backend.privateKey, key: bob.key, name: 'Bob', subject: 'player-7', ...options })
  const shownWith = async (token: string, options: Partial<IdentifyOptions> = {}, identity = bob) =>
    shown(await proofOf({ identity, passport: token }, B_TO_A), { passportKeys: [backend.publicKey], ...options })

  it('says which player the key belongs to', async () => {
    const { passport: read } = (await shownWith(await passport({ room: 'abcdefghj' })))!
    expect(read).toEqual({ name: 'Bob', subject: 'player-7', expiresAt: expect.any(Number) })
    expect(read!.expiresAt - Date.now()).toBeGreaterThan(86_000_000)
  })

  it('is good with any of several keys of the backend', async () => {
    const before = await newBackend()
    const passportKeys = [before.publicKey, backend.publicKey]
    expect((await shownWith(await passport(), { passportKeys }))!.passport!.name).toBe('Bob')
  })

  it('is needed where it is asked for, and is worth nothing in other hands', async () => {
    const stolen = await passport()
    expect((await rejection(shownWith(''))).message).toContain('no passport')
    expect((await rejection(shownWith(stolen, {}, mallory))).message).toContain('another key')
  })

  const claims = (change: Record<string, unknown>): Record<string, unknown> => ({
    aud: 'skein-peer',
    exp: Math.floor(Date.now() / 1000) + 60,
    cnf: { jkt: bob.key },
    ...change,
  })
  const signed = async (change: Record<string, unknown>, alg = 'ES256', key?: unknown): Promise<string> => {
    const own = await crypto.subtle.importKey(
      'jwk',
      backend.privateKey,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    )
    return new SignJWT(claims(change)).setProtectedHeader({ alg }).sign((key ?? own) as CryptoKey)
  }

  it('is read however the backend has made it', async () => {
    expect((await shownWith(await signed({ name: 'B\u200bo\u0007b' })))!.passport!.name).toBe('Bob')
  })

  it.each([
    [
      'of another backend',
      async (): Promise<string> => passport({ privateKey: (await newBackend()).privateKey }),
      'not signed',
    ],
    ['that has expired', (): Promise<string> => signed({ exp: Math.floor(Date.now() / 1000) - 600 }), 'expired'],
    ['for another room', (): Promise<string> => passport({ room: 'BBBBBBBBB' }), 'another room'],
    ['for something else', (): Promise<string> => signed({ aud: 'skein-signaling' }), 'no passport may say'],
    ['without a key', (): Promise<string> => signed({ cnf: undefined }), 'no passport may say'],
    ['without an end', (): Promise<string> => signed({ exp: undefined }), 'no passport may say'],
    ['signed with a shared secret', (): Promise<string> => signed({}, 'HS256', new Uint8Array(32)), 'no passport'],
    ['that is no token', async (): Promise<string> => 'a.b.c', 'no passport'],
    ['that is no text', async (): Promise<string> => '\ud800..\u0000', 'no passport'],
  ] as const)('is refused: one %s', async (_what, make, message) => {
    const error = await rejection(shownWith(await make()))
    expect(error).toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(error.message).toContain(message)
  })

  it('is refused with a header that says that nobody signed it', async () => {
    const [, payload, signature] = (await passport()).split('.')
    const header = Buffer.from('{"alg":"none"}').toString('base64url')
    expect((await rejection(shownWith(`${header}.${payload}.${signature}`))).message).toContain('no passport')
  })

  it.each([{ key: 'short' }, { lifetimeMs: 1 }, { name: 'x'.repeat(65) }, { privateKey: { kty: 'EC' } }])(
    'is not made with %o',
    async (change) => {
      const error = await rejection(passport(change as Partial<PassportOptions>))
      expect(error).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
      expect(error.message).not.toContain(backend.privateKey.d!)
    },
  )

  it('needs keys that are some', async () => {
    const options = { passportKeys: [{ kty: 'RSA' }] }
    expect(await rejection(shownWith(await passport(), options))).toMatchObject({ code: 'ERR_INVALID_PARAMETER' })
  })
})
