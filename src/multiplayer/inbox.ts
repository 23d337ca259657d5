// Packets that wait to be read, in order for each peer and in turns between peers, so that none starves another.

import type { TransferMode } from './types.ts'

export interface WaitingPacket {
  readonly from: number
  readonly mode: TransferMode
  readonly channel: number
  /** `payload` is one msgpack value; otherwise it is the packet itself. */
  readonly isValue: boolean
  readonly payload: Uint8Array
}

export class Inbox {
  /** In turn order: the peer whose packet is next comes first. */
  readonly #byPeer = new Map<number, WaitingPacket[]>()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** The packet that `take` returns next. */
  get next(): WaitingPacket | undefined {
    for (const packets of this.#byPeer.values()) return packets[0]
    return undefined
  }

  add(packet: WaitingPacket): void {
    const packets = this.#byPeer.get(packet.from)
    if (packets) packets.push(packet)
    else this.#byPeer.set(packet.from, [packet])
    this.#count += 1
  }

  take(): WaitingPacket | undefined {
    for (const [peer, packets] of this.#byPeer) {
      const packet = packets.shift()!
      this.#byPeer.delete(peer)
      if (packets.length > 0) this.#byPeer.set(peer, packets)
      this.#count -= 1
      return packet
    }
    return undefined
  }

  clear(): void {
    this.#byPeer.clear()
    this.#count = 0
  }
}
