// Walks msgpack bytes without building anything, and says whether decoding them is safe: every length fits into what is
// there, nesting and number of values are bounded, and only those extension types occur that `encode` writes. What it
// lets through, msgpackr decodes without records, cycles or surprises. Format: github.com/msgpack/msgpack/spec.md.

import { MAX_DEPTH, MAX_ITEMS } from './constants.ts'

/** msgpackr's `undefined`; its typed arrays; the specification's timestamp. */
const EXT_UNDEFINED = 0x00
const EXT_TYPED_ARRAY = 0x74
const EXT_TIMESTAMP = 0xff

/** ECMA-262, 21.4.1.1: a Date reaches 8.64e15 ms to either side of 1970. */
const MAX_DATE_SECONDS = 8.64e12
/** Beyond the kinds of typed arrays msgpackr makes ArrayBuffers and DataViews, which no packet carries. */
const LAST_TYPED_ARRAY = 10

export interface ScanResult {
  /** Why the bytes are refused; `undefined` when they are fine. */
  readonly problem: string | undefined
  /** The packet holds binary data, which Node decodes to Buffers. */
  readonly hasBinary: boolean
}

const fine: ScanResult = { problem: undefined, hasBinary: false }
const fineWithBinary: ScanResult = { problem: undefined, hasBinary: true }
const refused = (problem: string): ScanResult => ({ problem, hasBinary: false })

/** How many values are still to come at each level of nesting, reused between calls. */
const remaining = new Uint32Array(MAX_DEPTH + 1)

/** Where the scan is. Not a local one: functions over it would be garbage with each packet. */
let position = 0

/** A big-endian number of `size` bytes, or Infinity when they are not there. */
function read(bytes: Uint8Array, size: 1 | 2 | 4): number {
  if (position + size > bytes.length) return Number.POSITIVE_INFINITY
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[position++]!
  return value
}

function isTypedArray(bytes: Uint8Array): boolean {
  return position < bytes.length && bytes[position]! <= LAST_TYPED_ARRAY
}

/** Whether the timestamp that follows (nanoseconds: u32, seconds: i64) is one that a Date can hold. */
function isDate(bytes: Uint8Array): boolean {
  if (position + 12 > bytes.length) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, 12)
  return view.getUint32(0) < 1e9 && Math.abs(Number(view.getBigInt64(4))) <= MAX_DATE_SECONDS
}

/**
 * Checks that `bytes` are, from `start` on, exactly one msgpack value within the limits; with `most`, at most so many values
 * one after the other. Never throws.
 */
export function scan(bytes: Uint8Array, start = 0, most?: number): ScanResult {
  const length = bytes.length
  position = start
  let depth = 0
  let items = 0
  let hasBinary = false
  remaining[0] = most ?? 1

  for (;;) {
    while (remaining[depth] === 0) {
      if (depth === 0) {
        if (position !== length) return refused('bytes follow the value')
        return hasBinary ? fineWithBinary : fine
      }
      depth -= 1
    }
    if (depth === 0 && position === length && most !== undefined) return hasBinary ? fineWithBinary : fine
    remaining[depth]! -= 1
    if (position >= length) return refused('cut off')
    items += 1
    if (items > MAX_ITEMS) return refused(`more than ${MAX_ITEMS} values`)

    const byte = bytes[position++]!
    let skip = 0
    let children = 0
    if (byte <= 0x7f || byte >= 0xe0) {
      // a small integer
    } else if (byte <= 0x8f) children = (byte & 0x0f) * 2
    else if (byte <= 0x9f) children = byte & 0x0f
    else if (byte <= 0xbf) skip = byte & 0x1f
    else {
      switch (byte) {
        case 0xc0: // nil
        case 0xc2: // false
        case 0xc3: // true
          break
        case 0xc4: // bin
        case 0xc5:
        case 0xc6:
          hasBinary = true
          skip = read(bytes, sizeOf(byte - 0xc4))
          break
        case 0xc7: // ext
        case 0xc8:
        case 0xc9: {
          skip = read(bytes, sizeOf(byte - 0xc7))
          const type = read(bytes, 1)
          const known =
            type === EXT_TYPED_ARRAY ? isTypedArray(bytes) : type === EXT_TIMESTAMP && skip === 12 && isDate(bytes)
          if (!known) return refused(`type ${type}`)
          break
        }
        case 0xca: // float 32
        case 0xce: // uint 32
        case 0xd2: // int 32
          skip = 4
          break
        case 0xcb: // float 64
        case 0xcf: // uint 64
        case 0xd3: // int 64
          skip = 8
          break
        case 0xcc: // uint 8
        case 0xd0: // int 8
          skip = 1
          break
        case 0xcd: // uint 16
        case 0xd1: // int 16
          skip = 2
          break
        case 0xd4: // fixext
        case 0xd5:
        case 0xd6:
        case 0xd7:
        case 0xd8: {
          skip = 1 << (byte - 0xd4)
          const type = read(bytes, 1)
          const known =
            (type === EXT_TYPED_ARRAY && isTypedArray(bytes)) ||
            (type === EXT_UNDEFINED && skip === 1) ||
            (type === EXT_TIMESTAMP && (skip === 4 || skip === 8))
          if (!known) return refused(`type ${type}`)
          break
        }
        case 0xd9: // str
        case 0xda:
        case 0xdb:
          skip = read(bytes, sizeOf(byte - 0xd9))
          break
        case 0xdc: // array
          children = read(bytes, 2)
          break
        case 0xdd:
          children = read(bytes, 4)
          break
        case 0xde: // map
          children = read(bytes, 2) * 2
          break
        case 0xdf:
          children = read(bytes, 4) * 2
          break
        default:
          return refused(`byte 0x${byte.toString(16)}`)
      }
    }
    // Every child takes at least one byte.
    if (skip > length - position || children > length - position) return refused('cut off')
    position += skip
    if (children > 0) {
      depth += 1
      if (depth > MAX_DEPTH) return refused(`nested deeper than ${MAX_DEPTH}`)
      remaining[depth] = children
    }
  }
}

function sizeOf(power: number): 1 | 2 | 4 {
  return power === 0 ? 1 : power === 1 ? 2 : 4
}
