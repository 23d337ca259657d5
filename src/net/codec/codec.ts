// Values to packets and back: msgpack, each packet complete in itself, because an unreliable one must decode alone.

import { FLOAT32_OPTIONS, Packr, RESERVE_START_SPACE, Unpackr } from 'msgpackr'
import { NetError } from '../errors.ts'
import { MAX_DEPTH, MAX_ITEMS } from './constants.ts'
import { scan } from './scan.ts'

type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/**
 * What a packet can carry. Typed arrays arrive as the type they were sent as, in the machine's byte order (little-endian
 * on every current one). Objects arrive as plain objects with the own enumerable properties that they were sent with.
 * -0 arrives as 0; a lone surrogate in a string arrives as U+FFFD.
 */
export type PacketValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  // biome-ignore lint/style/noRestrictedGlobals: the type of a value, not the time
  | Date
  | TypedArray
  | readonly PacketValue[]
  | { readonly [key: string]: PacketValue }

// `moreTypes` makes typed arrays arrive as what they are; without it msgpackr sends bytes of earlier packets along.
// What a toJSON method returns would not have been checked.
const packr = new Packr({ useRecords: false, moreTypes: true, useToJSON: false })
const float32Packr = new Packr({
  useRecords: false,
  moreTypes: true,
  useToJSON: false,
  useFloat32: FLOAT32_OPTIONS.ALWAYS,
})
const unpackr = new Unpackr({ useRecords: false, structuredClone: false, copyBuffers: true, mapsAsObjects: true })

/**
 * @throws {NetError} ERR_INVALID_PARAMETER: the value holds something that cannot be sent; the message says where.
 * @returns bytes that may share a larger buffer: use their offset and length.
 */
export function encode(value: PacketValue): Uint8Array {
  return encodeAfter(0, value)
}

/** As `encode`, with room for a header of `headerBytes` (0 to 255) in front, so that nothing is copied to add one. */
export function encodeAfter(headerBytes: number, value: PacketValue): Uint8Array {
  return pack(packr, headerBytes, value)
}

/**
 * Values one after the other, with room for a header of `headerBytes` (0 to 255) in front and nothing around them.
 * `float32`: numbers from -2^31 to below 2^32 that are not whole are rounded to 32 bits.
 * @throws {NetError} ERR_INVALID_PARAMETER
 */
export function encodeSequence(headerBytes: number, values: readonly PacketValue[], float32 = false): Uint8Array {
  // An array whose head makes way for the header: with few values it is as long at least, and nothing has to be cut off.
  const arrayHead = values.length < 16 ? 1 : 3
  const extra = Math.max(0, arrayHead - headerBytes)
  const bytes = pack(float32 ? float32Packr : packr, headerBytes - arrayHead + extra, values)
  return extra === 0 ? bytes : bytes.subarray(extra)
}

function pack(packr: Packr, headerBytes: number, value: PacketValue): Uint8Array {
  const unsendable = findUnsendable(value, 0, { items: 0 })
  if (unsendable) {
    const where = unsendable.path ? `The value at ${unsendable.path.replace(/^\./, '')}` : 'The value'
    throw new NetError('ERR_INVALID_PARAMETER', `${where} cannot be sent: it is ${unsendable.what}.`)
  }
  try {
    return packr.pack(value, RESERVE_START_SPACE | headerBytes)
  } catch (cause) {
    throw new NetError('ERR_INVALID_PARAMETER', `The value cannot be packed: ${cause}`, { cause })
  }
}

/** @throws {NetError} ERR_INVALID_DATA: not one msgpack value within the limits. */
export function decode(bytes: Uint8Array): PacketValue {
  const { problem, hasBinary } = scan(bytes)
  if (problem !== undefined) throw undecodable(problem)
  let value: PacketValue
  try {
    value = unpackr.unpack(bytes)
  } catch (cause) {
    throw undecodable('its content is not valid', cause)
  }
  return hasBinary ? withoutBuffers(value) : value
}

