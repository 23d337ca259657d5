// A fingerprint of everything that went over the network: equal for two runs that were equal, byte for byte.

/** FNV-1a with 32 bits, twice with different starts. */
export class Trace {
  #low = 0x811c9dc5
  #high = 0x9e3779b9

  number(value: number): void {
    // Times have fractions: thousandths of a ms are kept.
    const whole = Math.round(value * 1000)
    this.#word(whole | 0)
    this.#word(Math.floor(whole / 0x1_0000_0000))
  }

  /** Whole bytes, with their number. */
  bytes(bytes: Uint8Array): void {
    let low = this.#low
    let high = this.#high
    for (let i = 0; i < bytes.length; i++) {
      low = Math.imul(low ^ bytes[i]!, 0x01000193)
      high = Math.imul(high ^ bytes[i]!, 0x01000193)
    }
    this.#low = low
    this.#high = high
    this.#word(bytes.length)
  }

  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.#word(text.charCodeAt(i))
    this.#word(text.length)
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
    return hex(this.#high) + hex(this.#low)
  }

  #word(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193)
    // The rotation keeps the two halves from being one number in two guises.
    this.#high = Math.imul(((this.#high << 13) | (this.#high >>> 19)) ^ word, 0x01000193)
  }
}
