// The one place where chance enters `net` and `multiplayer`.

/** A source of chance: 32 uniformly distributed random bits a call. */
export type Random = () => number

/** Cryptographically strong bits: for ids, nonces and secrets. */
export const systemRandom: Random = () => crypto.getRandomValues(new Uint32Array(1))[0]!

/** A reproducible sequence (mulberry32), for tests and simulations. Never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** A number in [0, 1). */
export function randomUnit(random: Random): number {
  return random() / 0x1_0000_0000
}