/** What `encodeSequence` wrote, from `start` on: `most` values at most. @throws {NetError} ERR_INVALID_DATA */
export function decodeSequence(bytes: Uint8Array, start: number, most: number): PacketValue[] {
  if (start === bytes.length) return []
  const { problem, hasBinary } = scan(bytes, start, most)
  if (problem !== undefined) throw undecodable(problem)
  let values: PacketValue[]
  try {
    values = unpackr.unpackMultiple(bytes.subarray(start)) as PacketValue[]
  } catch (cause) {
    throw undecodable('its content is not valid', cause)
  }
  return hasBinary ? (withoutBuffers(values) as PacketValue[]) : values
}

function undecodable(problem: string, cause?: unknown): NetError {
  return new NetError(
    'ERR_INVALID_DATA',
    `A packet could not be decoded: ${problem}.`,
    cause === undefined ? {} : { cause },
  )
}

const BOXED = 'an object around a primitive: send the value itself'

/** Objects whose content is not in their properties: they would arrive as `{}`. */
const UNSENDABLE: readonly (readonly [type: { [Symbol.hasInstance](value: unknown): boolean }, what: string])[] = [
  [ArrayBuffer, 'an ArrayBuffer: send a Uint8Array over it'],
  [Map, 'a Map: send an array, or Object.fromEntries'],
  [Set, 'a Set: send an array'],
  [WeakMap, 'a WeakMap'],
  [WeakSet, 'a WeakSet'],
  [WeakRef, 'a WeakRef: send what it refers to'],
  [Error, 'an Error: send its message'],
  [RegExp, 'a RegExp: send its source'],
  [Promise, 'a Promise: await it first'],
  [Number, BOXED],
  [String, BOXED],
  [Boolean, BOXED],
  [BigInt, BOXED],
  [Symbol, BOXED],
  // A page has it only when it is isolated from other origins.
  ...(typeof SharedArrayBuffer === 'undefined'
    ? []
    : [[SharedArrayBuffer, 'a SharedArrayBuffer: send a Uint8Array over it'] as const]),
]

interface Problem {
  path: string
  readonly what: string
}

/** Finds what msgpack would silently change or drop. The path is put together only when there is something to tell. */
function findUnsendable(value: unknown, depth: number, count: { items: number }): Problem | undefined {
  count.items += 1
  if (count.items > MAX_ITEMS) return problem(`one of more than ${MAX_ITEMS} values: send several packets, or bytes`)
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
    case 'string':
      return undefined
    case 'bigint':
      if (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value) return undefined
      return problem('a bigint of more than 64 bits')
    case 'object':
      break
    default:
      return problem(`a ${typeof value}`)
  }
  if (value === null) return undefined
  if (Array.isArray(value)) {
    if (depth >= MAX_DEPTH) return problem(`nested deeper than ${MAX_DEPTH}, or in a circle`)
    for (let i = 0; i < value.length; i++) {
      const found = findUnsendable(value[i], depth + 1, count)
      if (found) return within(`[${i}]`, found)
    }
    return undefined
  }
  if (ArrayBuffer.isView(value)) {
    return value instanceof DataView ? problem('a DataView: send a Uint8Array over its buffer') : undefined
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    // biome-ignore lint/style/noRestrictedGlobals: the type of a value, not the time
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? problem('an invalid Date') : undefined
    for (const [type, what] of UNSENDABLE) if (value instanceof type) return problem(what)
  }
  if (depth >= MAX_DEPTH) return problem(`nested deeper than ${MAX_DEPTH}, or in a circle`)
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue
    if (key === '__proto__') return problem('an object with a property named __proto__')
    count.items += 1
    const found = findUnsendable((value as Record<string, unknown>)[key], depth + 1, count)
    if (found) return within(`.${key}`, found)
  }
  return undefined
}

function problem(what: string): Problem {
  return { path: '', what }
}

function within(step: string, inner: Problem): Problem {
  inner.path = step + inner.path
  return inner
}

/** Node's decoder makes Buffers, whose methods differ; the same code must run everywhere. */
function withoutBuffers(value: PacketValue): PacketValue {
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) {
    if (!(value instanceof Uint8Array) || value.constructor === Uint8Array) return value
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = withoutBuffers(value[i])
    return value
  }
  // Data of Dates has no own enumerable properties.
  const object = value as Record<string, PacketValue>
  for (const key of Object.keys(object)) object[key] = withoutBuffers(object[key])
  return object
}
