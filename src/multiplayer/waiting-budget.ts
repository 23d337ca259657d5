// How much may wait to be read: of one peer, of all together, and of those that are gone. A peer that floods is refused
// before it takes the room of the others; one that comes and goes cannot leave more and more behind.

import {
  MAX_ROOM_WAITING_BYTES,
  MAX_ROOM_WAITING_PACKETS,
  MAX_WAITING_BYTES,
  MAX_WAITING_PACKETS,
} from './constants.ts'

/** Whose packets they are: one connection of a peer. A peer that comes back is another owner. */
export interface PacketOwner {
  readonly waiting: { packets: number; bytes: number }
}

export class WaitingBudget<Owner extends PacketOwner> {
  readonly #present = new Set<Owner>()
  /** Those of whom something still waits, the one that went first at the front. */
  #gone: Owner[] = []
  /** One packet of each beyond the limit, and only that, is let in beside what is counted: it was allowed to be sent. */
  readonly #oversized = new Map<Owner, Uint8Array>()
  #packets = 0
  #bytes = 0

  join(owner: Owner): void {
    this.#present.add(owner)
  }

  /** False: there is no room for this one. */
  add(owner: Owner, payload: Uint8Array): boolean {
    const { waiting } = owner
    if (payload.length > MAX_WAITING_BYTES && !this.#oversized.has(owner)) {
      this.#oversized.set(owner, payload)
      this.#count(owner, 1, 0)
      return true
    }
    if (waiting.packets >= MAX_WAITING_PACKETS || waiting.bytes + payload.length > MAX_WAITING_BYTES) return false
    const full = this.#packets >= MAX_ROOM_WAITING_PACKETS || this.#bytes + payload.length > MAX_ROOM_WAITING_BYTES
    // Who has taken less than an equal part is not refused for what the others have taken.
    const peers = Math.max(1, this.#present.size)
    const hasItsShare =
      waiting.packets >= MAX_ROOM_WAITING_PACKETS / peers || waiting.bytes > MAX_ROOM_WAITING_BYTES / peers
    if (full && hasItsShare) return false
    this.#count(owner, 1, payload.length)
    return true
  }

  /** It was read. Of an owner whose packets were dropped meanwhile nothing counts any more. */
  remove(owner: Owner, payload: Uint8Array): void {
    if (owner.waiting.packets === 0) return
    if (this.#oversized.get(owner) !== payload) this.#count(owner, -1, -payload.length)
    else {
      this.#oversized.delete(owner)
      this.#count(owner, -1, 0)
    }
  }

  /** `owner` is gone. Returns those whose packets must be dropped, because too much of the gone waits. */
  leave(owner: Owner): Owner[] {
    if (!this.#present.delete(owner)) return []
    this.#gone = this.#gone.filter(({ waiting }) => waiting.packets > 0)
    this.#gone.push(owner)
    const dropped: Owner[] = []
    const packets = () => this.#gone.reduce((sum, { waiting }) => sum + waiting.packets, 0)
    const bytes = () =>
      this.#gone.reduce((sum, each) => sum + each.waiting.bytes + (this.#oversized.get(each)?.length ?? 0), 0)
    while (packets() > MAX_WAITING_PACKETS || bytes() > MAX_WAITING_BYTES) dropped.push(this.#gone.shift()!)
    for (const each of dropped) {
      this.#oversized.delete(each)
      this.#count(each, -each.waiting.packets, -each.waiting.bytes)
    }
    return dropped
  }

  #count({ waiting }: Owner, packets: number, bytes: number): void {
    waiting.packets += packets
    waiting.bytes += bytes
    this.#packets += packets
    this.#bytes += bytes
  }
}
