// What a sealed packet is worth to whoever passes it on: nothing.

import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { describe, expect, it } from 'vitest'
import { SEAL_OVERHEAD, SEAL_WINDOW } from '../../../src/multiplayer/relay/constants.ts'
import { ReplayWindow } from '../../../src/multiplayer/relay/replay-window.ts'
import { Seal, type SealPlace } from '../../../src/multiplayer/relay/seal.ts'
import { drawMeetingKeys, keysOf } from '../../../src/multiplayer/relay/seal-keys.ts'
import { randomUnit, seededRandom } from '../../../src/net/random.ts'
import { rejection, thrown } from '../../support/net-errors.ts'

const RELIABLE: SealPlace = { mode: 'reliable', port: 0, lane: 1, kind: 0 }
const UNRELIABLE: SealPlace = { mode: 'unreliable', port: 1, lane: 1, kind: 0 }
const ORDERED: SealPlace = { ...UNRELIABLE, mode: 'ordered' }

const [ONE, OTHER] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]

function pair(): [Seal, Seal] {
  return [
    new Seal(chacha20poly1305, { outgoing: ONE, incoming: OTHER }),
    new Seal(chacha20poly1305, { outgoing: OTHER, incoming: ONE }),
  ]
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (packet: Uint8Array | undefined) => packet && new TextDecoder().decode(packet)

describe('a sealed packet', () => {
  it.each([RELIABLE, UNRELIABLE, ORDERED])('is opened by the other side alone: $mode', (place) => {
    const [a, b] = pair()
    const sealed = a.seal(place, bytes('a secret'))
    expect(Buffer.from(sealed).includes('secret')).toBe(false)
    expect(text(b.open(place, sealed))).toBe('a secret')
    expect(thrown(() => a.open(place, sealed)).code).toBe('ERR_UNAUTHORIZED')
  })

  it('has 16 bytes more than its content, an unreliable one 20', () => {
    const [a] = pair()
    for (const length of [0, 1, 64, 16_000]) {
      expect(a.seal(RELIABLE, new Uint8Array(length))).toHaveLength(length + 16)
      expect(a.seal(UNRELIABLE, new Uint8Array(length))).toHaveLength(length + SEAL_OVERHEAD)
    }
  })

  it.each([RELIABLE, UNRELIABLE, ORDERED])('cannot be changed in any bit, nor cut: $mode', (place) => {
    const [a, b] = pair()
    const sealed = a.seal(place, bytes('12'))
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const changed = sealed.slice()
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(thrown(() => b.open(place, changed)).code).toBe('ERR_UNAUTHORIZED')
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(thrown(() => b.open(place, sealed.slice(0, length))).code).toBe('ERR_UNAUTHORIZED')
    }
    expect(text(b.open(place, sealed))).toBe('12')
  })

  it.each([
    ['another mode', UNRELIABLE, { mode: 'ordered' }],
    ['another port', RELIABLE, { port: 2 }],
    ['another lane', RELIABLE, { lane: 2 }],
    ['another kind', RELIABLE, { kind: 9 }],
    ['another kind, unreliably', UNRELIABLE, { kind: 1 }],
  ] as [string, SealPlace, Partial<SealPlace>][])('cannot be given out for one of %s', (_what, place, change) => {
    const [a, b] = pair()
    const sealed = a.seal(place, bytes('x'))
    expect(thrown(() => b.open({ ...place, ...change }, sealed)).code).toBe('ERR_UNAUTHORIZED')
  })

  it('that is reliable cannot be repeated, left out or exchanged with another one', () => {
    const [a, b] = pair()
    const [first, second, third] = ['1', '2', '3'].map((each) => a.seal(RELIABLE, bytes(each))) as Uint8Array[]
    expect(thrown(() => b.open(RELIABLE, second!)).code).toBe('ERR_UNAUTHORIZED')
    expect(text(b.open(RELIABLE, first!))).toBe('1')
    expect(thrown(() => b.open(RELIABLE, first!)).code).toBe('ERR_UNAUTHORIZED')
    expect(thrown(() => b.open(RELIABLE, third!)).code).toBe('ERR_UNAUTHORIZED')
    expect(text(b.open(RELIABLE, second!))).toBe('2')
  })

  it('keeps its place on its lane and port alone: others go on by themselves', () => {
    const [a, b] = pair()
    const places = [RELIABLE, { ...RELIABLE, lane: 2 }, { ...RELIABLE, port: 2 }, { ...RELIABLE, port: 3 }]
    const sealed = places.map((place) => [place, a.seal(place, bytes(`${place.port} ${place.lane}`))] as const)
    for (const [place, each] of sealed.reverse()) expect(text(b.open(place, each))).toBe(`${place.port} ${place.lane}`)
  })

  it('that is unreliable counts once, in any order, and never after the window', () => {
    const [a, b] = pair()
    const count = 3 * SEAL_WINDOW
    const sealed = Array.from({ length: count }, (_, n) => a.seal(UNRELIABLE, bytes(String(n))))
    const order = sealed.map((_, n) => n)
    const random = seededRandom(5)
    // Each a little out of its place.
    order.sort((x, y) => x + (x % 7) * 3 - (y + (y % 7) * 3))
    const heard: string[] = []
    for (const n of order) {
      for (let times = 1 + Math.floor(randomUnit(random) * 3); times > 0; times--) {
        const packet = text(b.open(UNRELIABLE, sealed[n]!))
        if (packet !== undefined) heard.push(packet)
      }
    }
    expect(heard).toEqual(order.map(String))
    expect(b.open(UNRELIABLE, sealed[0]!)).toBeUndefined()
    expect(b.open(UNRELIABLE, sealed[count - 1 - SEAL_WINDOW]!)).toBeUndefined()
  })

  it('that is ordered never comes after a later one, whoever held it back', () => {
    const [a, b] = pair()
    const [first, between, last] = [
      a.seal(ORDERED, bytes('1')),
      a.seal(UNRELIABLE, bytes('between')),
      a.seal(ORDERED, bytes('2')),
    ]
    expect(text(b.open(ORDERED, last))).toBe('2')
    expect(b.open(ORDERED, first)).toBeUndefined()
    expect(text(b.open(UNRELIABLE, between))).toBe('between')
  })
})

