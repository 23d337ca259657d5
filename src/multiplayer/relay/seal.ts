// Seals packets for one peer that is reached over a third, and opens those of it: the third can neither read nor change them,
// nor repeat them, nor, of reliable ones, leave one out or exchange two. Sans-IO: the cipher and the keys come in.
//
//   sealed packet   [number:u32, of unreliable ones] content, as long as the packet  tag:16
//
// The nonce says where a packet belongs: its mode, port and lane, and which it is there. What is reliable is counted on both
// sides: a packet that is not the next one cannot be opened.

import { NetError } from '../../net/errors.ts'
import { ReplayWindow } from './replay-window.ts'

/** An authenticated cipher: what is associated is not in the result, and has to be the same at both ends. */
export type Cipher = (
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
) => { encrypt(content: Uint8Array): Uint8Array; decrypt(sealed: Uint8Array): Uint8Array }

export interface SealKeys {
  readonly outgoing: Uint8Array
  readonly incoming: Uint8Array
}

export type SealMode = 'reliable' | 'ordered' | 'unreliable'

/** Where a packet travels, and what it is. Both sides see the same, unless somebody changed it. */
export interface SealPlace {
  readonly mode: SealMode
  readonly port: number
  readonly lane: number
  readonly kind: number
}

const MODES: readonly SealMode[] = ['unreliable', 'ordered', 'reliable']
const NUMBER_BYTES = 4
const MAX_NUMBER = 0xffff_ffff

export class Seal {
  readonly #cipher: Cipher
  readonly #keys: SealKeys
  /** By port and lane; unreliable ones of both modes by port. */
  readonly #sent = new Map<number, number>()
  readonly #opened = new Map<number, number>()
  readonly #windows = new Map<number, ReplayWindow>()
  /** The number of the last ordered packet, by port. */
  readonly #ordered = new Map<number, number>()

  constructor(cipher: Cipher, keys: SealKeys) {
    this.#cipher = cipher
    this.#keys = keys
  }

  /** @throws {NetError} ERR_UNAVAILABLE: the keys are used up. */
  seal(place: SealPlace, packet: Uint8Array): Uint8Array {
    const stream = streamOf(place)
    const number = this.#sent.get(stream) ?? 0
    if (number >= MAX_NUMBER) throw new NetError('ERR_UNAVAILABLE', 'More than 2^32 packets were sealed: connect anew.')
    this.#sent.set(stream, number + 1)
    const sealed = this.#cipher(this.#keys.outgoing, nonceOf(place, number), associated(place)).encrypt(packet)
    if (place.mode === 'reliable') return sealed
    const bytes = new Uint8Array(NUMBER_BYTES + sealed.length)
    new DataView(bytes.buffer).setUint32(0, number, true)
    bytes.set(sealed, NUMBER_BYTES)
    return bytes
  }

  /**
   * Of an unreliable packet that came before, or an ordered one that is late: undefined.
   * @throws {NetError} ERR_UNAUTHORIZED: it is not as the peer sealed it, or not the next one.
   */
  open(place: SealPlace, sealed: Uint8Array): Uint8Array | undefined {
    const stream = streamOf(place)
    if (place.mode === 'reliable') {
      const number = this.#opened.get(stream) ?? 0
      const packet = this.#decrypt(place, number, sealed)
      this.#opened.set(stream, number + 1)
      return packet
    }
    if (sealed.length < NUMBER_BYTES) throw spoiled()
    const number = new DataView(sealed.buffer, sealed.byteOffset).getUint32(0, true)
    const window = this.#windows.get(stream) ?? new ReplayWindow()
    if (!window.isNew(number)) return undefined
    const packet = this.#decrypt(place, number, sealed.subarray(NUMBER_BYTES))
    window.note(number)
    this.#windows.set(stream, window)
    if (place.mode === 'unreliable') return packet
    if (number < (this.#ordered.get(stream) ?? 0)) return undefined
    this.#ordered.set(stream, number)
    return packet
  }

  #decrypt(place: SealPlace, number: number, sealed: Uint8Array): Uint8Array {
    try {
      return this.#cipher(this.#keys.incoming, nonceOf(place, number), associated(place)).decrypt(sealed)
    } catch {
      throw spoiled()
    }
  }
}

function streamOf({ mode, port, lane }: SealPlace): number {
  return mode === 'reliable' ? (port << 8) | lane : -1 - port
}

/** No two packets of one key have the same. */
function nonceOf({ mode, port, lane }: SealPlace, number: number): Uint8Array {
  const nonce = Uint8Array.of(MODES.indexOf(mode), port, lane, 0, 0, 0, 0, 0, 0, 0, 0, 0)
  new DataView(nonce.buffer).setUint32(8, number, true)
  return nonce
}

function associated({ kind }: SealPlace): Uint8Array {
  return Uint8Array.of(kind)
}

function spoiled(): NetError {
  const what = 'A sealed packet could not be opened'
  return new NetError('ERR_UNAUTHORIZED', `${what}: who passes it on changed, repeated, left out or exchanged some.`)
}
