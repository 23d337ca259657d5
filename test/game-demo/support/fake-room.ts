// Rooms in memory for the game's tests: packets wait until `flush`, in order; links can be lossy or late to come up.

import type { Room, RoomEvents } from '../../../src/multiplayer/room-types.ts'
import type { DisconnectReason, PacketValue, PeerStats, SendOptions } from '../../../src/multiplayer/types.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { Emitter } from '../../../src/net/emitter.ts'
import { DEFAULT_STATS } from './fake-stats.ts'

interface Parcel {
  readonly from: number
  readonly to: number
  readonly value: PacketValue
  readonly mode: TransferMode
}

export class FakeNetwork {
  readonly rooms = new Map<number, FakeRoom>()
  readonly #parcels: Parcel[] = []
  host = 0

  /** A peer that is connected with nobody yet. The first one is the host. */
  add(id: number): FakeRoom {
    const room = new FakeRoom(this, id)
    this.rooms.set(id, room)
    this.host ||= id
    return room
  }

  /** A peer that is connected with everybody. */
  join(id: number): FakeRoom {
    const others = [...this.rooms.keys()]
    const room = this.add(id)
    for (const other of others) this.connect(id, other)
    return room
  }

  connect(a: number, b: number): void {
    this.rooms.get(a)?.link(b)
    this.rooms.get(b)?.link(a)
  }

  /** The peer is gone; who is host then is said later, as signaling does. */
  remove(id: number, reason: DisconnectReason = 'left'): void {
    this.rooms.delete(id)
    for (const room of this.rooms.values()) room.unlink(id, reason)
  }

  makeHost(id: number): void {
    this.host = id
    for (const room of this.rooms.values()) room.announce()
  }

  post(parcel: Parcel): void {
    // A copy, as the wire would make one: nobody shares objects with a remote.
    this.#parcels.push({ ...parcel, value: structuredClone(parcel.value) })
  }

  /** Delivers everything, and what is sent in reply. */
  flush(): void {
    for (let parcel = this.#parcels.shift(); parcel; parcel = this.#parcels.shift()) {
      this.rooms.get(parcel.to)?.deliver(parcel.value, parcel.from, parcel.mode)
    }
  }
}

export class FakeRoom extends Emitter<RoomEvents> implements Room {
  readonly id: number
  readonly code = 'TEST'
  readonly topology = 'mesh'
  readonly sealed = false
  readonly maxPeers = 16
  readonly public = false
  readonly locked = false
  readonly metadata = {}
  readonly players = new Map()
  readonly place = undefined
  readonly rpcStats = { refused: 0, lateReplies: 0 }
  readonly sent: { readonly value: PacketValue; readonly options: SendOptions | undefined }[] = []
  readonly #network: FakeNetwork
  readonly #peers = new Set<number>()

  constructor(network: FakeNetwork, id: number) {
    super()
    this.#network = network
    this.id = id
  }

  get host(): number {
    return this.#network.host
  }

  get peers(): readonly number[] {
    return [...this.#peers].sort((a, b) => a - b)
  }

  send(value: PacketValue, options?: SendOptions): boolean {
    this.sent.push({ value, options })
    const { to = 0, mode = TransferMode.Reliable } = options ?? {}
    for (const peer of this.#peers) {
      if (typeof to === 'object' ? to.includes(peer) : to > 0 ? peer === to : peer !== -to)
        this.#network.post({ from: this.id, to: peer, value, mode })
    }
    return true
  }

  sendBytes(): boolean {
    throw new Error('The game sends no bytes.')
  }

  rpcs(): never {
    throw new Error('The game has no RPCs.')
  }

  stats(id: number): PeerStats {
    return { ...DEFAULT_STATS, id }
  }

  poll(): void {}
  flush(): void {}
  async drained(): Promise<void> {}
  tap(): void {}
  disconnectPeer(): void {}
  seal(): void {}
  kick(): void {}
  setMetadata(): void {}
  setPublic(): void {}
  setPresence(): void {}

  async leave(): Promise<void> {
    this.#network.remove(this.id)
  }

  link(id: number): void {
    this.#peers.add(id)
    this.emit('peerConnected', id)
  }

  unlink(id: number, reason: DisconnectReason): void {
    if (this.#peers.delete(id)) this.emit('peerDisconnected', id, reason)
  }

  deliver(value: PacketValue, from: number, mode: TransferMode): void {
    if (this.#peers.has(from)) this.emit('packet', value, from, mode, 0)
  }

  announce(): void {
    this.emit('roomChanged')
  }
}
