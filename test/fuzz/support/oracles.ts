// What must hold for every input, whatever is in it.

import { NetError, type NetErrorCode } from '../../../src/net/errors.ts'

/** How long the code under test took at most, in ms, since this was set to 0: the oracles' own work does not count. */
export const stopwatch = { slowestMs: 0 }

/** What `call` returns, and notes how long it took. */
export function clocked<T>(call: () => T): T {
  const start = performance.now()
  try {
    return call()
  } finally {
    stopwatch.slowestMs = Math.max(stopwatch.slowestMs, performance.now() - start)
  }
}

/** What `call` returns, or the NetError of one of the `allowed` codes that it throws. */
export function outcome<T>(call: () => T, ...allowed: readonly NetErrorCode[]): { value: T } | { error: NetError } {
  try {
    return { value: clocked(call) }
  } catch (error) {
    if (!(error instanceof NetError)) throw error
    if (!allowed.includes(error.code)) throw new Error(`${error.code} is not documented here`, { cause: error })
    if (error.message.length > 1_000) throw new Error('the message of an error repeats what was sent')
    return { error }
  }
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

/** About how many bytes a decoded value takes. */
export function weightOf(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (typeof value !== 'object' || value === null) return 8
  if (ArrayBuffer.isView(value)) return 100 + value.buffer.byteLength
  if (value instanceof Date) return 50
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + weightOf(item), 32)
  let sum = 56
  for (const [key, item] of Object.entries(value)) sum += 32 + key.length * 2 + weightOf(item)
  return sum
}

/** Whether two decoded values are the same. Where a date is concerned, only that both are: see STANDARD 3.2. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a.constructor !== b.constructor && !(a instanceof Uint8Array)) return sameEntries(a, b)
  if (a instanceof Date) return b instanceof Date
  if (ArrayBuffer.isView(a))
    return (
      ArrayBuffer.isView(b) &&
      Object.prototype.toString.call(a) === Object.prototype.toString.call(b) &&
      Buffer.compare(viewed(a), viewed(b)) === 0
    )
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
  return sameEntries(a, b)
}

function sameEntries(a: object, b: object): boolean {
  const [left, right] = [Object.entries(a), Object.entries(b)]
  if (Object.getPrototypeOf(a) !== Object.prototype || Object.getPrototypeOf(b) !== Object.prototype) return false
  return (
    left.length === right.length &&
    left.every(([key, item]) => Object.hasOwn(b, key) && sameValue(item, (b as Record<string, unknown>)[key]))
  )
}

function viewed(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
