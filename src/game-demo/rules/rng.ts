// Chance for the rules: a small seeded generator (mulberry32) that is plain data, so that it can lie in a state, be
// copied, and give the same game for the same seed.

export interface Rng {
  state: number
}

export function createRng(seed: number): Rng {
  return { state: seed >>> 0 }
}

/** The next number in [0, 1). Advances `rng`. */
export function random(rng: Rng): number {
  rng.state = (rng.state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(rng.state ^ (rng.state >>> 15), rng.state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
}

/** A number in [low, high). */
export function randomBetween(rng: Rng, low: number, high: number): number {
  return low + random(rng) * (high - low)
}
