// Keys in order, for listings that go through them page by page.

export class SortedKeys {
  readonly #keys: string[] = []

  add(key: string): void {
    const at = this.#firstFrom(key)
    if (this.#keys[at] !== key) this.#keys.splice(at, 0, key)
  }

  delete(key: string): void {
    const at = this.#firstFrom(key)
    if (this.#keys[at] === key) this.#keys.splice(at, 1)
  }

  /** Those behind `key`, which need not be among them; left out: all. */
  *after(key?: string): Generator<string> {
    const start = key === undefined ? 0 : this.#firstFrom(key)
    for (let at = this.#keys[start] === key ? start + 1 : start; at < this.#keys.length; at++) yield this.#keys[at]!
  }

  /** Where the first key is that is not before `key`. */
  #firstFrom(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
