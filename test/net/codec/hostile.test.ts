import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../../src/net/codec/codec.ts'
import { MAX_DEPTH, MAX_ITEMS } from '../../../src/net/codec/constants.ts'
import { scan } from '../../../src/net/codec/scan.ts'
import { NetError } from '../../../src/net/errors.ts'
import { type Random, seededRandom } from '../../../src/net/random.ts'
import { thrown } from '../../support/net-errors.ts'

/** Processor time of this process, which a busy machine does not stretch. */
function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}

const FULL = [0xff, 0xff, 0xff, 0xff]

describe('what a packet may not be', () => {
  const bombs: Record<string, number[]> = {
    nothing: [],
    'an array of 2^32 - 1': [0xdd, ...FULL],
    'a map of 2^32 - 1': [0xdf, ...FULL],
    'a string of 2^32 - 1': [0xdb, ...FULL],
    'binary of 2^32 - 1': [0xc6, ...FULL],
    'an extension of 2^32 - 1': [0xc9, ...FULL, 0x74],
    'an array of 65,535 with little in it': [0xdc, 0xff, 0xff, 0, 0, 0],
    'a map of 65,535 with little in it': [0xde, 0xff, 0xff, 0, 0, 0],
    'a map that needs twice what is there': [0x82, 0x00, 0x00, 0x00],
    '5,000 levels': [...new Array(5_000).fill(0x91), 0xc0],
    '5,000 levels of maps': [...new Array(5_000).fill([0x81, 0x01]).flat(), 0xc0],
    'one level too many': [...new Array(MAX_DEPTH + 1).fill(0x91), 0xc0],
    'one value too many': [0xdd, 0, 1, 0, 0, ...new Array(MAX_ITEMS).fill(0)],
    'a record definition': [0xd4, 0x72, 0x40],
    'a record definition with its keys': [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01],
    'the structured-clone id': [0xd6, 0x69, 0, 0, 0, 1, 0x90],
    'the structured-clone pointer': [0xd6, 0x70, 0, 0, 0, 1],
    'a RegExp': [0xd4, 0x78, 0x00, 0x92, 0xa1, 0x61, 0xa0],
    'an Error': [0xd4, 0x65, 0x00, 0x92, 0xa1, 0x61, 0xa1, 0x62],
    'a Set': [0xd4, 0x73, 0x00, 0x91, 0x01],
    'bundled strings': [0xd6, 0x62, 0, 0, 0, 1],
    'a large bigint': [0xd8, 0x42, ...new Array(16).fill(1)],
    'an invalid timestamp': [0xd4, 0xff, 0xff],
    'a timestamp of a wrong size': [0xc7, 0x05, 0xff, 1, 2, 3, 4, 5],
    'a wrong undefined': [0xd5, 0x00, 0, 0],
    'an unknown typed array': [0xd5, 0x74, 99, 0],
    'a typed array without its type': [0xc7, 0x00, 0x74],
    'a typed array of half an element': [0xc7, 0x04, 0x74, 0x07, 1, 2, 3],
    'an ArrayBuffer': [0xd5, 0x74, 16, 1],
    'a DataView': [0xd5, 0x74, 17, 1],
    'the byte that is never used': [0xc1],
    'the byte that is never used, within': [0x92, 0xc1, 0xc1],
    'a value and something after it': [0x01, 0x01],
    'half a length': [0xdd, 0, 0],
  }
  for (const [name, bytes] of Object.entries(bombs)) {
    it(name, () => {
      expect(thrown(() => decode(Uint8Array.from(bytes))).code).toBe('ERR_INVALID_DATA')
    })
  }

  it('nested one level deeper than allowed, and exactly that', () => {
    const nested = (levels: number) => scan(Uint8Array.from([...new Array(levels).fill(0x91), 0xc0])).problem
    expect(nested(MAX_DEPTH)).toBeUndefined()
    expect(nested(MAX_DEPTH + 1)).toContain('nested deeper')
    const wide = [0x92, ...new Array(MAX_DEPTH).fill(0x91), 0xc0, 0xc0]
    expect(scan(Uint8Array.from(wide)).problem).toContain('nested deeper')
  })

  it('a part of a valid packet, wherever it is cut off', () => {
    const packet = new Uint8Array(
      encode({
        s: 'string'.repeat(20),
        n: [1, 300, 70_000, -5, 0.5, 5n],
        b: Uint8Array.of(1),
        d: new Date(9),
        u: undefined,
      }),
    )
    for (let length = 0; length < packet.length; length++) {
      expect(scan(packet.subarray(0, length)).problem, `${length} bytes`).toBeDefined()
    }
    expect(scan(packet).problem).toBeUndefined()
  })

  it('is found out without building it: 1,000 bombs take no time', () => {
    const start = process.cpuUsage()
    for (let i = 0; i < 1_000; i++)
      for (const bytes of [bombs['5,000 levels']!, bombs['an array of 2^32 - 1']!]) {
        expect(scan(Uint8Array.from(bytes)).problem).toBeDefined()
      }
    expect(cpuMsSince(start)).toBeLessThan(1_000)
  })
})

