// What the user is told of the peers, and when: packets and events in order, at once or when `poll` is called, bounded
// while they wait; and of which peers the user knows.

import { decode } from '../net/codec/codec.ts'
import { reportUncaught } from '../net/emitter.ts'
import { NetError } from '../net/errors.ts'
import { Kind, type PacketKind } from '../net/link/wire.ts'
import { portOf } from './checks.ts'
import { Inbox, type OwnedPacket, type PacketSource, type WaitingPacket } from './inbox.ts'
import type { MultiplayerPeerEvents } from './multiplayer-peer.ts'
import { type PendingEvent, PendingEvents } from './pending-events.ts'
import { type PacketValue, TransferMode } from './types.ts'
import { WaitingBudget } from './waiting-budget.ts'

/** Whom it is told. */
export interface Audience {
  emit<Name extends keyof MultiplayerPeerEvents>(event: Name, ...args: Parameters<MultiplayerPeerEvents[Name]>): void
  listenerCount(event: keyof MultiplayerPeerEvents): number
  /** Whether there is a session: nobody polls a peer that is closed. */
  isActive(): boolean
  /** False: a packet is dropped. */
  accepts(packet: WaitingPacket): boolean
  /** Whether a service message, by its first byte, does not wait for `poll`. */
  isUrgent(service: number): boolean
  /** The user is about to be told that a peer is connected. */
  connecting(id: number): void
  /** The user was told that it is. */
  connected(id: number): void
  /** The user is about to be told that a peer is gone, or could not be connected to. */
  leaving(id: number): void
}

export class Delivery {
  readonly #audience: Audience
  readonly #autoPoll: boolean
  /** Peers of which the user was told that they are connected, and not yet that they are gone. */
  readonly #announced = new Set<number>()
  /** Those of them of which the user was told that they are reconnecting. */
  readonly #doubted = new Set<number>()
  /** Those of them that were let in. */
  readonly #admitted = new Set<number>()
  readonly #inbox = new Inbox()
  readonly #pending = new PendingEvents()
  #budget = new WaitingBudget<PacketSource>()

  constructor(audience: Audience, autoPoll: boolean) {
    this.#audience = audience
    this.#autoPoll = autoPoll
  }

