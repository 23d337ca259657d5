// Packets that wait to be read, in order for each peer and in turns between peers, so that none starves another.

import type { NetError } from '../net/errors.ts'
import type { TransferMode } from './types.ts'
import type { PacketOwner } from './waiting-budget.ts'

/** A packet that came and was not read yet. */
export interface WaitingPacket {
  readonly from: number
  readonly mode: TransferMode
  readonly channel: number
  /** `payload` is one msgpack value; otherwise it is the packet itself. */
  readonly isValue: boolean
  readonly payload: Uint8Array
}

/** Where packets come from: a connection, or a peer whose packets are passed on over one. */
export interface PacketSource extends PacketOwner {
  readonly id: number
  /** Counts something bad that it sent; after a few it is gone. `port`: over which channel. */
  reject(error: NetError, port?: number): void
  /** Ends it. */
  fail(reason: 'buffer_overflow'): void
}

/** A packet with the connection over which it came: the peer may have come back over another since. */
export interface OwnedPacket extends WaitingPacket {
  /** No packet of the game's: a message between the services above. */
  readonly isService: boolean
  readonly owner: PacketSource
}

export class Inbox {
  /** In turn order: the peer whose packet is next comes first. */
  readonly #byPeer = new Map<number, { packets: OwnedPacket[]; head: number }>()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** The packet that `take` returns next. */
  get next(): OwnedPacket | undefined {
    for (const { packets, head } of this.#byPeer.values()) return packets[head]
    return undefined
  }

  add(packet: OwnedPacket): void {
    const queue = this.#byPeer.get(packet.from)
    if (queue) queue.packets.push(packet)
    else this.#byPeer.set(packet.from, { packets: [packet], head: 0 })
    this.#count += 1
  }

  take(): OwnedPacket | undefined {
    for (const [peer, queue] of this.#byPeer) {
      const packet = queue.packets[queue.head++]!
      this.#byPeer.delete(peer)
      // Not `shift`: of a long array it moves all the rest. Cut off in halves, so that what was read is let go.
      if (queue.head >= 1024 && queue.head * 2 >= queue.packets.length) {
        queue.packets = queue.packets.slice(queue.head)
        queue.head = 0
      }
      if (queue.head < queue.packets.length) this.#byPeer.set(peer, queue)
      this.#count -= 1
      return packet
    }
    return undefined
  }

  /** Drops the packets of one connection. */
  drop(owner: PacketSource): void {
    const queue = this.#byPeer.get(owner.id)
    if (!queue) return
    const waiting = queue.packets.slice(queue.head)
    const rest = waiting.filter((packet) => packet.owner !== owner)
    this.#count -= waiting.length - rest.length
    if (rest.length > 0) Object.assign(queue, { packets: rest, head: 0 })
    else this.#byPeer.delete(owner.id)
  }

  clear(): void {
    this.#byPeer.clear()
    this.#count = 0
  }
}
