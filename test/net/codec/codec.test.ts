import { describe, expect, it } from 'vitest'
import { decode, encode, type PacketValue } from '../../../src/net/codec/codec.ts'
import { MAX_DEPTH, MAX_ITEMS } from '../../../src/net/codec/constants.ts'
import { thrown } from '../../support/net-errors.ts'

/** Through the codec by way of a copy, as a network would. */
function trip(value: PacketValue): PacketValue {
  return decode(new Uint8Array(encode(value)))
}

/** Encodes what the types do not let pass. */
function refusal(value: unknown) {
  return thrown(() => encode(value as PacketValue))
}

function nested(depth: number, core: PacketValue): PacketValue {
  let value = core
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

describe('values that arrive as they were sent', () => {
  const values: Record<string, PacketValue> = {
    null: null,
    undefined: undefined,
    true: true,
    false: false,
    0: 0,
    '-1': -1,
    'the small integers': [
      0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, -32, -33, -128, -129, -32_768, -32_769,
    ],
    'the large integers': [2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)],
    fractions: [0.1, -0.1, Math.PI, Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON],
    'the numbers that are none': [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    'the bigints': [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 2n ** 64n - 1n],
    strings: ['', 'a', 'ü', '日本', '🛰️', 'a\0b', '__proto__', 'é'.repeat(40)],
    'long strings': ['x'.repeat(31), 'x'.repeat(32), 'x'.repeat(255), 'x'.repeat(65_536), '🛰️ñ'.repeat(30_000)],
    dates: [new Date(0), new Date(-1), new Date(1_234_567_890_123), new Date(8.64e15), new Date(-8.64e15)],
    'typed arrays': [
      Int8Array.of(-128, 127),
      Uint8Array.of(0, 255),
      Uint8ClampedArray.of(0, 255),
      Int16Array.of(-32_768, 32_767),
      Uint16Array.of(65_535),
      Int32Array.of(-(2 ** 31)),
      Uint32Array.of(2 ** 32 - 1),
      Float32Array.of(0.5, Number.NaN, -0),
      Float64Array.of(Math.PI, Number.POSITIVE_INFINITY),
      BigInt64Array.of(-(2n ** 63n)),
      BigUint64Array.of(2n ** 64n - 1n),
    ],
    'empty typed arrays': [new Uint8Array(0), new Float32Array(0), new BigInt64Array(0), new Uint8ClampedArray(0)],
    containers: [[], {}, [[]], { a: {} }, { list: [{ deep: [null] }] }],
    'properties of any name': {
      '': 1,
      constructor: 2,
      toString: 3,
      hasOwnProperty: 4,
      toJSON: 5,
      '1': 6,
      '-5': 7,
      ü: 8,
    },
    'properties without a value': { here: undefined, there: null },
  }
  for (const [name, value] of Object.entries(values)) {
    it(name, () => {
      expect(trip(value)).toStrictEqual(value)
    })
  }

  it('a typed array that looks at a part of a larger buffer, without the rest of it', () => {
    const buffer = new ArrayBuffer(1_024)
    new Uint8Array(buffer).fill(0xee)
    const part = new Float32Array(buffer, 400, 3)
    part.set([1, 2, 3])
    const bytes = encode({ part })
    expect(bytes.length).toBeLessThan(30)
    const { part: arrived } = decode(bytes) as { part: Float32Array }
    expect(arrived).toStrictEqual(Float32Array.of(1, 2, 3))
    expect(arrived.buffer.byteLength).toBe(12)
  })

  it('a packet that lies in the middle of a larger buffer, at any alignment', () => {
    const value = { f: Float64Array.of(1.5, -2), b: Uint8Array.of(7), d: new Date(5), s: 'sürface' }
    const packed = encode(value)
    for (let offset = 0; offset < 9; offset++) {
      const buffer = new Uint8Array(packed.length + 20).fill(0xc1)
      buffer.set(packed, offset)
      expect(decode(buffer.subarray(offset, offset + packed.length))).toStrictEqual(value)
    }
  })

  it('-0 as 0, a lone surrogate as the replacement character, a hole as undefined', () => {
    expect(Object.is(trip(-0), 0)).toBe(true)
    expect(trip('\ud800')).toMatch(/^\ufffd+$/)
    expect(trip(`${'x'.repeat(100)}\udc00y`)).toMatch(/^x{100}\ufffd+y$/)
    const sparse: PacketValue[] = [1]
    sparse[2] = 3
    expect(trip(sparse)).toStrictEqual([1, undefined, 3])
  })

  it('objects as plain ones, with their own enumerable properties only', () => {
    class Ship {
      x = 1
      readonly #secret = 2
      get sum(): number {
        return this.x + this.#secret
      }
      toJSON(): unknown {
        return { hidden: () => this.sum }
      }
    }
    const ship = trip(new Ship() as unknown as PacketValue)
    expect(ship).toStrictEqual({ x: 1 })
    const inheriting = Object.assign(Object.create({ inherited: 1 }), { own: 2, [Symbol('s')]: 3 })
    expect(trip(inheriting)).toStrictEqual({ own: 2 })
    expect(trip(Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 })
  })
})

describe('values that are refused', () => {
  const circular: unknown[] = []
  circular.push({ circular })
  const cases: [name: string, value: unknown, what: string][] = [
    ['a function', () => {}, 'a function'],
    ['a symbol', Symbol('s'), 'a symbol'],
    ['a Map', new Map(), 'a Map'],
    ['a Set', new Set(), 'a Set'],
    ['a Map of its own class', new (class extends Map {})(), 'a Map'],
    ['a WeakMap', new WeakMap(), 'a WeakMap'],
    ['a WeakSet', new WeakSet(), 'a WeakSet'],
    ['a WeakRef', new WeakRef({}), 'a WeakRef'],
    ['a SharedArrayBuffer', new SharedArrayBuffer(2), 'a SharedArrayBuffer'],
    ['a boxed number', Object(1), 'an object around a primitive'],
    ['a boxed string', Object('x'), 'an object around a primitive'],
    ['a boxed boolean', Object(false), 'an object around a primitive'],
    ['a boxed bigint', Object(1n), 'an object around a primitive'],
    ['a boxed symbol', Object(Symbol('s')), 'an object around a primitive'],
    ['a DataView', new DataView(new ArrayBuffer(2)), 'a DataView'],
    ['an ArrayBuffer', new ArrayBuffer(2), 'an ArrayBuffer'],
    ['an Error', new TypeError('x'), 'an Error'],
    ['a RegExp', /x/, 'a RegExp'],
    ['a Promise', Promise.resolve(), 'a Promise'],
    ['an invalid Date', new Date(Number.NaN), 'an invalid Date'],
    ['a bigint of 65 bits', 2n ** 64n, 'a bigint of more than 64 bits'],
    ['a bigint below 64 bits', -(2n ** 63n) - 1n, 'a bigint of more than 64 bits'],
    ['an own __proto__', JSON.parse('{"__proto__": {"polluted": 1}}'), 'a property named __proto__'],
    ['a circle', circular, 'in a circle'],
    ['33 levels', nested(MAX_DEPTH + 1, 0), `nested deeper than ${MAX_DEPTH}`],
  ]
  for (const [name, value, what] of cases) {
    it(`${name}: says what it is, and where`, () => {
      const alone = refusal(value)
      expect(alone.code).toBe('ERR_INVALID_PARAMETER')
      expect(alone.message).toContain(what)
      const within = refusal({ ships: [{}, { pilot: value }] })
      expect(within.message).toContain('The value at ships[1].pilot')
      expect(within.message).toContain(what)
    })
  }

  it('more values than a receiver takes: exactly as many pass', () => {
    // The array itself is one of them.
    const most = Array.from({ length: MAX_ITEMS - 1 }, () => 0)
    expect((trip(most) as number[]).length).toBe(MAX_ITEMS - 1)
    expect(refusal([...most, 0]).message).toContain(`more than ${MAX_ITEMS} values`)
    const half = Object.fromEntries(Array.from({ length: (MAX_ITEMS - 2) / 2 }, (_, i) => [i, 0]))
    expect(Object.keys(trip(half) as object).length).toBe((MAX_ITEMS - 2) / 2)
    expect(refusal({ ...half, more: 0 }).code).toBe('ERR_INVALID_PARAMETER')
  })

  it('deeper nesting than a receiver takes: exactly as deep passes', () => {
    expect(trip(nested(MAX_DEPTH, 7))).toStrictEqual(nested(MAX_DEPTH, 7))
  })

  it('leave the codec able to go on', () => {
    refusal({ a: () => {} })
    expect(trip({ a: 1 })).toEqual({ a: 1 })
  })
})

describe('packets', () => {
  it('decode alone, in any order, and do not share memory with what they came from', () => {
    const first = new Uint8Array(encode({ name: 'same keys', list: Uint8Array.of(1, 2) }))
    const second = new Uint8Array(encode({ name: 'other values', list: Uint8Array.of(3, 4) }))
    const decoded = [second, first, second].map((packet) => decode(packet) as { name: string; list: Uint8Array })
    expect(decoded.map(({ name }) => name)).toEqual(['other values', 'same keys', 'other values'])
    second.fill(0)
    expect(decoded[0]!.list).toStrictEqual(Uint8Array.of(3, 4))
  })

  it('hold plain Uint8Arrays at any depth, never a Buffer, also when they come in one', () => {
    const value = { a: Uint8Array.of(1), list: [[Uint8Array.of(2)], { b: Buffer.from('b') }] }
    for (const bytes of [encode(value), new Uint8Array(encode(value)), Buffer.from(encode(value))]) {
      const found: Uint8Array[] = []
      const walk = (part: unknown): void => {
        if (part instanceof Uint8Array) found.push(part)
        else if (typeof part === 'object' && part !== null) Object.values(part).forEach(walk)
      }
      walk(decode(bytes))
      expect(found.map((array) => array.constructor)).toEqual([Uint8Array, Uint8Array, Uint8Array])
      expect(found.map((array) => array[0])).toEqual([1, 2, 98])
    }
    expect((decode(encode(Buffer.from('x'))) as Uint8Array).constructor).toBe(Uint8Array)
  })

  it('carry nothing of the packets before them', () => {
    const marker = 'SECRET-OF-ANOTHER-PEER'
    const kinds = [Float32Array, Int16Array, Uint32Array, Float64Array, Uint8ClampedArray, BigInt64Array, Uint8Array]
    for (let i = 0; i < 500; i++) {
      encode(marker.repeat(8))
      const array = new kinds[i % kinds.length]!(64)
      const bytes = Buffer.from(encode({ array, n: i }))
      expect(bytes.includes('SECRET')).toBe(false)
      expect(bytes.length).toBeLessThan(array.byteLength + 40)
    }
  })

  it('cannot reach a prototype', () => {
    // Built by hand, because `encode` refuses it: { "__proto__": { "polluted": true }, "constructor": { "prototype": 1 } }
    const text = (word: string) => [0xa0 | word.length, ...Buffer.from(word)]
    const bytes = Uint8Array.of(
      0x82,
      ...text('__proto__'),
      ...[0x81, ...text('polluted'), 0xc3],
      ...text('constructor'),
      ...[0x81, ...text('prototype'), 0x01],
    )
    const value = decode(bytes) as Record<string, unknown>
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(value.polluted).toBeUndefined()
    expect(Object.hasOwn(value, 'constructor')).toBe(true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect({}.constructor).toBe(Object)
  })
})
