// Choices made by a seed: the same seed makes the same input.

import { type Random, randomUnit, seededRandom } from '../../../src/net/random.ts'

export class Chance {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  get bits(): Random {
    return this.#random
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(randomUnit(this.#random) * end)
  }

  /** A whole number from `low` to `high`, both possible. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  /** Small numbers most of the time, and now and then a large one. */
  size(largest: number): number {
    return this.below(Math.min(largest, 2 ** this.below(1 + Math.ceil(Math.log2(largest + 1)))) + 1)
  }

  list<T>(length: number, item: () => T): T[] {
    return Array.from({ length }, item)
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random() & 0xff)
  }

  /** Numbers at which something changes. */
  number(): number {
    return this.oneIn(3) ? this.between(-1_000, 1_000) : this.pick(EDGES)
  }
}

const EDGES = [
  0,
  1,
  2,
  7,
  8,
  31,
  32,
  63,
  64,
  127,
  128,
  255,
  256,
  511,
  512,
  1_023,
  1_024,
  4_095,
  4_096,
  16_383,
  16_384,
  32_767,
  32_768,
  65_535,
  65_536,
  1_048_576,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_ffff,
  0x1_0000_0000,
  -1,
  -32,
  -33,
  -128,
  -129,
  -32_768,
  -0x8000_0000,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  1e300,
  0.5,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]
