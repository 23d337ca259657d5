// Msgpack by its grammar, in every form of each header, and now and then with something wrong in it.

import type { Chance } from './chance.ts'

/** A value with at most about `budget` values in it. */
export function msgpackOf(chance: Chance, budget = 40): Uint8Array {
  const out: number[] = []
  // One packet in four is valid throughout: what is wrong in the others is one thing or two.
  const writer = new Writer(chance, out, budget, chance.pick([0, 40, 150, 150]))
  writer.value(0)
  return Uint8Array.from(out)
}

const KEYS = ['a', 'id', '__proto__', 'constructor', 'prototype', 'toString', 'then', 'length', '0', '', 'é', 'toJSON']
const EXT_TYPES = [0x00, 0x01, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0x42, 0xff]

class Writer {
  readonly #chance: Chance
  readonly #out: number[]
  readonly #wrongEvery: number
  #budget: number

  constructor(chance: Chance, out: number[], budget: number, wrongEvery: number) {
    this.#chance = chance
    this.#out = out
    this.#budget = budget
    this.#wrongEvery = wrongEvery
  }

  value(depth: number): void {
    const chance = this.#chance
    this.#budget -= 1
    switch (chance.below(depth < 40 && this.#budget > 0 ? 14 : 10)) {
      case 0:
        this.#out.push(chance.pick([0xc0, 0xc2, 0xc3, 0x00, 0x7f, 0xe0, 0xff, this.#wrong ? 0xc1 : 0xc0]))
        return
      case 1:
        this.#out.push(chance.pick([0xcc, 0xd0]), chance.below(256))
        return
      case 2:
        this.#out.push(chance.pick([0xcd, 0xd1]), ...chance.bytes(2))
        return
      case 3:
        this.#out.push(chance.pick([0xca, 0xce, 0xd2]), ...chance.bytes(4))
        return
      case 4:
        this.#out.push(chance.pick([0xcb, 0xcf, 0xd3]), ...chance.bytes(8))
        return
      case 5:
      case 6:
        this.text(chance.oneIn(3) ? chance.pick(KEYS) : 'x'.repeat(chance.size(300)))
        return
      case 7: {
        const bytes = chance.bytes(chance.size(300))
        this.#length(bytes.length, [0xc4, 0xc5, 0xc6])
        this.#out.push(...bytes)
        return
      }
      case 8:
        this.#extension()
        return
      case 9:
        this.#out.push(chance.below(256) & 0x7f)
        return
      case 10:
      case 11: {
        const length = chance.size(12)
        this.#length(length, [0xdc, 0xdd], 0x90, 15)
        for (let i = 0; i < length; i++) this.value(depth + 1)
        return
      }
      default: {
        const length = chance.size(8)
        this.#length(length, [0xde, 0xdf], 0x80, 15)
        for (let i = 0; i < length; i++) {
          if (chance.oneIn(12)) this.value(depth + 1)
          else this.text(chance.pick(KEYS))
          this.value(depth + 1)
        }
      }
    }
  }

  text(text: string): void {
    const bytes = Buffer.from(text)
    this.#length(bytes.length, [0xd9, 0xda, 0xdb], 0xa0, 31)
    this.#out.push(...bytes)
    if (this.#wrong && bytes.length > 0) this.#out[this.#out.length - 1] = 0xff
  }

  #extension(): void {
    const chance = this.#chance
    const type = this.#wrong ? chance.pick(EXT_TYPES) : chance.pick([0x00, 0x74, 0x74, 0x74, 0xff])
    if (type === 0x00) this.#out.push(0xd4, 0x00, chance.below(2))
    else if (type === 0xff) {
      const [head, size] = chance.pick([
        [[0xd6, 0xff], 4] as const,
        [[0xd7, 0xff], 8] as const,
        [[0xc7, 12, 0xff], 12] as const,
      ])
      this.#out.push(...head, ...chance.bytes(size))
    } else {
      const kind = chance.below(this.#wrong ? 20 : 11)
      const content = chance.bytes(chance.size(8) * (this.#wrong ? 1 : 8))
      this.#length(content.length + 1, [0xc7, 0xc8, 0xc9])
      this.#out.push(type, kind, ...content)
    }
  }

  /** A header with a length: in any of its forms that can hold it, and sometimes another length than is meant. */
  #length(meant: number, heads: readonly number[], fixed?: number, fixedMost = 0): void {
    const chance = this.#chance
    const length = this.#wrong ? Math.abs(chance.number()) >>> 0 : meant
    if (fixed !== undefined && length <= fixedMost && !chance.oneIn(4)) {
      this.#out.push(fixed | length)
      return
    }
    const smallest = heads.length === 3 ? 1 : 2
    const fitting = heads.filter((_, i) => length < 2 ** (8 * smallest * 2 ** i))
    const head = fitting.length > 0 ? chance.pick(fitting) : heads.at(-1)!
    const size = smallest * 2 ** heads.indexOf(head)
    this.#out.push(head)
    for (let i = size - 1; i >= 0; i--) this.#out.push(Math.floor(length / 256 ** i) & 0xff)
  }

  get #wrong(): boolean {
    return this.#wrongEvery > 0 && this.#chance.oneIn(this.#wrongEvery)
  }
}
