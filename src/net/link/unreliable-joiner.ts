// Puts the pieces of unreliable packets together. One lost piece loses the packet: silently, and soon.

import { NetError } from '../errors.ts'
import { MAX_UNFINISHED_UNRELIABLE, UNFINISHED_TIMEOUT_MS } from './constants.ts'
import { byteAt, u16At } from './frames.ts'

interface Unfinished {
  readonly kind: number
  readonly parts: (Uint8Array | undefined)[]
  readonly at: number
  missing: number
}

export class UnreliableJoiner {
  /** In the order in which they began. */
  readonly #unfinished = new Map<number, Unfinished>()
  /** Packets that were whole, so that a late copy of a piece does not begin one anew. */
  readonly #done: number[] = []
  #place = 0

  /** Packets that were given up. */
  lost = 0

  /** Takes a piece. Returns the packet when it is whole. @throws {NetError} ERR_INVALID_DATA */
  add(kind: number, piece: Uint8Array, now: number): Uint8Array | undefined {
    const id = u16At(piece, 0)
    const place = byteAt(piece, 2)
    const index = place >>> 4
    const count = (place & 0x0f) + 1
    if (index >= count || piece.length === 3) throw new NetError('ERR_INVALID_DATA', `A piece ${index} of ${count}.`)
    if (this.#done.includes(id)) return undefined
    let packet = this.#unfinished.get(id)
    if (packet && now - packet.at > UNFINISHED_TIMEOUT_MS) {
      this.#give(id)
      packet = undefined
    }
    if (!packet) {
      this.#makeRoom(now)
      packet = { kind, parts: new Array<Uint8Array | undefined>(count).fill(undefined), at: now, missing: count }
      this.#unfinished.set(id, packet)
    }
    if (packet.parts.length !== count || packet.kind !== kind) {
      this.#give(id)
      throw new NetError('ERR_INVALID_DATA', 'A piece that does not fit its packet.')
    }
    if (packet.parts[index]) return undefined
    packet.parts[index] = piece.subarray(3)
    packet.missing -= 1
    if (packet.missing > 0) return undefined
    this.#unfinished.delete(id)
    this.#done[this.#place++ % MAX_UNFINISHED_UNRELIABLE] = id
    return join(packet.parts as Uint8Array[])
  }

  clear(): void {
    this.#unfinished.clear()
  }

  #makeRoom(now: number): void {
    for (const [id, { at }] of this.#unfinished) {
      if (this.#unfinished.size < MAX_UNFINISHED_UNRELIABLE && now - at <= UNFINISHED_TIMEOUT_MS) return
      this.#give(id)
    }
  }

  #give(id: number): void {
    this.#unfinished.delete(id)
    this.lost += 1
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
