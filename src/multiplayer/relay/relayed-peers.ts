// The peers that are reached through others: who they are, what comes from them, and what is to be sent to them. They are
// believed of nobody but the peer that said they are there. Sans-IO.

import type { NetError } from '../../net/errors.ts'
import { CONTROL_LANE, GAMEPLAY_LANE } from '../../net/link/lane-table.ts'
import type { OutgoingPacket } from '../../net/link/lanes.ts'
import { Kind } from '../../net/link/wire.ts'
import type { RemotePeer } from '../remote-peer.ts'
import type { DisconnectReason } from '../types.ts'
import { MAX_EARLY_RELAYED, MAX_EARLY_RELAYED_BYTES, MAX_RELAYED_PEERS } from './constants.ts'
import { RelayedPeer } from './relayed-peer.ts'
import {
  Command,
  checkLane,
  idOf,
  idsOf,
  invalid,
  type RelayedKind,
  type RelayMessage,
  type RelayTarget,
  readRemove,
  writeCommand,
  writeToOthers,
} from './wire.ts'

export type FromOther = Extract<RelayMessage, { type: 'fromOther' }>

export interface RelayedPeersParts {
  /** This peer's id. */
  id(): number
  /** Something was put into its link. */
  touch(remote: RemotePeer): void
  joined(peer: RelayedPeer): void
  /** Nothing of it comes any more. */
  left(peer: RelayedPeer, reason: DisconnectReason): void
  packet(from: RelayedPeer, port: number, kind: RelayedKind, ordered: boolean, payload: Uint8Array): void
  rejected(error: NetError): void
  /** One that held back may go on. */
  released(): void
}

/** What is to go into which link. */
export interface Parcel {
  readonly remote: RemotePeer
  readonly packet: OutgoingPacket
}

interface Early {
  readonly via: RemotePeer
  readonly port: number
  readonly ordered: boolean
  readonly message: FromOther
}

export class RelayedPeers {
  readonly #parts: RelayedPeersParts
  readonly #peers = new Map<number, RelayedPeer>()
  /** Reliable packets that overtook the word that their sender is there. */
  #early: Early[] = []

  constructor(parts: RelayedPeersParts) {
    this.#parts = parts
  }

  get(id: number): RelayedPeer | undefined {
    const peer = this.#peers.get(id)
    return peer?.parted ? undefined : peer
  }

