// How vectors write bytes and values that JSON cannot hold. Described in README.md beside this file.

export type Noted = null | boolean | number | string | readonly Noted[] | { readonly [key: string]: Noted }

/** `de0001 a161 00*500`: hex digits, blanks for the reader, and `byte*times`. */
export function bytesOf(text: string): Uint8Array {
  const digits = text
    .split(' ')
    .map((part) => {
      const [byte = '', times] = part.split('*')
      return times === undefined ? byte : byte.repeat(Number(times))
    })
    .join('')
  return new Uint8Array(Buffer.from(digits, 'hex'))
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

const TYPED_ARRAYS = {
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
}

/** The value that a note in a vector stands for. */
export function meaningOf(note: Noted): unknown {
  if (typeof note !== 'object' || note === null) return note
  if (Array.isArray(note)) return note.map(meaningOf)
  const { $undefined, $bigint, $number, $date, $typed, $repeat, hex, times, text } = note as Record<string, Noted>
  if ($undefined) return undefined
  if (typeof $bigint === 'string') return BigInt($bigint)
  if ($number !== undefined) return Number($number)
  if (typeof $date === 'number') return new Date($date)
  if ($typed !== undefined) {
    const content = bytesOf(String(hex))
    return new TYPED_ARRAYS[$typed as keyof typeof TYPED_ARRAYS](content.buffer as ArrayBuffer)
  }
  if ($repeat !== undefined) {
    return text
      ? String($repeat).repeat(Number(times))
      : Array.from({ length: Number(times) }, () => meaningOf($repeat))
  }
  return Object.fromEntries(Object.entries(note).map(([key, inner]) => [key, meaningOf(inner)]))
}

/** As `hexOf` writes it: without what makes it readable. */
export function spelled(hex: readonly string[]): string[] {
  return hex.map((each) => hexOf(bytesOf(each)))
}