  /** The ids of the peers of which the user knows, ascending. */
  get announced(): number[] {
    return [...this.#announced].sort((a, b) => a - b)
  }

  isAnnounced(id: number): boolean {
    return this.#announced.has(id)
  }

  /** A peer is let in. False: the user does not know it. */
  admit(id: number): boolean {
    if (!this.#announced.has(id)) return false
    this.#admitted.add(id)
    return true
  }

  isAdmitted(id: number): boolean {
    return this.#admitted.has(id)
  }

  /** How many packets wait to be read. */
  get count(): number {
    return this.#inbox.count
  }

  /** The packet that `take` returns next. */
  get next(): OwnedPacket | undefined {
    return this.#inbox.next
  }

  take(): OwnedPacket | undefined {
    const packet = this.#inbox.take()
    if (packet) this.#budget.remove(packet.owner, packet.payload)
    return packet
  }

  /** Packets may come from here. */
  join(source: PacketSource): void {
    this.#budget.join(source)
  }

  /** It is gone. What it sent still waits, unless too much of those who are gone does. */
  leave(source: PacketSource): void {
    for (const owner of this.#budget.leave(source)) {
      this.#inbox.drop(owner)
      this.#pending.dropPackets(owner)
      const message = `Packets of peer ${owner.id}, which is gone, were dropped: too many wait. Call poll or getPacket more often.`
      this.tell({ type: 'error', error: new NetError('ERR_OUT_OF_MEMORY', message) })
    }
  }

  /** Telling how far a packet has come takes time: whether anybody listens. */
  get wantsProgress(): boolean {
    return this.#audience.listenerCount('progress') > 0
  }

  /** A packet came. `channel`: -1 the default reliable one, 0 the default unreliable one, n the n-th user channel. */
  receive(owner: PacketSource, channel: number, mode: TransferMode, kind: PacketKind, payload: Uint8Array): void {
    const isService = kind === Kind.Service
    const from = owner.id
    const isValue = kind === Kind.Value
    // The user counts both default ones as 0.
    const packet = { from, mode, channel: Math.max(0, channel), isValue, isService, payload, owner }
    const isUrgent = isService && this.#announced.has(from) && this.#audience.isUrgent(payload[0]!)
    if (this.#autoPoll || isUrgent) this.#admit(packet)
    else if (this.#mayWait(packet)) this.#pending.add({ type: 'packet', packet })
  }

  /** Delivers a packet that was held back. */
  redeliver(packet: OwnedPacket): void {
    if (this.#announced.has(packet.from)) this.#give(packet)
  }

  /** Tells the user something, in its turn. */
  tell(item: PendingEvent): void {
    if (this.#autoPoll || !this.#audience.isActive()) this.#emit(item)
    else this.#pending.add(item)
  }

  /** The user polls: everything that waits. */
  poll(): void {
    this.emitPackets()
    for (const item of this.#pending.take()) {
      // A listener closed this peer. Receipts are owed all the same.
      if (!this.#audience.isActive() && item.type !== 'receipt') continue
      if (item.type === 'packet') this.#budget.remove(item.packet.owner, item.packet.payload)
      this.#emit(item)
    }
  }

  /** There is a listener for packets: those that wait are its. */
  emitPackets(): void {
    while (this.#audience.listenerCount('packet') > 0) {
      const packet = this.take()
      if (!packet) return
      this.#emitPacket(packet)
    }
  }

  /** The user does not want to hear of a peer any more: what waits of it is dropped. */
  forget(id: number): void {
    this.silence(id)
    this.#doubted.delete(id)
    this.#pending.forget(id)
  }

  /** The user takes a peer for gone, and is not told of that. */
  silence(id: number): void {
    this.#announced.delete(id)
    this.#admitted.delete(id)
  }

  /** Forgets everyone and everything but the receipts that are owed. Returns what tells those. */
  clear(): () => void {
    this.#announced.clear()
    this.#doubted.clear()
    this.#admitted.clear()
    this.#inbox.clear()
    const owed = this.#pending.take().filter(({ type }) => type === 'receipt')
    this.#budget = new WaitingBudget()
    return () => {
      for (const item of owed) this.#emit(item)
    }
  }

  /** Whether there is room for it among what waits to be read. */
  #mayWait({ owner, payload, mode }: OwnedPacket): boolean {
    if (this.#budget.add(owner, payload)) return true
    if (mode === TransferMode.Reliable) owner.fail('buffer_overflow')
    return false
  }

  /** It is its turn. */
  #admit(packet: OwnedPacket): void {
    if (packet.isService) this.#emitService(packet)
    else if (this.#audience.accepts(packet)) this.#give(packet)
  }

  #give(packet: OwnedPacket): void {
    if (this.#audience.listenerCount('packet') > 0 && this.#inbox.count === 0) this.#emitPacket(packet)
    else if (this.#mayWait(packet)) this.#inbox.add(packet)
  }

  #emitService(packet: OwnedPacket): void {
    const { payload, from, mode, channel, owner } = packet
    if (this.#audience.listenerCount('service') > 0) this.#audience.emit('service', payload, from, mode, channel)
    else owner.reject(nobodyServes(from), portOf(packet))
  }

  #emitPacket(packet: OwnedPacket): void {
    let value: PacketValue = packet.payload
    if (packet.isValue) {
      try {
        value = decode(packet.payload)
      } catch (error) {
        packet.owner.reject(error as NetError, portOf(packet))
        return
      }
    }
    this.#audience.emit('packet', value, packet.from, packet.mode, packet.channel)
  }

  #emit(item: PendingEvent): void {
    const audience = this.#audience
    switch (item.type) {
      case 'connected':
        this.#announced.add(item.id)
        audience.connecting(item.id)
        audience.emit('peerConnected', item.id)
        audience.connected(item.id)
        break
      case 'reconnecting':
        if (!this.#announced.has(item.id) || this.#doubted.has(item.id)) return
        this.#doubted.add(item.id)
        audience.emit('peerReconnecting', item.id)
        break
      case 'reconnected':
        if (this.#doubted.delete(item.id)) audience.emit('peerReconnected', item.id)
        break
      case 'disconnected':
        this.#doubted.delete(item.id)
        this.#admitted.delete(item.id)
        audience.leaving(item.id)
        // Not announced: `disconnectPeer(id, true)` came first.
        if (this.#announced.delete(item.id)) audience.emit('peerDisconnected', item.id, item.reason)
        break
      case 'failed':
        audience.leaving(item.id)
        audience.emit('connectionFailed', item.id, item.error)
        break
      case 'error':
        audience.emit('error', item.error)
        break
      case 'progress':
        audience.emit('progress', item.progress)
        break
      case 'receipt':
        try {
          item.tell()
        } catch (error) {
          reportUncaught(error)
        }
        break
      case 'packet':
        // A listener dropped its sender with `disconnectPeer(id, true)`.
        if (!this.#announced.has(item.packet.from)) return
        this.#admit(item.packet)
    }
  }
}

function nobodyServes(id: number): NetError {
  const message = `Peer ${id} uses MultiplayerAPI (RPC, authentication, clock), which this side does not: use it on both.`
  return new NetError('ERR_INVALID_DATA', message)
}
