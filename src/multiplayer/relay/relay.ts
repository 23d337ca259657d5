// Packets by way of a third: what comes in RELAY frames goes to the hub, which passes it on, or to the peers that are reached
// through others. In a star the host is the third for everyone; in a mesh any peer is, for two that ask for it.

import type { Clock } from '../../net/clock.ts'
import type { NetError } from '../../net/errors.ts'
import { CONTROL_LANE, type LaneTable } from '../../net/link/lane-table.ts'
import { Kind } from '../../net/link/wire.ts'
import type { PacketSource } from '../inbox.ts'
import type { RemotePeer } from '../remote-peer.ts'
import type { DisconnectReason, TransferMode } from '../types.ts'
import { Barred } from './barred.ts'
import { NO_WAY } from './constants.ts'
import { RelayFinder } from './finder.ts'
import { Handovers } from './handover.ts'
import { RelayHub } from './hub.ts'
import type { RelayedPeer } from './relayed-peer.ts'
import { RelayedPeers } from './relayed-peers.ts'
import {
  Command,
  idOf,
  invalid,
  RELAY_MODES,
  type RelayedKind,
  readCount,
  readReach,
  readRelay,
  writeCommand,
} from './wire.ts'

/** What this peer is in its room. `member`: of a mesh. */
export type RelayRole = 'host' | 'client' | 'member' | 'none'

export interface RelayParts {
  readonly clock: Clock
  readonly lanes: LaneTable
  /** What goes to and from others over a third is sealed. */
  readonly seals: boolean
  /** This peer's id. */
  id(): number
  /** The peers that this one is connected with. */
  neighbours(): readonly RemotePeer[]
  /** In a mesh: whether a peer belongs here, and may be reached over another. */
  wants(id: number): boolean
  /** Something was put into its link. */
  touch(remote: RemotePeer): void
  joined(peer: RelayedPeer): void
  /** Nothing of it comes any more. `superseded`: it has a connection of its own. */
  left(peer: RelayedPeer, reason: DisconnectReason): void
  packet(from: PacketSource, port: number, kind: RelayedKind, ordered: boolean, payload: Uint8Array): void
  rejected(error: NetError): void
  /** One that held back may go on. */
  released(): void
  /** A peer that was sealed is gone, because there is a connection to it now. */
  replaced(id: number): void
  /** Reliable packets of a peer were lost with the third, before those that come over its connection. */
  broken(remote: RemotePeer): void
}

export class Relay {
  readonly peers: RelayedPeers
  readonly handovers: Handovers
  readonly finder: RelayFinder
  readonly #hub: RelayHub
  readonly #barred = new Barred()
  readonly #parts: RelayParts
  #role: RelayRole = 'none'
  /** In a mesh: whether packets are passed on for others. */
  #helps = false

