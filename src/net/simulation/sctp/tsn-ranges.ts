// Which chunks have arrived: all up to a number, and ranges above it.

export class TsnRanges {
  #cumulative = 0
  /** First and last of each range in turn, ascending, with a gap before each. */
  #ranges: number[] = []

  get cumulative(): number {
    return this.#cumulative
  }
  get hasGaps(): boolean {
    return this.#ranges.length > 0
  }
  get ranges(): number[] {
    return this.#ranges.slice()
  }

  /** Returns false for one that has arrived before. */
  add(tsn: number): boolean {
    if (tsn <= this.#cumulative) return false
    const ranges = this.#ranges
    if (tsn === this.#cumulative + 1) {
      this.#cumulative = tsn
      this.#absorb()
      return true
    }
    // Mostly it belongs at the end.
    let i = ranges.length - 2
    while (i >= 0 && ranges[i]! > tsn) i -= 2
    if (i >= 0 && tsn <= ranges[i + 1]!) return false
    const joinsLower = i >= 0 && ranges[i + 1] === tsn - 1
    const joinsUpper = ranges[i + 2] === tsn + 1
    if (joinsLower && joinsUpper) ranges.splice(i + 1, 2)
    else if (joinsLower) ranges[i + 1] = tsn
    else if (joinsUpper) ranges[i + 2] = tsn
    else ranges.splice(i + 2, 0, tsn, tsn)
    return true
  }

  /** Holds everything up to `tsn` for arrived. */
  forward(tsn: number): void {
    if (tsn <= this.#cumulative) return
    this.#cumulative = tsn
    this.#absorb()
  }

  #absorb(): void {
    const ranges = this.#ranges
    let used = 0
    while (used < ranges.length && ranges[used]! <= this.#cumulative + 1) {
      this.#cumulative = Math.max(this.#cumulative, ranges[used + 1]!)
      used += 2
    }
    if (used > 0) ranges.splice(0, used)
  }
}
