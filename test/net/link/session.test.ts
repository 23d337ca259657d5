// Whether the other end of a further connection is the one of the first: what proves it, and what does not.

import { describe, expect, it } from 'vitest'
import { type ConnectionEnds, Session } from '../../../src/net/link/session.ts'
import { Kind } from '../../../src/net/link/wire.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { thrown } from '../../support/net-errors.ts'
import { reliable } from '../../support/wire.ts'

const FIRST_AT_A: ConnectionEnds = {
  ...{ localId: 5, remoteId: 9 },
  ...{ localFingerprints: ['sha-256 A1'], remoteFingerprints: ['sha-256 B1'] },
}
const FIRST_AT_B = turned(FIRST_AT_A)
const NOW_AT_A: ConnectionEnds = {
  ...{ localId: 5, remoteId: 9 },
  ...{ localFingerprints: ['sha-256 A2'], remoteFingerprints: ['sha-256 B2'] },
}
const NOW_AT_B = turned(NOW_AT_A)

function turned({ localId, remoteId, localFingerprints, remoteFingerprints }: ConnectionEnds): ConnectionEnds {
  return {
    ...{ localId: remoteId, remoteId: localId },
    ...{ localFingerprints: remoteFingerprints, remoteFingerprints: localFingerprints },
  }
}

/** Two sessions that greeted each other. */
function met(seedA = 1, seedB = 2): [Session, Session] {
  const [a, b] = [new Session([], seededRandom(seedA)), new Session([], seededRandom(seedB))]
  a.meet(b.greeting())
  b.meet(a.greeting())
  return [a, b]
}

describe('a proof of the session', () => {
  it('shows each side that the other is the one of the first connection', () => {
    const [a, b] = met()
    expect(b.isProvedBy(a.prove(FIRST_AT_A, NOW_AT_A), FIRST_AT_B, NOW_AT_B)).toBe(true)
    expect(a.isProvedBy(b.prove(FIRST_AT_B, NOW_AT_B), FIRST_AT_A, NOW_AT_A)).toBe(true)
  })

  const CHANGES: [what: string, change: Partial<ConnectionEnds>][] = [
    ['another certificate of its own', { localFingerprints: ['sha-256 EE'] }],
    ['another certificate of the other side', { remoteFingerprints: ['sha-256 EE'] }],
    ['one certificate more', { remoteFingerprints: ['sha-256 B2', 'sha-256 EE'] }],
    ['no certificate', { remoteFingerprints: [] }],
    ['both certificates exchanged', { localFingerprints: ['sha-256 B2'], remoteFingerprints: ['sha-256 A2'] }],
    ['another id of its own', { localId: 6 }],
    ['another id of the other side', { remoteId: 6 }],
  ]
  it.each(CHANGES)('is worth nothing on a connection with %s', (_what, change) => {
    const [a, b] = met()
    expect(b.isProvedBy(a.prove(FIRST_AT_A, { ...NOW_AT_A, ...change }), FIRST_AT_B, NOW_AT_B)).toBe(false)
  })

  it('is worth nothing where somebody stood in between at the first connection, although the secret is the same', () => {
    const [a, b] = met()
    const spoiled = { ...FIRST_AT_A, remoteFingerprints: ['sha-256 EE'] }
    expect(b.isProvedBy(a.prove(spoiled, NOW_AT_A), FIRST_AT_B, NOW_AT_B)).toBe(false)
  })

  it('is worth nothing to its own writer', () => {
    const [a] = met()
    const proof = a.prove(FIRST_AT_A, NOW_AT_A)
    expect(a.isProvedBy(proof, FIRST_AT_A, NOW_AT_A)).toBe(false)
    expect(a.isProvedBy(proof, FIRST_AT_B, NOW_AT_B)).toBe(false)
  })

  it('is worth nothing in another session, of which one half is the same', () => {
    const [, b] = met()
    const [other] = met(1, 3)
    expect(b.isProvedBy(other.prove(FIRST_AT_A, NOW_AT_A), FIRST_AT_B, NOW_AT_B)).toBe(false)
  })

  it('is worth nothing cut, longer, with any bit changed, or as another message', () => {
    const [a, b] = met()
    const proof = a.prove(FIRST_AT_A, NOW_AT_A)
    const passes = (message: Uint8Array) => b.isProvedBy(message, FIRST_AT_B, NOW_AT_B)
    for (let length = 0; length < proof.length; length++) expect(passes(proof.slice(0, length))).toBe(false)
    expect(passes(Uint8Array.of(...proof, 0))).toBe(false)
    for (let bit = 16; bit < proof.length * 8; bit++) {
      const changed = proof.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(passes(changed)).toBe(false)
    }
    const content = proof.slice(2)
    expect(passes(reliable(Kind.Proof, content))).toBe(true)
    for (const kind of [Kind.Hello, Kind.Resume, Kind.Bytes, 0x40 | Kind.Proof]) {
      expect(passes(reliable(kind, content))).toBe(false)
    }
    expect(passes(new Uint8Array(2_000))).toBe(false)
  })

  it('does not show the secret: neither half is in it', () => {
    const [a, b] = met()
    const halves = [a, b].map((each) => Buffer.from(each.greeting().subarray(1, 17)).toString('hex'))
    const proof = Buffer.from(a.prove(FIRST_AT_A, NOW_AT_A)).toString('hex')
    for (const half of halves) {
      expect(half).toHaveLength(32)
      for (let at = 0; at < 32; at += 8) expect(proof).not.toContain(half.slice(at, at + 8))
    }
  })

  it('cannot be made before somebody was met', () => {
    const alone = new Session([], seededRandom(1))
    expect(thrown(() => alone.prove(FIRST_AT_A, NOW_AT_A)).code).toBe('ERR_UNCONFIGURED')
  })
})

describe('somebody who chooses a half', () => {
  it('cannot choose ours', () => {
    const a = new Session([], seededRandom(1))
    expect(thrown(() => a.meet(a.greeting())).code).toBe('ERR_INVALID_DATA')
  })

  it('and greets two peers with each other’s halves cannot make them take each other for it', () => {
    // The secret is the same: she showed each of the two the half of the other. But they call each other by other names.
    const [a, b] = met()
    const [withA, withB] = [
      { ...FIRST_AT_A, remoteId: 66, remoteFingerprints: ['sha-256 EE'] },
      { ...FIRST_AT_B, remoteId: 66, remoteFingerprints: ['sha-256 EE'] },
    ]
    const proof = a.prove(withA, { ...NOW_AT_A, remoteId: 66 })
    expect(b.isProvedBy(proof, withB, { ...NOW_AT_B, remoteId: 66 })).toBe(false)
  })
})
