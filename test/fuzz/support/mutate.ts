// Small changes to something that is valid: most of them leave enough of it intact to get past the first checks.

import type { Chance } from './chance.ts'

const BYTES = [
  0x00, 0x01, 0x7f, 0x80, 0x81, 0x90, 0xa0, 0xc0, 0xc1, 0xc4, 0xc7, 0xd4, 0xd9, 0xdc, 0xdd, 0xde, 0xdf, 0xff,
]

export function mutated(chance: Chance, valid: Uint8Array, others: readonly Uint8Array[] = [valid]): Uint8Array {
  let bytes = Uint8Array.from(valid)
  for (let edits = 1 + chance.size(6); edits > 0; edits--) bytes = edited(chance, bytes, others)
  return bytes
}

function edited(
  chance: Chance,
  bytes: Uint8Array<ArrayBuffer>,
  others: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const at = chance.below(bytes.length + 1)
  const length = Math.min(chance.size(64), bytes.length - at)
  switch (chance.below(10)) {
    case 0:
      return joined(bytes.subarray(0, at))
    case 1:
      return joined(bytes.subarray(at))
    case 2:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length))
    case 3:
      return joined(bytes.subarray(0, at), chance.bytes(length), bytes.subarray(at))
    case 4:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at))
    case 5: {
      const other = chance.pick(others)
      return joined(bytes.subarray(0, at), other.subarray(chance.below(other.length + 1)))
    }
    case 6:
      if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << chance.below(8))
      return bytes
    case 7: {
      const number = chance.number() >>> 0
      const size = chance.pick([1, 2, 4])
      for (let i = 0; i < size && at + i < bytes.length; i++) bytes[at + i] = number >>> (8 * (size - 1 - i))
      return bytes
    }
    default:
      if (at < bytes.length) bytes[at] = chance.oneIn(3) ? chance.below(256) : chance.pick(BYTES)
      return bytes
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts).subarray(0, 200_000))
}
