// Numbers of ticks on the wire. A tick is a whole number that grows for as long as the room lives; a packet carries its
// lowest 16 or 32 bits, and these functions put them right again.

/** How many bits of a tick a packet carries: 16 are enough for 9 minutes at 60 a second, there and back. */
export type TickBits = 16 | 32

const SIZES = { 16: 0x1_0000, 32: 0x1_0000_0000 } as const

/** The lowest bits of a tick, as an unsigned number. */
export function wrapTick(tick: number, bits: TickBits = 32): number {
  const size = SIZES[bits]
  return ((tick % size) + size) % size
}

/** How many ticks `a` is after `b` (before: negative), where both may have wrapped: -2^(bits-1) to 2^(bits-1) - 1. */
export function tickDelta(a: number, b: number, bits: TickBits = 32): number {
  const distance = wrapTick(a - b, bits)
  return distance < SIZES[bits] / 2 ? distance : distance - SIZES[bits]
}

/** Whether `a` is after `b`, where both may have wrapped. */
export function isNewerTick(a: number, b: number, bits: TickBits = 32): boolean {
  return tickDelta(a, b, bits) > 0
}

/** The whole tick of which a packet carried the lowest bits: the one that is nearest to `near`, such as `ticker.tick`. */
export function unwrapTick(wrapped: number, near: number, bits: TickBits = 32): number {
  return near + tickDelta(wrapped, near, bits)
}