describe('a flood of packets made by chance', () => {
  const valid = [
    { t: 1, ships: [{ id: 5, x: 1.5, y: -2, name: 'Ada' }], when: new Date(1_700_000_000_123) },
    [null, undefined, true, 1n, -(2n ** 63n), 'é'.repeat(50), { a: { b: { c: [] } } }],
    { f: Float32Array.of(1, 2, 3), b: Uint8Array.of(1, 2, 3), i: BigInt64Array.of(5n), c: new Uint8ClampedArray(3) },
    Array.from({ length: 40 }, (_, i) => ({ [`key ${i}`]: i * 1_000 })),
  ].map((value) => new Uint8Array(encode(value)))

  /** The bytes with which msgpack's rarer kinds begin come often, so that random packets get beyond the first value. */
  function randomByte(random: Random): number {
    const bits = random()
    return bits & 0x100 ? 0x80 + (bits & 0x7f) : bits & 0xff
  }

  function randomPacket(random: Random): Uint8Array {
    return Uint8Array.from({ length: random() % 48 }, () => randomByte(random))
  }

  function mutated(random: Random): Uint8Array {
    const packet = Uint8Array.from(valid[random() % valid.length]!)
    for (let edits = 1 + (random() % 3); edits > 0; edits--) packet[random() % packet.length] = randomByte(random)
    return random() % 8 === 0 ? packet.subarray(0, random() % packet.length) : packet
  }

  it('decodes, or throws ERR_INVALID_DATA, and leaves everything else as it was', () => {
    const prototypes = [Object.prototype, Array.prototype, Uint8Array.prototype, Date.prototype]
    const before = prototypes.map((prototype) => Object.getOwnPropertyNames(prototype).join())
    const random = seededRandom(2_026)
    const start = process.cpuUsage()
    let decoded = 0
    let refused = 0
    for (let i = 0; i < 40_000; i++) {
      const packet = i % 2 === 0 ? randomPacket(random) : mutated(random)
      try {
        decode(packet)
        decoded += 1
      } catch (error) {
        if (!(error instanceof NetError) || error.code !== 'ERR_INVALID_DATA') {
          throw new Error(`packet ${i}: ${Buffer.from(packet).toString('hex')}`, { cause: error })
        }
        refused += 1
      }
    }
    expect(cpuMsSince(start)).toBeLessThan(3_000)
    expect(prototypes.map((prototype) => Object.getOwnPropertyNames(prototype).join())).toEqual(before)
    // Both ways were taken often.
    expect(decoded).toBeGreaterThan(5_000)
    expect(refused).toBeGreaterThan(5_000)
    expect(decode(valid[0]!)).toHaveProperty('ships')
  })
})
