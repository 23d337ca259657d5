// Packets by way of a third: what comes in RELAY frames goes to the hub, which passes it on, or to the peers that are reached
// through others.

import type { LaneTable } from '../../net/link/lane-table.ts'
import type { PacketSource } from '../inbox.ts'
import type { RemotePeer } from '../remote-peer.ts'
import { type DisconnectReason, TransferMode } from '../types.ts'
import { RelayHub } from './hub.ts'
import { RelayedPeers, type RelayedPeersParts } from './relayed-peers.ts'
import { Command, idOf, invalid, type RelayedKind, readRelay } from './wire.ts'

/** What this peer is in its room. */
export type RelayRole = 'host' | 'client' | 'none'

export interface RelayParts extends Omit<RelayedPeersParts, 'packet'> {
  readonly lanes: LaneTable
  packet(from: PacketSource, port: number, kind: RelayedKind, ordered: boolean, payload: Uint8Array): void
}

export class Relay {
  readonly peers: RelayedPeers
  readonly #hub: RelayHub
  readonly #parts: RelayParts
  #role: RelayRole = 'none'

  constructor(parts: RelayParts) {
    this.#parts = parts
    this.#hub = new RelayHub(parts)
    this.peers = new RelayedPeers(parts)
  }

  start(role: RelayRole): void {
    this.#role = role
  }

  stop(): void {
    this.#role = 'none'
    this.#hub.clear()
    this.peers.clear()
  }

  /** A peer was let in: it is told who is there, and the others are told of it. */
  admit(remote: RemotePeer): void {
    if (this.#role === 'host') this.#hub.introduce(remote)
  }

  /** A RELAY frame. @throws {NetError} ERR_INVALID_DATA */
  receive(from: RemotePeer, port: number, transfer: TransferMode, payload: Uint8Array): void {
    const message = readRelay(payload)
    const mode = MODES[transfer]
    if (message.type === 'toOthers') {
      if (this.#hub.forward(from, this.#parts.id(), port, mode, message)) {
        this.#parts.packet(from, port, message.kind, mode === 'ordered', message.packet)
      }
    } else if (message.type === 'fromOther' && this.#role !== 'client') {
      throw invalid(`Peer ${from.id} is not the host: it passes nothing on.`)
    } else if (message.type === 'fromOther') this.peers.receive(from, port, mode, message)
    else if (mode === 'reliable' && port === 0) this.#command(from, message.command, message.body)
    else throw invalid('Words about relaying go over port 0.')
  }

  /** The connection to a peer is gone. */
  lost(remote: RemotePeer, reason: DisconnectReason): void {
    this.#hub.remove(remote, reason)
    this.peers.lost(remote, reason)
  }

  #command(from: RemotePeer, command: number, body: Uint8Array): void {
    if (command === Command.Part) this.#hub.part(from, idOf(body))
    else if (this.#role !== 'client') throw invalid(`Peer ${from.id} says ${command}, which is for a host to say.`)
    else if (command === Command.Add) this.peers.add(from, body)
    else if (command === Command.Remove) this.peers.remove(from, body)
    else if (command === Command.Hold || command === Command.Release) {
      this.peers.hold(from, body, command === Command.Hold)
    } else throw invalid(`There is no word ${command} about relaying.`)
  }
}

const MODES = {
  [TransferMode.Reliable]: 'reliable',
  [TransferMode.UnreliableOrdered]: 'ordered',
  [TransferMode.Unreliable]: 'unreliable',
} as const
