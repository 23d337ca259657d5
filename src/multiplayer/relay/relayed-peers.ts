// The peers that are reached through others: who they are, what comes from them, and what is to be sent to them. They are
// believed of nobody but the peer that said they are there. Sans-IO.

import type { Clock } from '../../net/clock.ts'
import { NetError } from '../../net/errors.ts'
import { CONTROL_LANE, GAMEPLAY_LANE } from '../../net/link/lane-table.ts'
import type { OutgoingPacket } from '../../net/link/lanes.ts'
import { Kind } from '../../net/link/wire.ts'
import type { RemotePeer } from '../remote-peer.ts'
import { type DisconnectReason, TransferMode } from '../types.ts'
import { MAX_EARLY_RELAYED, MAX_EARLY_RELAYED_BYTES, MAX_RELAY_TARGETS, MAX_RELAYED_PEERS } from './constants.ts'
import { RelayedPeer } from './relayed-peer.ts'
import type { SealMode } from './seal.ts'
import { plain, Sealing } from './sealing.ts'
import {
  Command,
  checkLane,
  type FromOther,
  idOf,
  idsOf,
  invalid,
  RELAY_MODES,
  type RelayedKind,
  type RelayTarget,
  readRemove,
  writeCommand,
  writeToOthers,
} from './wire.ts'

export interface RelayedPeersParts {
  readonly clock: Clock
  /** What goes between these peers and this one is sealed. */
  readonly seals: boolean
  /** This peer's id. */
  id(): number
  /** Something was put into its link. */
  touch(remote: RemotePeer): void
  /** Whether a peer that this one is to be given to may be reached over another: otherwise they part. */
  wants(id: number, via: RemotePeer): boolean
  /** There is a way to it. */
  found(id: number): void
  /** Packets go to and fro. */
  joined(peer: RelayedPeer): void
  /** A reliable packet of it has come. */
  progressed(peer: RelayedPeer): void
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
  /** It is for this peer alone, and replaces none for others: sealed. */
  readonly only?: number | undefined
}

/** How a packet is to travel. */
export interface Manner {
  readonly port: number
  readonly mode: TransferMode
  readonly lane: number
}

interface Early {
  readonly via: RemotePeer
  readonly port: number
  readonly message: FromOther
}

export class RelayedPeers {
  readonly #parts: RelayedPeersParts
  readonly #peers = new Map<number, RelayedPeer>()
  /** Those that this side parted with, by who passes on for them, until all is here that was on its way. It is dropped. */
  readonly #parted = new Map<RemotePeer, Map<number, RelayedPeer>>()
  /** Reliable packets that overtook the word that their sender is there. */
  #early: Early[] = []
  readonly #sealing: Sealing