  constructor(parts: RelayParts) {
    this.#parts = parts
    this.#hub = new RelayHub(parts)
    const say = (remote: RemotePeer, payload: Uint8Array) => this.#say(remote, payload)
    this.finder = new RelayFinder({
      ...{ clock: parts.clock, id: parts.id, neighbours: parts.neighbours, say, barred: this.#barred },
    })
    this.handovers = new Handovers({
      clock: parts.clock,
      say,
      over: (peer) => this.peers.part(peer, 'left'),
      broken: parts.broken,
    })
    this.peers = new RelayedPeers({
      clock: parts.clock,
      seals: parts.seals,
      id: parts.id,
      found: (id) => this.finder.found(id),
      touch: parts.touch,
      rejected: parts.rejected,
      released: parts.released,
      packet: parts.packet,
      wants: (id, via) => this.#role === 'client' || (this.#wants(id) && !this.#barred.has(id, via.id)),
      joined: (peer) => this.#joined(peer),
      progressed: (peer) => {
        if (peer.superseded) this.handovers.progressed(peer)
      },
      left: (peer, reason) => {
        // A late packet of other keys may be among what could not be opened: it is no proof while the way goes on.
        if (reason !== 'protocol_error') peer.isSpoiled = false
        if (this.#role === 'member') this.#bar(peer, reason)
        parts.left(peer, reason)
        if (peer.superseded) this.handovers.ended(peer)
      },
    })
  }

  start(role: RelayRole, helps: boolean): void {
    this.#role = role
    this.#helps = helps
  }

  stop(): void {
    this.#role = 'none'
    this.#hub.clear()
    this.peers.clear()
    this.finder.close()
    this.#barred.clear()
    this.handovers.close()
  }

  /** A peer was let in: in a star it is told who is there, and the others are told of it. */
  admit(remote: RemotePeer): void {
    if (this.#role === 'host') this.#hub.introduce(remote)
    else if (this.#role === 'member' && this.#helps) this.#hub.join(remote)
  }

  /** A connection stands. Returns whether its peer was reached over a third until now, and is no news. */
  connected(remote: RemotePeer): boolean {
    this.finder.forget(remote.id)
    this.#barred.connected(remote.id)
    if (this.peers.replaceSealed(remote.id)) {
      this.#parts.replaced(remote.id)
      return false
    }
    const peer = this.peers.get(remote.id)
    if (peer) this.handovers.begin(remote, peer)
    return peer !== undefined
  }

  /** A RELAY frame. @throws {NetError} ERR_INVALID_DATA */
  receive(from: RemotePeer, port: number, transfer: TransferMode, payload: Uint8Array): void {
    // Whoever is the host of a star has a connection with everybody: nobody else has anything to say of anybody.
    if (this.#role === 'none') throw invalid(`Peer ${from.id} relays, and nothing is passed on here.`)
    const message = readRelay(payload)
    const mode = RELAY_MODES[transfer]
    if (message.type === 'toOthers') {
      if (this.#hub.forward(from, this.#parts.id(), port, mode, message)) {
        if (message.sealed) throw invalid(`Peer ${from.id} sealed a packet for whom it has a connection with.`)
        this.#parts.packet(from, port, message.kind, mode === 'ordered', message.packet)
      }
    } else if (message.type === 'fromOther') {
      if (this.#role === 'host') throw invalid(`Peer ${from.id} is not the host: it passes nothing on.`)
      this.peers.receive(from, port, mode, message)
    } else if (mode === 'reliable' && port === 0) this.#command(from, message.command, message.body)
    else throw invalid('Words about relaying go over port 0.')
  }

  /** The connection to a peer is gone. */
  lost(remote: RemotePeer, reason: DisconnectReason): void {
    this.#hub.remove(remote, reason)
    this.finder.lost(remote)
    this.handovers.lost(remote)
    // Of a mesh only the third is gone.
    this.peers.lost(remote, this.#role === 'member' ? 'connection_lost' : reason)
  }

  #bar(peer: RelayedPeer, reason: DisconnectReason): void {
    if (peer.isSpoiled) this.#barred.add(peer.id, peer.via.id, 'proven')
    // Of two that were parted by what was spoiled, one found it out, and the other is not told why.
    else if (this.#parts.seals && reason === 'disconnected_by_remote')
      this.#barred.add(peer.id, peer.via.id, 'suspected')
  }

  #joined(peer: RelayedPeer): void {
    const remote = this.#neighbour(peer.id)
    if (remote) this.handovers.begin(remote, peer)
    else this.#parts.joined(peer)
  }

  #command(from: RemotePeer, command: number, body: Uint8Array): void {
    const { peers } = this
    if (command === Command.Part) this.#hub.part(from, idOf(body))
    else if (this.#role === 'host') throw invalid(`Peer ${from.id} says ${command}, which is for a host to say.`)
    else if (command === Command.Add) peers.add(from, body)
    else if (command === Command.Remove) peers.remove(from, body)
    else if (command === Command.Hold || command === Command.Release) peers.hold(from, body, command === Command.Hold)
    else if (this.#role === 'member') this.#meshCommand(from, command, body)
    else throw invalid(`There is no word ${command} about relaying here.`)
  }

  #meshCommand(from: RemotePeer, command: number, body: Uint8Array): void {
    if (command === Command.Query) {
      const id = idOf(body)
      this.#say(from, writeCommand(Command.Reach, id, this.#roundTripTo(from, id)))
    } else if (command === Command.Open) {
      const id = idOf(body)
      if (!this.#hub.open(from, id)) this.#say(from, writeCommand(Command.Reach, id, NO_WAY))
    } else if (command === Command.Reach) {
      const { id, ms } = readReach(body)
      this.finder.answered(from, id, ms)
    } else if (command === Command.Switch) this.handovers.heard(from, readCount(body))
    else if (command === Command.Done && body.length === 0) this.handovers.done(from)
    else throw invalid(`There is no word ${command} about relaying.`)
  }

  #roundTripTo(from: RemotePeer, id: number): number {
    const ms = this.#neighbour(id)?.link.stats.roundTripTimeMs
    if (ms === undefined || !this.#hub.mayOpen(from, id)) return NO_WAY
    return Math.min(Math.round(ms), NO_WAY - 1)
  }

  /** Of a peer that is connected nobody else has anything to say, unless it sent something over somebody else before. */
  #wants(id: number): boolean {
    const remote = this.#neighbour(id)
    return this.#parts.wants(id) && (!remote || this.handovers.expects(remote))
  }

  #neighbour(id: number): RemotePeer | undefined {
    return this.#parts.neighbours().find((each) => each.id === id)
  }

  #say(remote: RemotePeer, payload: Uint8Array): void {
    remote.link.sendReliable(0, { kind: Kind.Relay, payload }, CONTROL_LANE)
    this.#parts.touch(remote)
  }
}