  get all(): RelayedPeer[] {
    return [...this.#peers.values()].filter(({ parted }) => !parted)
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  add(via: RemotePeer, body: Uint8Array): void {
    for (const id of idsOf(body)) {
      const before = this.#peers.get(id)
      if (id === this.#parts.id() || id === via.id)
        throw invalid(`Peer ${via.id} passes on for ${id}, which cannot be.`)
      if (before && before.via !== via) throw invalid(`Peer ${id} is reached through peer ${before.via.id}.`)
      if (before?.ending) this.#end(before, before.ending.reason)
      else if (before) throw invalid(`Peer ${id} is there already.`)
      if (this.#peers.size >= MAX_RELAYED_PEERS) throw invalid(`More than ${MAX_RELAYED_PEERS} relayed peers.`)
      const peer = new RelayedPeer(id, via, {
        rejected: (error) => this.#parts.rejected(error),
        unwanted: (unwanted, reason) => this.part(unwanted, reason),
      })
      this.#peers.set(id, peer)
      this.#parts.joined(peer)
      this.#takeEarly(peer)
    }
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  remove(via: RemotePeer, body: Uint8Array): void {
    const { id, reason, count } = readRemove(body)
    const peer = this.#peers.get(id)
    // It may have been parted with meanwhile, and come anew.
    if (peer?.via !== via) throw invalid(`Peer ${id} was taken away, and was never there.`)
    if (peer.parted) this.#peers.delete(id)
    else {
      peer.ending = { reason, count }
      this.#tryEnd(peer)
    }
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  hold(via: RemotePeer, body: Uint8Array, held: boolean): void {
    const peer = this.#peers.get(idOf(body))
    if (peer?.via !== via) throw invalid('A peer that was never there takes no more.')
    peer.held = held
    if (!held) this.#parts.released()
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  receive(via: RemotePeer, port: number, mode: 'reliable' | 'ordered' | 'unreliable', message: FromOther): void {
    const { source, lane, packet } = message
    const reliable = mode === 'reliable'
    checkLane(lane, reliable ? port : 1)
    const peer = this.#peers.get(source)
    if (peer && peer.via === via) {
      this.#take(peer, port, mode === 'ordered', reliable, message)
      return
    }
    // On these lanes nothing overtakes the word that somebody is there.
    const inOrder = reliable && port === 0 && (lane === CONTROL_LANE || lane === GAMEPLAY_LANE)
    if (inOrder || source === via.id || source === this.#parts.id()) {
      throw invalid(`Peer ${via.id} passed on a packet of peer ${source}, for whom it does not speak.`)
    }
    if (!reliable) return
    const bytes = this.#early.reduce((sum, { message }) => sum + message.packet.length, packet.length)
    if (this.#early.length >= MAX_EARLY_RELAYED || bytes > MAX_EARLY_RELAYED_BYTES) {
      throw invalid(`Peer ${via.id} passed on too much of peers that are not there.`)
    }
    this.#early.push({ via, port, ordered: false, message })
  }

  /** This side wants no more of it. */
  part(peer: RelayedPeer, reason: DisconnectReason): void {
    if (this.#peers.get(peer.id) !== peer || peer.parted) return
    // Who is gone for the peer between needs no word.
    if (peer.ending) this.#peers.delete(peer.id)
    else this.#say(peer.via, writeCommand(Command.Part, peer.id))
    peer.parted = true
    this.#parts.left(peer, reason)
  }

  /** A peer is gone, and who was reached through it with it. */
  lost(via: RemotePeer, reason: DisconnectReason): void {
    this.#early = this.#early.filter((early) => early.via !== via)
    for (const peer of [...this.#peers.values()]) if (peer.via === via) this.#end(peer, reason)
  }

  clear(): void {
    this.#peers.clear()
    this.#early = []
  }

  /**
   * What goes where, so that these peers get a packet: one for each peer that passes on. `isStar`: whoever passes on knows who
   * everybody is, which is shorter than a list.
   */
  parcels(
    packet: OutgoingPacket,
    lane: number,
    direct: RemotePeer[],
    relayed: RelayedPeer[],
    isStar: boolean,
  ): Parcel[] {
    const groups = new Map<RemotePeer, number[]>()
    for (const peer of relayed) {
      const { via, id, traffic } = peer
      traffic.packetsOut += 1
      traffic.bytesOut += packet.payload.length
      const group = groups.get(via)
      if (!group) groups.set(via, [id])
      else if (!group.includes(id)) group.push(id)
    }
    const parcels: Parcel[] = []
    for (const remote of direct) if (!groups.has(remote)) parcels.push({ remote, packet })
    for (const [via, ids] of groups) {
      if (direct.includes(via)) ids.push(via.id)
      const target = isStar ? this.#shortest(via, ids) : ids.length === 1 ? ids[0]! : ids
      const payload = writeToOthers(packet.kind, lane, target, packet.payload)
      parcels.push({ remote: via, packet: { kind: Kind.Relay, payload } })
    }
    return parcels
  }

  #shortest(via: RemotePeer, ids: number[]): RelayTarget {
    if (ids.length === 1) return ids[0]!
    const others = [via.id, ...this.all.filter((peer) => peer.via === via).map(({ id }) => id)].filter(
      (id) => !ids.includes(id),
    )
    if (others.length === 0) return 0
    return others.length === 1 ? -others[0]! : ids
  }

  #take(peer: RelayedPeer, port: number, ordered: boolean, reliable: boolean, { kind, packet }: FromOther): void {
    if (peer.parted) return
    peer.traffic.packetsIn += 1
    peer.traffic.bytesIn += packet.length
    if (reliable) peer.received = (peer.received + 1) >>> 0
    this.#parts.packet(peer, port, kind, ordered, packet)
    this.#tryEnd(peer)
  }

  #takeEarly(peer: RelayedPeer): void {
    const mine = this.#early.filter(({ via, message }) => via === peer.via && message.source === peer.id)
    if (mine.length === 0) return
    this.#early = this.#early.filter((early) => !mine.includes(early))
    for (const { port, ordered, message } of mine) this.#take(peer, port, ordered, true, message)
  }

  #tryEnd(peer: RelayedPeer): void {
    const { ending, received } = peer
    if (ending && received >= ending.count) this.#end(peer, ending.reason)
  }

  #end(peer: RelayedPeer, reason: DisconnectReason): void {
    if (this.#peers.get(peer.id) === peer) this.#peers.delete(peer.id)
    if (peer.parted) return
    peer.parted = true
    this.#parts.left(peer, reason)
  }

  #say(remote: RemotePeer, payload: Uint8Array): void {
    remote.link.sendReliable(0, { kind: Kind.Relay, payload }, CONTROL_LANE)
    this.#parts.touch(remote)
  }
}
