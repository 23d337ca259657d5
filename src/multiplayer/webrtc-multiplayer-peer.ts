// Many WebRTC connections as one peer (Godot: WebRTCMultiplayerPeer): mesh, server and client. It opens the channels of
// the connections that it is given and moves packets; making the connections meet is up to its user (see join-room.ts).

import { systemClock } from '../net/clock.ts'
import { encode } from '../net/codec/codec.ts'
import { type Off, reportUncaught } from '../net/emitter.ts'
import { NetError } from '../net/errors.ts'
import { GRACE_MS, SUSPICION_MS } from '../net/link/constants.ts'
import { Kind } from '../net/link/wire.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { systemRandom } from '../net/random.ts'
import { checkPatience, portOf } from './checks.ts'
import { Delivery } from './delivery.ts'
import { DirectPeers } from './direct-peers.ts'
import type { OwnedPacket } from './inbox.ts'
import { type LaneName, LaneNames } from './lane-names.ts'
import { MultiplayerPeer, type MultiplayerPeerEvents } from './multiplayer-peer.ts'
import { Outgoing } from './outgoing.ts'
import { Relay } from './relay/relay.ts'
import { Role, type RoleKind } from './role.ts'
import {
  ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type PeerStats,
  type SendOptions,
  TARGET_PEER_BROADCAST,
  TARGET_PEER_SERVER,
  type TapEvent,
  type TransferMode,
} from './types.ts'
import { Way } from './way.ts'
import type { ConnectedPeer, WebRTCMultiplayerPeerOptions } from './webrtc-multiplayer-peer-types.ts'

/** Many WebRTC connections as one peer (Godot: WebRTCMultiplayerPeer). See `addPeer`. */
export class WebRTCMultiplayerPeer extends MultiplayerPeer {
  override readonly sealsRelayed: boolean
  readonly #autoPoll: boolean
  readonly #role = new Role()
  readonly #delivery: Delivery
  readonly #lanes: LaneNames
  readonly #peers: DirectPeers
  readonly #serverRelay: boolean
  readonly #helps: boolean
  readonly #relay: Relay
  readonly #outgoing: Outgoing