describe('a window', () => {
  it('knows of each number whether it came, as a set of all would', () => {
    const random = seededRandom(9)
    const window = new ReplayWindow()
    const all = new Set<number>()
    let newest = -1
    let at = 0
    for (let i = 0; i < 20_000; i++) {
      at += Math.floor(randomUnit(random) * 5) - 1
      if (i % 400 === 0) at += 100 + Math.floor(randomUnit(random) * 100)
      const number = Math.max(0, at - Math.floor(randomUnit(random) * 150))
      const isNew = !all.has(number) && newest - number < SEAL_WINDOW
      expect(window.isNew(number)).toBe(isNew)
      if (!isNew) continue
      all.add(number)
      newest = Math.max(newest, number)
      window.note(number)
    }
  })
})

describe('keys', () => {
  it('are the same at both ends, one for each direction', async () => {
    const [mine, theirs] = await Promise.all([drawMeetingKeys(), drawMeetingKeys()])
    const [a, b] = await Promise.all([mine.agree(theirs.publicKey, 2, 9), theirs.agree(mine.publicKey, 9, 2)])
    expect(text(b.open(RELIABLE, a.seal(RELIABLE, bytes('there'))))).toBe('there')
    expect(text(a.open(RELIABLE, b.seal(RELIABLE, bytes('back'))))).toBe('back')
  })

  it('are others for other ids, and for other public keys', () => {
    const secret = new Uint8Array(32).fill(7)
    const [one, two, three] = [1, 2, 3].map((n) => new Uint8Array(65).fill(n)) as [Uint8Array, Uint8Array, Uint8Array]
    const hex = (...ends: [[number, Uint8Array], [number, Uint8Array]]) =>
      Buffer.from(keysOf(secret, ...ends).outgoing).toString('hex')
    const all = [
      hex([1, one], [2, two]),
      hex([2, two], [1, one]),
      hex([1, one], [3, two]),
      hex([1, one], [2, three]),
      hex([1, three], [2, two]),
    ]
    expect(new Set(all).size).toBe(5)
  })

  it('are not made of what is no point of the curve', async () => {
    const mine = await drawMeetingKeys()
    for (const wrong of [new Uint8Array(65), new Uint8Array(65).fill(4), new Uint8Array(0), mine.publicKey.slice(1)]) {
      expect((await rejection(mine.agree(wrong, 1, 2))).code).toBe('ERR_INVALID_DATA')
    }
  })
})
