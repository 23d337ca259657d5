// A second decoder, written from docs/STANDARD.md alone and without any of the library: when the two disagree, one of
// them or the page is wrong. It shows how little an implementation in another language needs.

export class Refused extends Error {}

/** What a link message says (STANDARD 2.1, 2.2), before reassembly. */
export interface LinkMessage {
  readonly kind: string
  /** Reliable: the packet goes on. */
  readonly more: boolean
  /** Unreliable: late ones are dropped. */
  readonly ordered: boolean
  /** Unreliable only. */
  readonly sequence: number | undefined
  readonly payload: Uint8Array
}

const KINDS = ['VALUE', 'BYTES', 'HELLO', 'GOODBYE', 'GOODBYE_ACK', 'PING', 'PONG']

export function readLinkMessage(reliable: boolean, message: Uint8Array): LinkMessage {
  const header = reliable ? 1 : 3
  if (message.length < header) throw new Refused('no header')
  const head = message[0]!
  if ((head & (reliable ? 0x70 : 0xb0)) !== 0) throw new Refused('a bit that is not defined')
  return {
    kind: KINDS[head & 0x0f] ?? 'none',
    more: (head & 0x80) !== 0,
    ordered: (head & 0x40) !== 0,
    sequence: reliable ? undefined : message[1]! + message[2]! * 256,
    payload: message.subarray(header),
  }
}

/** The version and the modes of the user channels in a HELLO. */
export function readGreeting(payload: Uint8Array): { version: number | undefined; modes: number[] } {
  return { version: payload[0], modes: [...payload.subarray(1)] }
}

/** A PING's or PONG's payload. */
export function readPing(payload: Uint8Array): { nonce: number; loss: number } {
  if (payload.length !== 3) throw new Refused('a ping of another length')
  return { nonce: payload[0]! + payload[1]! * 256, loss: payload[2]! }
}

/** Joins the fragments of one reliable channel (STANDARD 2.3). Gives a packet with its last fragment. */
export class Reassembly {
  #parts: Uint8Array[] = []
  #size = 0
  #count = 0
  #skipping = false

  add({ more, payload }: LinkMessage): Uint8Array | undefined {
    const alone = !more && this.#count === 0 && !this.#skipping
    if (!alone && payload.length === 0) return this.#refuse(more, 'an empty fragment')
    if (!alone && this.#size + payload.length > 1_048_576) return this.#refuse(more, 'too large')
    if (!alone && !this.#skipping && this.#count === 512) return this.#refuse(more, 'too many fragments')
    if (!this.#skipping) this.#parts.push(payload)
    this.#size += payload.length
    this.#count += 1
    if (more) return undefined
    const whole = this.#skipping ? undefined : joined(this.#parts, this.#size)
    this.#reset(false)
    return whole
  }

  #refuse(more: boolean, why: string): never {
    this.#reset(more)
    throw new Refused(why)
  }

  #reset(skipping: boolean): void {
    this.#parts = []
    this.#size = 0
    this.#count = 0
    this.#skipping = skipping
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** STANDARD 2.4. */
export function isNewer(a: number, b: number): boolean {
  const distance = (((a - b) % 65_536) + 65_536) % 65_536
  return distance >= 1 && distance <= 32_767
}

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

class ValueReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