  constructor(parts: RelayedPeersParts) {
    this.#parts = parts
    this.#sealing = new Sealing({
      clock: parts.clock,
      id: parts.id,
      say: (peer, packet) => {
        peer.sent += 1
        const payload = writeToOthers(Kind.Service, CONTROL_LANE, peer.id, packet, true)
        this.#say(peer.via, payload)
      },
      ready: (peer, waited) => {
        peer.isMeeting = false
        parts.joined(peer)
        for (const { port, message } of waited) this.#deliver(peer, port, 'reliable', message)
      },
      failed: (peer, error) => this.#distrust(peer, error, error.code === 'ERR_TIMEOUT'),
    })
  }

  get(id: number): RelayedPeer | undefined {
    const peer = this.#peers.get(id)
    return peer && isUsable(peer) ? peer : undefined
  }

  get size(): number {
    return this.#peers.size
  }

  get all(): RelayedPeer[] {
    return [...this.#peers.values()].filter(isUsable)
  }

  /** There is a connection to a peer, which has to show for itself who it is at the other end. Returns whether the peer was known. */
  replaceSealed(id: number): boolean {
    const peer = this.#peers.get(id)
    if (!peer || !this.#parts.seals) return false
    const wasKnown = isUsable(peer)
    peer.superseded = true
    this.part(peer, 'left')
    return wasKnown
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  add(via: RemotePeer, body: Uint8Array): void {
    for (const id of idsOf(body)) {
      const before = this.#peers.get(id)
      const parted = this.#parted.get(via)?.get(id)
      if (parted && !parted.ending) throw invalid(`Peer ${id} was not taken away before it came again.`)
      if (id === this.#parts.id() || id === via.id)
        throw invalid(`Peer ${via.id} passes on for ${id}, which cannot be.`)
      // The one before may be gone, and this side the last to know.
      if (before && before.via !== via) this.part(before, 'connection_lost')
      else if (before?.ending) this.#end(before, before.ending.reason)
      else if (before) throw invalid(`Peer ${id} is there already.`)
      // Those that this side parts with at once take room, too, until they are taken away.
      const known = Math.max(this.#peers.size, this.#parted.get(via)?.size ?? 0)
      if (known >= MAX_RELAYED_PEERS) throw invalid(`More than ${MAX_RELAYED_PEERS} relayed peers.`)
      const peer = new RelayedPeer(id, via, {
        rejected: (error) => this.#parts.rejected(error),
        unwanted: (unwanted, reason) => this.part(unwanted, reason),
      })
      // What is still on its way from before comes first.
      peer.received = -owed(parted ?? before)
      this.#parted.get(via)?.delete(id)
      if (!this.#parts.wants(id, via)) {
        this.#sayPart(peer)
        continue
      }
      this.#peers.set(id, peer)
      this.#parts.found(id)
      if (this.#parts.seals) {
        peer.isMeeting = true
        this.#sealing.begin(peer)
      } else this.#parts.joined(peer)
      this.#takeEarly(peer)
    }
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  remove(via: RemotePeer, body: Uint8Array): void {
    const { id, reason, count } = readRemove(body)
    const parted = this.#parted.get(via)?.get(id)
    if (parted) {
      parted.ending = { reason, count }
      this.#forgetParted(parted)
      return
    }
    const peer = this.#peers.get(id)
    if (peer?.via !== via) throw invalid(`Peer ${id} was taken away, and was never there.`)
    peer.ending = { reason, count }
    this.#tryEnd(peer)
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  hold(via: RemotePeer, body: Uint8Array, held: boolean): void {
    const id = idOf(body)
    if (this.#parted.get(via)?.has(id)) return
    const peer = this.#peers.get(id)
    if (peer?.via !== via) throw invalid('A peer that was never there takes no more.')
    peer.held = held
    if (!held) this.#parts.released()
  }

  /** @throws {NetError} ERR_INVALID_DATA */
  receive(via: RemotePeer, port: number, mode: SealMode, message: FromOther): void {
    const { source, lane, packet } = message
    const reliable = mode === 'reliable'
    checkLane(lane, reliable ? port : 1)
    const peer = this.#peers.get(source)
    if (peer && peer.via === via) {
      this.#take(peer, port, mode, message)
      return
    }
    const parted = this.#parted.get(via)?.get(source)
    if (parted) {
      if (reliable) parted.received += 1
      this.#forgetParted(parted)
      return
    }
    // On these lanes nothing overtakes the word that somebody is there.
    const inOrder = reliable && port === 0 && (lane === CONTROL_LANE || lane === GAMEPLAY_LANE)
    if (inOrder || source === via.id || source === this.#parts.id()) {
      throw invalid(`Peer ${via.id} passed on a packet of peer ${source}, for whom it does not speak.`)
    }
    if (!reliable) return
    const early = this.#early.filter((each) => each.via === via)
    const bytes = early.reduce((sum, { message }) => sum + message.packet.length, packet.length)
    if (early.length >= MAX_EARLY_RELAYED || bytes > MAX_EARLY_RELAYED_BYTES) {
      throw invalid(`Peer ${via.id} passed on too much of peers that are not there.`)
    }
    this.#early.push({ via, port, message })
  }

  /** This side wants no more of it. */
  part(peer: RelayedPeer, reason: DisconnectReason): void {
    if (this.#peers.get(peer.id) !== peer) return
    // Who is gone for the peer between needs no word.
    if (peer.ending) this.#keepParted(peer)
    else this.#sayPart(peer)
    this.#end(peer, reason)
  }

  /** A peer is gone, and who was reached through it with it. */
  lost(via: RemotePeer, reason: DisconnectReason): void {
    this.#early = this.#early.filter((early) => early.via !== via)
    this.#parted.delete(via)
    for (const peer of [...this.#peers.values()]) if (peer.via === via) this.#end(peer, reason)
  }

  clear(): void {
    this.#sealing.close()
    this.#peers.clear()
    this.#parted.clear()
    this.#early = []
  }

  /**
   * What goes where, so that these peers get a packet: one for each peer that passes on. `isStar`: whoever passes on knows who
   * everybody is, which is shorter than a list.
   */
  parcels(
    packet: OutgoingPacket,
    { port, mode, lane }: Manner,
    direct: RemotePeer[],
    relayed: RelayedPeer[],
    isStar: boolean,
  ): Parcel[] {
    const reliable = mode === TransferMode.Reliable
    const groups = new Map<RemotePeer, number[]>()
    const parcels: Parcel[] = []
    for (const peer of relayed) {
      const { via, id, traffic } = peer
      traffic.packetsOut += 1
      if (reliable) peer.sent += 1
      traffic.bytesOut += packet.payload.length
      if (peer.seal) {
        const { kind } = packet
        const sealed = peer.seal.seal.seal({ mode: RELAY_MODES[mode], port, lane, kind }, packet.payload)
        const payload = writeToOthers(kind, lane, id, sealed, true)
        parcels.push({ remote: via, packet: { kind: Kind.Relay, payload }, only: id })
        continue
      }
      const group = groups.get(via)
      if (!group) groups.set(via, [id])
      else if (!group.includes(id)) group.push(id)
    }
    for (const remote of direct) if (!groups.has(remote)) parcels.push({ remote, packet })
    for (const [via, ids] of groups) {
      if (direct.includes(via)) ids.push(via.id)
      for (const target of isStar ? this.#shortest(via, ids) : lists(ids)) {
        const payload = writeToOthers(packet.kind, lane, target, packet.payload)
        parcels.push({ remote: via, packet: { kind: Kind.Relay, payload } })
      }
    }
    return parcels
  }

  #shortest(via: RemotePeer, ids: number[]): RelayTarget[] {
    const everyone = [via.id, ...this.all.filter((peer) => peer.via === via).map(({ id }) => id)]
    const others = everyone.filter((id) => !ids.includes(id))
    if (ids.length === 1 || others.length > 1) return lists(ids)
    return others.length === 0 ? [0] : [-others[0]!]
  }

  #take(peer: RelayedPeer, port: number, mode: SealMode, message: FromOther): void {
    const reliable = mode === 'reliable'
    peer.traffic.packetsIn += 1
    peer.traffic.bytesIn += message.packet.length
    if (reliable) peer.received += 1
    // What is not reliable is too old when there is a better way.
    if (reliable || !peer.superseded) this.#deliver(peer, port, mode, message)
    if (reliable) this.#parts.progressed(peer)
    this.#tryEnd(peer)
  }

  #deliver(peer: RelayedPeer, port: number, mode: SealMode, message: FromOther): void {
    const packet = this.#opened(peer, port, mode, message)
    if (packet) this.#parts.packet(peer, port, message.kind, mode === 'ordered', packet)
  }

  /** What it sent; undefined where that is nothing for the user. */
  #opened(peer: RelayedPeer, port: number, mode: SealMode, message: FromOther): Uint8Array | undefined {
    const { sealed, packet, kind, lane } = message
    if (!this.#parts.seals && !sealed) return packet
    if (!this.#parts.seals) {
      const what = `Peer ${peer.id} seals what another peer passes on, and this one does not`
      this.#distrust(peer, new NetError('ERR_UNAUTHORIZED', `${what}: give \`sealRelayed\` to all, or to none.`))
      return undefined
    }
    // From before it was there again, with other keys.
    if (mode === 'reliable' && peer.received <= 0) return undefined
    if (!peer.seal) {
      this.#sealing.receive(peer, { port, mode, message })
      return undefined
    }
    if (!sealed) {
      this.#distrust(peer, plain(peer.id), true)
      return undefined
    }
    try {
      return peer.seal.seal.open({ mode, port, lane, kind }, packet)
    } catch (error) {
      peer.isSpoiled = true
      // Whoever passes on may lose unreliable packets, and send others. Of reliable ones no further one could be opened.
      if (mode === 'reliable') this.#distrust(peer, error as NetError)
      else peer.reject(error as NetError)
      return undefined
    }
  }

  #distrust(peer: RelayedPeer, error: NetError, isSpoiled = false): void {
    if (this.#peers.get(peer.id) !== peer) return
    if (isSpoiled) peer.isSpoiled = true
    this.#parts.rejected(error)
    this.part(peer, 'protocol_error')
  }

  #takeEarly(peer: RelayedPeer): void {
    const mine = this.#early.filter(({ via, message }) => via === peer.via && message.source === peer.id)
    if (mine.length === 0) return
    this.#early = this.#early.filter((early) => !mine.includes(early))
    for (const { port, message } of mine) this.#take(peer, port, 'reliable', message)
  }

  #tryEnd(peer: RelayedPeer): void {
    const { ending, received } = peer
    if (ending && received >= ending.count) this.#end(peer, ending.reason)
  }

  #end(peer: RelayedPeer, reason: DisconnectReason): void {
    if (this.#peers.get(peer.id) !== peer) return
    this.#peers.delete(peer.id)
    this.#sealing.forget(peer)
    // It wants nothing that is sealed.
    if (peer.isMeeting && reason === 'disconnected_by_remote') this.#parts.rejected(plain(peer.id))
    this.#parts.left(peer, reason)
  }

  #sayPart(peer: RelayedPeer): void {
    this.#say(peer.via, writeCommand(Command.Part, peer.id))
    this.#keepParted(peer)
  }

  #keepParted(peer: RelayedPeer): void {
    const { id, via } = peer
    const parted = this.#parted.get(via)
    if (parted) parted.set(id, peer)
    else this.#parted.set(via, new Map([[id, peer]]))
  }

  #forgetParted(peer: RelayedPeer): void {
    if (peer.ending && owed(peer) <= 0) this.#parted.get(peer.via)?.delete(peer.id)
  }

  #say(remote: RemotePeer, payload: Uint8Array): void {
    remote.link.sendReliable(0, { kind: Kind.Relay, payload }, CONTROL_LANE)
    this.#parts.touch(remote)
  }
}

/** Packets can be sent to it. */
function isUsable({ superseded, isMeeting }: RelayedPeer): boolean {
  return !superseded && !isMeeting
}

/** How many reliable packets of it are still on their way, of one that is gone. */
function owed(peer: RelayedPeer | undefined): number {
  return peer?.ending ? peer.ending.count - peer.received : 0
}

function lists(ids: readonly number[]): RelayTarget[] {
  if (ids.length === 1) return [ids[0]!]
  const targets: RelayTarget[] = []
  for (let i = 0; i < ids.length; i += MAX_RELAY_TARGETS) targets.push(ids.slice(i, i + MAX_RELAY_TARGETS))
  return targets
}
