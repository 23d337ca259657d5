// The vectors of sealed packets, against the library and against a second implementation.

import { readFileSync } from 'node:fs'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { describe, expect, it } from 'vitest'
import { Seal, type SealPlace } from '../../src/multiplayer/relay/seal.ts'
import { drawMeetingKeys, keysOf } from '../../src/multiplayer/relay/seal-keys.ts'
import { Kind } from '../../src/net/link/wire.ts'
import { Refused } from './decoder.ts'
import { bytesOf, hexOf } from './notation.ts'
import { keys, meeting, open, type Place, seal } from './seal-decoder.ts'

interface Vectors {
  readonly keys: readonly {
    readonly name: string
    readonly secret: string
    readonly smaller: { readonly id: number; readonly publicKey: string }
    readonly larger: { readonly id: number; readonly publicKey: string }
    readonly ofSmaller: string
    readonly ofLarger: string
  }[]
  readonly packets: readonly (Place & {
    readonly name: string
    readonly number: number
    readonly key: string
    readonly packet: string
    readonly hex: string
  })[]
}

const vectors = JSON.parse(readFileSync(new URL('seal.json', import.meta.url), 'utf8')) as Vectors

const KINDS = { VALUE: Kind.Value, BYTES: Kind.Bytes, SERVICE: Kind.Service }

/** A seal of the library that has sealed or opened so many before in this place. */
function after(count: number, place: SealPlace, key: Uint8Array): Seal {
  const used = new Seal(chacha20poly1305, { outgoing: key, incoming: key })
  for (let i = 0; i < count; i++) {
    const sealed = used.seal(place, new Uint8Array(0))
    if (place.mode === 'reliable') used.open(place, sealed)
  }
  return used
}

describe('sealed packets', () => {
  it.each(vectors.keys)('the keys: $name', ({ secret, smaller, larger, ofSmaller, ofLarger }) => {
    const [one, other] = [smaller, larger].map(({ id, publicKey }) => [id, bytesOf(publicKey)] as [number, Uint8Array])
    const known = { outgoing: bytesOf(ofSmaller), incoming: bytesOf(ofLarger) }
    expect(keysOf(bytesOf(secret), one!, other!)).toEqual(known)
    expect(keysOf(bytesOf(secret), other!, one!)).toEqual({ outgoing: known.incoming, incoming: known.outgoing })
    expect(keys(bytesOf(secret), one!, other!)).toEqual({ ofSmaller: known.outgoing, ofLarger: known.incoming })
  })

  it.each(vectors.packets)('$name: sealed and opened by both', ({ name: _, number, key, packet, hex, ...named }) => {
    const place = { ...named, kind: KINDS[named.kind] }
    const used = after(number, place, bytesOf(key))
    expect(hexOf(used.seal(place, bytesOf(packet)))).toBe(hexOf(bytesOf(hex)))
    expect(hexOf(used.open(place, bytesOf(hex))!)).toBe(hexOf(bytesOf(packet)))
    expect(hexOf(seal(named, number, bytesOf(key), bytesOf(packet)))).toBe(hexOf(bytesOf(hex)))
    expect(hexOf(open(named, number, bytesOf(key), bytesOf(hex)))).toBe(hexOf(bytesOf(packet)))
    const changed = bytesOf(hex)
    changed[changed.length - 1]! ^= 1
    expect(() => open(named, number, bytesOf(key), changed)).toThrow(Refused)
  })

  it('the library and the second implementation come to the same keys', async () => {
    const [mine, second] = [await drawMeetingKeys(), meeting()]
    const agreed = await mine.agree(second.publicKey, 2, 9)
    const { ofSmaller, ofLarger } = keys(second.secretWith(mine.publicKey), [2, mine.publicKey], [9, second.publicKey])
    const place = { mode: 'unreliable', port: 1, lane: 1, kind: 'BYTES' } as const
    const packet = Uint8Array.of(1, 2, 3)
    expect(open(place, 0, ofSmaller, agreed.seal({ ...place, kind: Kind.Bytes }, packet))).toEqual(packet)
    expect(agreed.open({ ...place, kind: Kind.Bytes }, seal(place, 5, ofLarger, packet))).toEqual(packet)
  })
})