  /** @throws {NetError} ERR_INVALID_PARAMETER: a lane or a time that cannot be. */
  constructor(options: WebRTCMultiplayerPeerOptions = {}) {
    super()
    const { autoPoll = true, clock = systemClock, hooks = {}, lanes = {}, bulkConnection = true } = options
    const { suspicionMs = SUSPICION_MS, graceMs = GRACE_MS, random = systemRandom } = options
    const { serverRelay = true, relay = true, sealRelayed = false } = options
    const patience = { suspicionMs, graceMs }
    checkPatience(patience)
    this.#lanes = new LaneNames(lanes)
    this.#autoPoll = autoPoll
    this.#serverRelay = serverRelay
    this.#helps = relay
    this.sealsRelayed = sealRelayed
    this.#delivery = new Delivery(
      {
        emit: (name, ...args) => this.emit(name, ...args),
        listenerCount: (name) => this.listenerCount(name),
        isActive: () => this.#role.kind !== 'none',
        accepts: (packet) => this.accepts?.(packet) !== false,
        isUrgent: (service) => this.isUrgent?.(service) === true,
        connecting: (id) => {
          if (this.hasPeer(id)) this.#role.serverIs(ConnectionStatus.Connected)
        },
        connected: (id) => {
          // Nobody above says who is let in.
          if (!this.accepts) this.admit(id)
        },
        leaving: (id) => this.#serverGone(id),
      },
      autoPoll,
    )
    this.#peers = new DirectPeers({
      ...{ clock, random, patience, lanes: this.#lanes, bulkConnection, hooks, role: this.#role },
      delivery: this.#delivery,
      outgoing: () => this.#outgoing,
      relay: () => this.#relay,
      gone: (id, reason) => this.#tellGone(id, reason),
    })
    this.#outgoing = new Outgoing({
      remotes: this.#peers.all,
      lanes: this.#lanes,
      relayed: () => this.#relay.peers,
      channelModes: () => this.#role.channelModes,
      isClient: () => this.isClient,
      isAnnounced: (id) => this.#delivery.isAnnounced(id),
      receipt: (tell) => this.#delivery.tell({ type: 'receipt', tell }),
    })
    this.#relay = new Relay({
      clock,
      seals: sealRelayed,
      neighbours: () => [...this.#peers.all.values()].filter(({ connected }) => connected),
      wants: (id) => hooks.wantsRelayed?.(id) === true,
      lanes: this.#lanes.table,
      id: () => this.#role.id,
      touch: (remote) => this.#outgoing.touch(remote),
      joined: (peer) => {
        this.#delivery.join(peer)
        this.#delivery.tell({ type: 'connected', id: peer.id })
      },
      left: (peer, reason) => {
        this.#delivery.leave(peer)
        this.#outgoing.checkDrained()
        if (peer.superseded) return
        this.#tellGone(peer.id, reason)
        hooks.relayLost?.(peer.id, reason, peer.isSpoiled)
      },
      packet: (from, port, kind, ordered, payload) => {
        this.#delivery.receive(from, port - 1, this.#role.modeOf(port - 1, ordered), kind, payload)
      },
      rejected: (error) => this.#delivery.tell({ type: 'error', error }),
      released: () => this.#outgoing.checkDrained(),
      replaced: (id) => this.#tellGone(id, 'connection_lost'),
      broken: ({ id }) => {
        this.#tellGone(id, 'connection_lost')
        this.#delivery.tell({ type: 'connected', id })
      },
    })
  }

  get connectionStatus(): ConnectionStatus {
    return this.#role.status
  }
  get uniqueId(): number {
    return this.#role.id
  }
  override get autoPoll(): boolean {
    return this.#autoPoll
  }
  override get isClient(): boolean {
    return this.#role.kind === 'client'
  }
  get availablePacketCount(): number {
    return this.#delivery.count
  }

  /** A listener for `packet` first gets the packets that wait (with `autoPoll: false`, at the next `poll`). */
  override on<Name extends keyof MultiplayerPeerEvents>(event: Name, listener: MultiplayerPeerEvents[Name]): Off {
    const off = super.on(event, listener)
    if (event === 'packet' && this.#autoPoll) this.#delivery.emitPackets()
    return off
  }

  /** Becomes the server of a star, id 1. `channels`: the mode of each user channel. */
  createServer(channels: readonly TransferMode[] = []): void {
    this.#create('server', TARGET_PEER_SERVER, channels)
  }

  /** Becomes a client of a star. `id`: 2 to 2^31 - 1. @throws {NetError} ERR_INVALID_PARAMETER, ERR_ALREADY_IN_USE */
  createClient(id: number, channels: readonly TransferMode[] = []): void {
    if (id === TARGET_PEER_SERVER)
      throw new NetError('ERR_INVALID_PARAMETER', 'Id 1 is the server; a client needs another.')
    this.#create('client', id, channels)
  }

  /** Becomes a member of a mesh. `id`: 1 to 2^31 - 1. @throws {NetError} ERR_INVALID_PARAMETER, ERR_ALREADY_IN_USE */
  createMesh(id: number, channels: readonly TransferMode[] = []): void {
    this.#create('mesh', id, channels)
  }

  /**
   * Takes a connection that is new, and opens the channels on it. The caller then exchanges the descriptions.
   * @throws {NetError} ERR_UNCONFIGURED: create the peer first. ERR_INVALID_PARAMETER: an id that does not fit, or a
   * connection that has started. ERR_UNAUTHORIZED: refusing new connections. ERR_ALREADY_IN_USE: the id is taken.
   */
  addPeer(connection: WebRTCPeerConnection, id: number): void {
    this.#role.checkRemote(id)
    if (this.refuseNewConnections) throw new NetError('ERR_UNAUTHORIZED', 'This peer refuses new connections.')
    if (this.hasPeer(id)) throw new NetError('ERR_ALREADY_IN_USE', `There is a peer ${id} already.`)
    this.#peers.add(id, new Way(connection, this.#role.channelModes))
    this.#role.serverIs(ConnectionStatus.Connecting)
  }

  /**
   * Gives a peer that is connected another connection, which is new: when it stands it takes the place of the present one,
   * if that is not heard of by then, and nothing reliable is lost. Another one that was given before is closed.
   * @param leads One side of the two decides so; the other follows.
   * @throws {NetError} ERR_DOES_NOT_EXIST; ERR_INVALID_PARAMETER: a connection that has started.
   */
  replaceConnection(connection: WebRTCPeerConnection, id: number, leads: boolean): void {
    this.#peers.known(id).prepare(new Way(connection, this.#role.channelModes), leads)
  }

  /** The peer itself wants to be reached anew: what `replaceConnection` was given is taken in any case. */
  wantReplacement(id: number): void {
    this.#peers.all.get(id)?.want()
  }

  /** Drops a peer and its connection without a word. Does nothing when there is none. */
  removePeer(id: number, reason: DisconnectReason = 'kicked'): void {
    const remote = this.#peers.all.get(id)
    if (!remote) return
    this.#peers.forget(remote, reason)
    const wasConnected = remote.connected
    remote.close()
    this.#outgoing.checkDrained()
    if (wasConnected) this.#delivery.tell({ type: 'disconnected', id, reason })
    this.#serverGone(id)
  }

  /** Drops a peer that is reached over another one, which is told. Does nothing when there is none. */
  removeRelayed(id: number, reason: DisconnectReason = 'kicked'): void {
    const relayed = this.#relay.peers.get(id)
    if (relayed) this.#relay.peers.part(relayed, reason)
  }

  /**
   * In a mesh: looks for somebody over whom a peer can be reached. `done` hears whether there is one, unless a connection comes
   * first. False: there is nobody to ask, and it hears nothing.
   * @param alone The other side does not look: this one chooses, whoever of the two that is to do otherwise.
   */
  reachOver(id: number, done: (found: boolean) => void, alone = false): boolean {
    return this.#relay.finder.seek(id, done, alone)
  }

  /** Whether there is a connection to such a peer, connected or connecting. */
  hasPeer(id: number): boolean {
    return this.#peers.all.has(id)
  }

  /** @throws {NetError} ERR_DOES_NOT_EXIST */
  getPeer(id: number): ConnectedPeer {
    const { connection, connected, link } = this.#peers.known(id)
    return { connection, connected, reconnecting: link.reconnecting }
  }

  getPeers(): Map<number, ConnectedPeer> {
    return new Map([...this.#peers.all.keys()].map((id) => [id, this.getPeer(id)]))
  }

  /** The ids of the connected peers, ascending. */
  override get connectedPeers(): number[] {
    return this.#delivery.announced
  }

  /** @throws {NetError} ERR_DOES_NOT_EXIST */
  stats(id: number): PeerStats {
    return (this.#relay.peers.get(id) ?? this.#peers.known(id)).stats
  }

  send(value: PacketValue, options: SendOptions = {}): boolean {
    this.#role.requireActive()
    return this.#outgoing.send({ kind: Kind.Value, payload: encode(value) }, options)
  }

  sendBytes(bytes: Uint8Array, options: SendOptions = {}): boolean {
    this.#role.requireActive()
    if (!(bytes instanceof Uint8Array)) throw new NetError('ERR_INVALID_PARAMETER', 'sendBytes takes a Uint8Array.')
    this.#outgoing.checkSize(bytes.length, options)
    // Not `slice`: of Node's Buffer that is a view of the same bytes.
    return this.#outgoing.send({ kind: Kind.Bytes, payload: new Uint8Array(bytes) }, options)
  }

  /** `bytes` must not change any more. */
  override sendService(bytes: Uint8Array, options: SendOptions = {}): boolean {
    this.#role.requireActive()
    return this.#outgoing.send({ kind: Kind.Service, payload: bytes }, options)
  }

  override fingerprints(id: number) {
    const seal = this.#relay.peers.get(id)?.seal
    if (seal) return { localFingerprints: [seal.localName], remoteFingerprints: [seal.remoteName] }
    const remote = this.#peers.all.get(id)
    // One that is still being dialled is not the one over which a peer is heard that somebody else passes on.
    if (!remote?.connected || this.viaOf(id) !== undefined) return undefined
    const { connection } = remote
    return { localFingerprints: connection.localFingerprints, remoteFingerprints: connection.remoteFingerprints }
  }

  override redeliver(packet: OwnedPacket): void {
    if (this.#role.kind !== 'none') this.#delivery.redeliver(packet)
  }

  override reject(id: number, error: NetError): void {
    const source = this.#peers.all.get(id) ?? this.#relay.peers.get(id)
    if (source) source.reject(error)
    else super.reject(id, error)
  }

  override isServerRelaySupported(): boolean {
    return this.isClient || (this.#role.kind === 'server' && this.#serverRelay)
  }

  override admit(id: number): void {
    if (!this.#delivery.admit(id)) return
    const remote = this.#peers.all.get(id)
    if (remote?.connected) this.#relay.admit(remote)
  }

  override viaOf(id: number): number | undefined {
    return this.#relay.peers.get(id)?.via.id
  }

  override flush(): void {
    this.#outgoing.flush()
  }

  override drained(lane: LaneName = 'gameplay', to: number = TARGET_PEER_BROADCAST): Promise<void> {
    this.#role.requireActive()
    return this.#outgoing.drained(lane, to)
  }

  /**
   * Hears of every frame to and from a peer, with time, size, lane and mode, for inspectors and captures. One listener a
   * peer; `undefined` ends it. It costs nothing while nobody listens. @throws {NetError} ERR_DOES_NOT_EXIST
   */
  tap(id: number, listener: ((frame: TapEvent) => void) | undefined): void {
    const { link } = this.#peers.known(id)
    const tell = listener && ((frame: TapEvent) => isolated(() => listener(frame)))
    link.tap = tell && ((frame) => tell({ ...frame, peer: id, lane: this.#lanes.nameOf(frame.lane) }))
  }

  poll(): void {
    this.flush()
    this.#delivery.poll()
  }

  async close(): Promise<void> {
    const remotes = this.#peers.clear()
    this.#relay.stop()
    const tellOwed = this.#delivery.clear()
    this.#role.giveUp()
    this.#outgoing.checkDrained()
    tellOwed()
    await Promise.all(remotes.map((remote) => remote.leave('left')))
  }

  disconnectPeer(id: number, force = false): void {
    const relayed = this.#relay.peers.get(id)
    const remote = relayed ? undefined : this.#peers.known(id)
    const wasConnected = remote?.connected ?? false
    if (force) this.#delivery.silence(id)
    if (relayed) this.#relay.peers.part(relayed, 'kicked')
    if (remote) {
      this.#peers.forget(remote, 'kicked')
      void remote.leave('kicked')
    }
    this.#outgoing.checkDrained()
    if (force) this.#delivery.forget(id)
    else if (wasConnected) this.#delivery.tell({ type: 'disconnected', id, reason: 'kicked' })
    this.#serverGone(id)
  }

  /** One that cannot be unpacked counts against its sender, as in the event style. */
  override getVar(): PacketValue {
    const packet = this.#delivery.next
    try {
      return super.getVar()
    } catch (error) {
      if (error instanceof NetError && error.code === 'ERR_INVALID_DATA') {
        packet?.owner.reject(error, portOf(packet))
      }
      throw error
    }
  }

  protected peekPacket(): OwnedPacket | undefined {
    return this.#delivery.next
  }

  protected takePacket(): OwnedPacket | undefined {
    return this.#delivery.take()
  }

  #create(kind: RoleKind, id: number, channels: readonly TransferMode[]): void {
    this.#role.take(kind, id, channels)
    const part = kind === 'server' ? 'host' : kind === 'mesh' ? 'member' : 'client'
    this.#relay.start(part === 'host' && !this.#serverRelay ? 'none' : part, this.#helps)
  }

  #tellGone(id: number, reason: DisconnectReason): void {
    this.#outgoing.afterSend(() => this.#delivery.tell({ type: 'disconnected', id, reason }))
  }

  /** Called when the user is told, because whoever has not been told may still send. */
  #serverGone(id: number): void {
    if (id === TARGET_PEER_SERVER && !this.hasPeer(id)) this.#role.serverIs(ConnectionStatus.Disconnected)
  }
}

/** What a user's function throws is the user's fault: it must not look like the remote's. */
function isolated(call: () => void): void {
  try {
    call()
  } catch (error) {
    reportUncaught(error)
  }
}
