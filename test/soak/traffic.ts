// Numbered packets whose content can be checked, and the books about them.

import type { Clock } from '../../src/net/clock.ts'
import type { End } from './ends.ts'

const HEADER = 4

function packet(sequence: number, bytes: number): Uint8Array {
  const result = new Uint8Array(Math.max(bytes, HEADER))
  new DataView(result.buffer).setUint32(0, sequence)
  for (let i = HEADER; i < result.length; i++) result[i] = (sequence * 31 + i * 7) & 0xff
  return result
}

/** The number of a packet. @throws {Error} when its content is not what was sent. */
function check(bytes: Uint8Array): number {
  const sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  for (let i = HEADER; i < bytes.length; i++) {
    if (bytes[i] !== ((sequence * 31 + i * 7) & 0xff)) throw new Error(`Packet ${sequence} is damaged at byte ${i}.`)
  }
  return sequence
}

/** What one peer sends to the other, and what of it arrives. */
export class Traffic {
  readonly #from: End
  readonly #clock: Clock
  readonly #sizes: number[] = []
  readonly #sentAt: number[] = []
  readonly #seen = new Set<number>()
  /** Found while packets came in; thrown by `verify`, because listeners must not throw. */
  readonly #faults: string[] = []
  #reliableReceived = 0
  #slowest = 0
  /** Whether the sender asks to hold back. */
  isFull = false

  constructor(from: End, to: End, clock: Clock) {
    this.#from = from
    this.#clock = clock
    to.onPacket((bytes, reliable) => {
      try {
        this.#receive(bytes, reliable)
      } catch (error) {
        this.#faults.push(String(error))
      }
    })
  }

  get complete(): boolean {
    return this.#faults.length > 0 || this.#reliableReceived === this.#sizes.length
  }
  /** The slowest unreliable packet, in ms. */
  get slowestMs(): number {
    return this.#slowest
  }

  reliable(bytes: number): void {
    const data = packet(this.#sizes.length, bytes)
    this.#sizes.push(data.length)
    this.isFull = !this.#from.send(data, true)
  }

  unreliable(bytes: number): void {
    const data = packet(this.#sentAt.length, bytes)
    this.#sentAt.push(this.#clock.now())
    this.#from.send(data, false)
  }

  /** @throws {Error} the first thing that was wrong */
  verify(): void {
    if (this.#faults.length > 0) throw new Error(`${this.#faults[0]} (${this.#faults.length} faults)`)
  }

  /** @throws {Error} something reliable did not come, or nothing unreliable did */
  verifyComplete(): void {
    if (!this.complete) throw new Error(`${this.#reliableReceived} of ${this.#sizes.length} reliable packets came.`)
    if (this.#seen.size === 0) throw new Error('No unreliable packet came.')
  }

  #receive(bytes: Uint8Array, reliable: boolean): void {
    const sequence = check(bytes)
    if (reliable) {
      const expected = this.#reliableReceived++
      if (sequence !== expected) throw new Error(`Reliable packet ${sequence} came where ${expected} was due.`)
      if (bytes.length !== this.#sizes[sequence]) throw new Error(`Reliable packet ${sequence} has another size.`)
      return
    }
    if (this.#seen.has(sequence)) throw new Error(`Unreliable packet ${sequence} came twice.`)
    this.#seen.add(sequence)
    const now = this.#clock.now()
    this.#slowest = Math.max(this.#slowest, now - this.#sentAt[sequence]!)
  }
}
