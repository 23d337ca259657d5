// A second decoder of values, written from docs/STANDARD.md (section 3) alone and without any of the library: when the two
// disagree, one of them or the page is wrong. It shows how little an implementation in another language needs.

export class Refused extends Error {}

const TYPED_ARRAYS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

/** Reads one packet value (STANDARD 3). @throws {Refused} */
export function readValue(bytes: Uint8Array): unknown {
  const reader = new ValueReader(bytes)
  const value = reader.value(0)
  reader.expectEnd()
  return value
}

/** Reads values one after the other up to the end (STANDARD 6.3). @throws {Refused} */
export function readValues(bytes: Uint8Array): unknown[] {
  const reader = new ValueReader(bytes)
  const values: unknown[] = []
  while (!reader.isAtEnd) values.push(reader.value(0))
  return values
}

class ValueReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length) throw new Refused('bytes after the value')
  }

  /** `depth`: how many arrays and maps are around it. */
  value(depth: number): unknown {
    this.#items += 1
    if (this.#items > 65_536) throw new Refused('too many values')
    const head = this.#whole(1)
    if (head <= 0x7f) return head
    if (head <= 0x8f) return this.#map(head & 0x0f, depth)
    if (head <= 0x9f) return this.#array(head & 0x0f, depth)
    if (head <= 0xbf) return this.#text(head & 0x1f)
    if (head >= 0xe0) return head - 0x100
    switch (head) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#take(this.#whole(1 << (head - 0xc4))).slice()
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#whole(1 << (head - 0xc7)), false)
      case 0xca:
        return this.#number(4, (at) => this.#view.getFloat32(at))
      case 0xcb:
        return this.#number(8, (at) => this.#view.getFloat64(at))
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#whole(1 << (head - 0xcc))
      case 0xcf:
        return this.#number(8, (at) => this.#view.getBigUint64(at))
      case 0xd0:
        return this.#number(1, (at) => this.#view.getInt8(at))
      case 0xd1:
        return this.#number(2, (at) => this.#view.getInt16(at))
      case 0xd2:
        return this.#number(4, (at) => this.#view.getInt32(at))
      case 0xd3:
        return this.#number(8, (at) => this.#view.getBigInt64(at))
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (head - 0xd4), true)
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#whole(1 << (head - 0xd9)))
      case 0xdc:
      case 0xdd:
        return this.#array(this.#whole(2 << (head - 0xdc)), depth)
      case 0xde:
      case 0xdf:
        return this.#map(this.#whole(2 << (head - 0xde)), depth)
      default:
        throw new Refused(`byte ${head}`)
    }
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Refused('cut off')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #whole(size: number): number {
    return this.#take(size).reduce((value, byte) => value * 256 + byte, 0)
  }

  #number<T>(size: number, read: (at: number) => T): T {
    this.#take(size)
    return read(this.#at - size)
  }

  #text(length: number): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#take(length))
  }

  #enter(children: number, depth: number): void {
    if (children > this.#bytes.length - this.#at) throw new Refused('cut off')
    if (children > 0 && depth >= 32) throw new Refused('nested too deep')
  }

  #array(length: number, depth: number): unknown[] {
    this.#enter(length, depth)
    return Array.from({ length }, () => this.value(depth + 1))
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#enter(length * 2, depth)
    const entries = Array.from({ length }, () => [this.#key(depth + 1), this.value(depth + 1)] as const)
    return Object.fromEntries(entries)
  }

  #key(depth: number): string {
    const key = this.value(depth)
    if (typeof key === 'object' && key !== null) throw new Refused('a key that is no plain value')
    return key === '__proto__' ? '__proto_' : String(key)
  }

  #extension(length: number, fixed: boolean): unknown {
    const type = this.#whole(1)
    const data = this.#take(length)
    if (type === 0x00 && fixed && length === 1) return undefined
    if (type === 0x74 && length > 0) return this.#typedArray(data[0]!, data.slice(1))
    if (type === 0xff) return this.#timestamp(data, fixed)
    throw new Refused(`type ${type}`)
  }

  #typedArray(kind: number, content: Uint8Array<ArrayBuffer>): unknown {
    const Kind = TYPED_ARRAYS[kind]
    if (!Kind || content.length % Kind.BYTES_PER_ELEMENT !== 0) throw new Refused('no such typed array')
    // The elements are little-endian, and so is every machine that runs this.
    return new Kind(content.buffer)
  }

  #timestamp(data: Uint8Array, fixed: boolean): Date {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    if (fixed && data.length === 4) return new Date(view.getUint32(0) * 1000)
    if (fixed && data.length === 8) {
      const both = view.getBigUint64(0)
      return date(Number(both & 0x3_ffff_ffffn), Number(both >> 34n))
    }
    if (!fixed && data.length === 12) {
      const [seconds, nanoseconds] = [Number(view.getBigInt64(4)), view.getUint32(0)]
      if (nanoseconds >= 1_000_000_000 || Math.abs(seconds) > 8.64e12) throw new Refused('a time that no Date can hold')
      return date(seconds, nanoseconds)
    }
    throw new Refused('a timestamp of another length')
  }
}

function date(seconds: number, nanoseconds: number): Date {
  return new Date(seconds * 1000 + nanoseconds / 1_000_000)
}
