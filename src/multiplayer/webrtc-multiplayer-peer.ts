// Many WebRTC connections as one peer (Godot: WebRTCMultiplayerPeer): mesh, server and client. It opens the channels of
// the connections that it is given and moves packets; making the connections meet is up to its user (see join-room.ts).

import { type Clock, systemClock } from '../net/clock.ts'
import { encode } from '../net/codec/codec.ts'
import { type Off, reportUncaught } from '../net/emitter.ts'
import { NetError } from '../net/errors.ts'
import { GRACE_MS, SUSPICION_MS } from '../net/link/constants.ts'
import { UnfinishedBudget } from '../net/link/joiner.ts'
import { Kind, type PacketKind } from '../net/link/wire.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { type Random, systemRandom } from '../net/random.ts'
import { checkId, checkMode, checkPatience, portOf } from './checks.ts'
import { MAX_USER_CHANNELS } from './constants.ts'
import { Delivery } from './delivery.ts'
import type { OwnedPacket, PacketSource } from './inbox.ts'
import { type LaneName, LaneNames } from './lane-names.ts'
import { MultiplayerPeer, type MultiplayerPeerEvents } from './multiplayer-peer.ts'
import { Outgoing } from './outgoing.ts'
import { Relay } from './relay/relay.ts'
import { RemotePeer } from './remote-peer.ts'
import {
  ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type PeerStats,
  type SendOptions,
  TARGET_PEER_BROADCAST,
  TARGET_PEER_SERVER,
  type TapEvent,
  TransferMode,
} from './types.ts'
import { Way } from './way.ts'
import type { ConnectedPeer, ConnectionHooks, WebRTCMultiplayerPeerOptions } from './webrtc-multiplayer-peer-types.ts'

type Mode = 'none' | 'server' | 'client' | 'mesh'

export class WebRTCMultiplayerPeer extends MultiplayerPeer {
  override readonly sealsRelayed: boolean
  readonly #clock: Clock
  readonly #autoPoll: boolean
  readonly #hooks: ConnectionHooks
  readonly #patience: { readonly suspicionMs: number; readonly graceMs: number }
  readonly #random: Random
  readonly #remotes = new Map<number, RemotePeer>()
  readonly #delivery: Delivery
  readonly #lanes: LaneNames
  readonly #bulkConnection: boolean
  readonly #unfinished = new UnfinishedBudget()
  readonly #serverRelay: boolean
  readonly #helps: boolean
  readonly #relay: Relay
  readonly #outgoing: Outgoing
  #mode: Mode = 'none'
  #id = 0
  #status: ConnectionStatus = ConnectionStatus.Disconnected
  #channelModes: readonly TransferMode[] = []

  /** @throws {NetError} ERR_INVALID_PARAMETER: a lane or a time that cannot be. */
  constructor(options: WebRTCMultiplayerPeerOptions = {}) {
    super()
    const { autoPoll = true, clock = systemClock, hooks = {}, lanes = {}, bulkConnection = true } = options
    const { suspicionMs = SUSPICION_MS, graceMs = GRACE_MS, random = systemRandom } = options
    const { serverRelay = true, relay = true, sealRelayed = false } = options
    this.#patience = { suspicionMs, graceMs }
    checkPatience(this.#patience)
    this.#random = random
    this.#lanes = new LaneNames(lanes)
    this.#bulkConnection = bulkConnection
    this.#hooks = hooks
    this.#autoPoll = autoPoll
    this.#clock = clock
    this.#serverRelay = serverRelay
    this.#helps = relay
    this.sealsRelayed = sealRelayed
    this.#delivery = new Delivery(
      {
        emit: (name, ...args) => this.emit(name, ...args),
        listenerCount: (name) => this.listenerCount(name),
        isActive: () => this.#mode !== 'none',
        accepts: (packet) => this.accepts?.(packet) !== false,
        isUrgent: (service) => this.isUrgent?.(service) === true,
        connecting: (id) => {
          if (this.#mode === 'client' && this.#remotes.has(id)) this.#status = ConnectionStatus.Connected
        },
        connected: (id) => {
          // Nobody above says who is let in.
          if (!this.accepts) this.admit(id)
        },
        leaving: (id) => this.#serverGone(id),
      },
      autoPoll,
    )
    this.#outgoing = new Outgoing({
      remotes: this.#remotes,
      lanes: this.#lanes,
      relayed: () => this.#relay.peers,
      channelModes: () => this.#channelModes,
      isClient: () => this.#mode === 'client',
      isAnnounced: (id) => this.#delivery.isAnnounced(id),
      receipt: (tell) => this.#delivery.tell({ type: 'receipt', tell }),
    })
    this.#relay = new Relay({
      clock,
      seals: sealRelayed,
      neighbours: () => [...this.#remotes.values()].filter(({ connected }) => connected),
      wants: (id) => hooks.wantsRelayed?.(id) === true,
      lanes: this.#lanes.table,
      id: () => this.#id,
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
      packet: (from, port, kind, ordered, payload) => this.#receive(from, port - 1, kind, ordered, payload),
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
    return this.#status
  }
  get uniqueId(): number {
    return this.#id
  }
  override get autoPoll(): boolean {
    return this.#autoPoll
  }
  override get isClient(): boolean {
    return this.#mode === 'client'
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
    if (this.#mode === 'none')
      throw new NetError('ERR_UNCONFIGURED', 'Call createServer, createClient or createMesh first.')
    checkId(id)
    if (this.#mode === 'client' && id !== TARGET_PEER_SERVER) {
      throw new NetError('ERR_INVALID_PARAMETER', `A client connects to the server, id 1, not to ${id}.`)
    }
    if (id === this.#id) throw new NetError('ERR_INVALID_PARAMETER', `${id} is this peer's own id.`)
    if (this.refuseNewConnections) throw new NetError('ERR_UNAUTHORIZED', 'This peer refuses new connections.')
    if (this.#remotes.has(id)) throw new NetError('ERR_ALREADY_IN_USE', `There is a peer ${id} already.`)
    this.#add(id, new Way(connection, this.#channelModes))
    if (this.#mode === 'client') this.#status = ConnectionStatus.Connecting
  }

  /**
   * Gives a peer that is connected another connection, which is new: when it stands it takes the place of the present one,
   * if that is not heard of by then, and nothing reliable is lost. Another one that was given before is closed.
   * @param leads One side of the two decides so; the other follows.
   * @throws {NetError} ERR_DOES_NOT_EXIST; ERR_INVALID_PARAMETER: a connection that has started.
   */
  replaceConnection(connection: WebRTCPeerConnection, id: number, leads: boolean): void {
    this.#require(id).prepare(new Way(connection, this.#channelModes), leads)
  }

  /** The peer itself wants to be reached anew: what `replaceConnection` was given is taken in any case. */
  wantReplacement(id: number): void {
    this.#remotes.get(id)?.want()
  }

  #add(id: number, way: Way): RemotePeer {
    const settings = {
      localId: this.#id,
      userModes: this.#channelModes,
      lanes: this.#lanes.table,
      budget: this.#unfinished,
      ...this.#patience,
      repairs: this.#hooks.reconnecting !== undefined,
      random: this.#random,
      offersBulk: this.#bulkConnection ? this.#id < id : undefined,
    }
    const remote = new RemotePeer(id, way, settings, this.#clock, {
      connected: () => {
        this.#hooks.connected?.(id)
        if (!this.#relay.connected(remote)) this.#delivery.tell({ type: 'connected', id })
        else if (this.#delivery.isAdmitted(id)) this.#relay.admit(remote)
      },
      packet: (channel, kind, ordered, payload) => {
        if (kind === Kind.Relay) this.#relay.receive(remote, channel + 1, this.#modeOf(channel, ordered), payload)
        else if (this.#modeOf(channel, ordered) !== TransferMode.Reliable || !this.#relay.handovers.holds(remote)) {
          this.#receive(remote, channel, kind, ordered, payload)
        } else {
          this.#hold(remote, channel, kind, ordered, payload)
        }
      },
      drained: () => this.#outgoing.checkDrained(),
      reconnecting: () => {
        this.#delivery.tell({ type: 'reconnecting', id })
        this.#hooks.reconnecting?.(id)
      },
      reconnected: () => {
        this.#hooks.settled?.(id)
        this.#delivery.tell({ type: 'reconnected', id })
      },
      replaced: (replacing, greeting) => {
        // Whoever is told of the new one was told before that the old one is gone.
        this.#afterSend(() => {
          if (this.#mode !== 'none' && !this.#remotes.has(id)) this.#add(id, replacing).greetedBy(greeting)
          else replacing.close()
        })
      },
      progress: (direction, lane, bytes, totalBytes) => {
        if (this.listenerCount('progress') === 0) return
        this.#delivery.tell({
          type: 'progress',
          progress: { peer: id, direction, lane: this.#lanes.nameOf(lane), bytes, totalBytes },
        })
      },
      rejected: (error) => {
        if (this.#remotes.get(id) === remote) this.#delivery.tell({ type: 'error', error })
      },
      ended: (reason) => this.#ended(remote, reason),
      failed: (error) => this.#failed(remote, error),
    })
    this.#remotes.set(id, remote)
    this.#delivery.join(remote)
    return remote
  }

  /** Drops a peer and its connection without a word. Does nothing when there is none. */
  removePeer(id: number, reason: DisconnectReason = 'kicked'): void {
    const remote = this.#remotes.get(id)
    if (!remote) return
    this.#forget(remote, reason)
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
    return this.#remotes.has(id)
  }

  /** @throws {NetError} ERR_DOES_NOT_EXIST */
  getPeer(id: number): ConnectedPeer {
    const { connection, connected, link } = this.#require(id)
    return { connection, connected, reconnecting: link.reconnecting }
  }

  getPeers(): Map<number, ConnectedPeer> {
    return new Map([...this.#remotes.keys()].map((id) => [id, this.getPeer(id)]))
  }

  /** The ids of the connected peers, ascending. */
  override get connectedPeers(): number[] {
    return this.#delivery.announced
  }

  /** @throws {NetError} ERR_DOES_NOT_EXIST */
  stats(id: number): PeerStats {
    return (this.#relay.peers.get(id) ?? this.#require(id)).stats
  }

  send(value: PacketValue, options: SendOptions = {}): boolean {
    this.#requireActive()
    return this.#outgoing.send({ kind: Kind.Value, payload: encode(value) }, options)
  }

  sendBytes(bytes: Uint8Array, options: SendOptions = {}): boolean {
    this.#requireActive()
    if (!(bytes instanceof Uint8Array)) throw new NetError('ERR_INVALID_PARAMETER', 'sendBytes takes a Uint8Array.')
    this.#outgoing.checkSize(bytes.length, options)
    // Not `slice`: of Node's Buffer that is a view of the same bytes.
    return this.#outgoing.send({ kind: Kind.Bytes, payload: new Uint8Array(bytes) }, options)
  }

  /** `bytes` must not change any more. */
  override sendService(bytes: Uint8Array, options: SendOptions = {}): boolean {
    this.#requireActive()
    return this.#outgoing.send({ kind: Kind.Service, payload: bytes }, options)
  }

  override fingerprints(id: number) {
    const seal = this.#relay.peers.get(id)?.seal
    if (seal) return { localFingerprints: [seal.localName], remoteFingerprints: [seal.remoteName] }
    const remote = this.#remotes.get(id)
    // One that is still being dialled is not the one over which a peer is heard that somebody else passes on.
    if (!remote?.connected || this.viaOf(id) !== undefined) return undefined
    const { connection } = remote
    return { localFingerprints: connection.localFingerprints, remoteFingerprints: connection.remoteFingerprints }
  }

  override redeliver(packet: OwnedPacket): void {
    if (this.#mode !== 'none') this.#delivery.redeliver(packet)
  }

  override reject(id: number, error: NetError): void {
    const source = this.#remotes.get(id) ?? this.#relay.peers.get(id)
    if (source) source.reject(error)
    else super.reject(id, error)
  }

  override isServerRelaySupported(): boolean {
    return this.#mode === 'client' || (this.#mode === 'server' && this.#serverRelay)
  }

  override admit(id: number): void {
    if (!this.#delivery.admit(id)) return
    const remote = this.#remotes.get(id)
    if (remote?.connected) this.#relay.admit(remote)
  }

  override viaOf(id: number): number | undefined {
    return this.#relay.peers.get(id)?.via.id
  }

  override flush(): void {
    this.#outgoing.flush()
  }

  override drained(lane: LaneName = 'gameplay', to: number = TARGET_PEER_BROADCAST): Promise<void> {
    this.#requireActive()
    return this.#outgoing.drained(lane, to)
  }

  /**
   * Hears of every frame to and from a peer, with time, size, lane and mode, for inspectors and captures. One listener a
   * peer; `undefined` ends it. It costs nothing while nobody listens. @throws {NetError} ERR_DOES_NOT_EXIST
   */
  tap(id: number, listener: ((frame: TapEvent) => void) | undefined): void {
    const { link } = this.#require(id)
    const tell = listener && ((frame: TapEvent) => isolated(() => listener(frame)))
    link.tap = tell && ((frame) => tell({ ...frame, peer: id, lane: this.#lanes.nameOf(frame.lane) }))
  }

  poll(): void {
    this.flush()
    this.#delivery.poll()
  }

  async close(): Promise<void> {
    const remotes = [...this.#remotes.values()]
    this.#remotes.clear()
    this.#relay.stop()
    const tellOwed = this.#delivery.clear()
    this.#mode = 'none'
    this.#id = 0
    this.#status = ConnectionStatus.Disconnected
    this.#outgoing.checkDrained()
    tellOwed()
    await Promise.all(remotes.map((remote) => remote.leave('left')))
  }

  disconnectPeer(id: number, force = false): void {
    const relayed = this.#relay.peers.get(id)
    const remote = relayed ? undefined : this.#require(id)
    const wasConnected = remote?.connected ?? false
    if (force) this.#delivery.silence(id)
    if (relayed) this.#relay.peers.part(relayed, 'kicked')
    if (remote) {
      this.#forget(remote, 'kicked')
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

  #create(mode: Mode, id: number, channels: readonly TransferMode[]): void {
    if (this.#mode !== 'none') throw new NetError('ERR_ALREADY_IN_USE', 'This peer is in use: close it first.')
    checkId(id)
    if (channels.length > MAX_USER_CHANNELS) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        `${channels.length} user channels; ${MAX_USER_CHANNELS} are possible.`,
      )
    }
    for (const each of channels) checkMode(each)
    this.#channelModes = [...channels]
    this.#mode = mode
    this.#id = id
    this.#status = mode === 'client' ? ConnectionStatus.Connecting : ConnectionStatus.Connected
    const role = mode === 'server' ? 'host' : mode === 'mesh' ? 'member' : 'client'
    this.#relay.start(role === 'host' && !this.#serverRelay ? 'none' : role, this.#helps)
  }

  #requireActive(): void {
    if (this.#status === ConnectionStatus.Disconnected) {
      throw new NetError('ERR_UNCONFIGURED', 'This peer is not connected: create or join something first.')
    }
  }

  #require(id: number): RemotePeer {
    const remote = this.#remotes.get(id)
    if (!remote) throw new NetError('ERR_DOES_NOT_EXIST', `There is no peer ${id}.`)
    return remote
  }

  #modeOf(channel: number, ordered: boolean): TransferMode {
    if (channel > 0) return this.#channelModes[channel - 1]!
    if (channel < 0) return TransferMode.Reliable
    return ordered ? TransferMode.UnreliableOrdered : TransferMode.Unreliable
  }

  /** Until what it sent by way of a third is here. */
  #hold(remote: RemotePeer, channel: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void {
    const receive = () => this.#receive(remote, channel, kind, ordered, payload)
    this.#relay.handovers.hold(remote, payload.length, receive)
  }

  #receive(owner: PacketSource, channel: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void {
    this.#delivery.receive(owner, Math.max(0, channel), this.#modeOf(channel, ordered), kind, payload)
  }

  #ended(remote: RemotePeer, reason: DisconnectReason): void {
    if (this.#remotes.get(remote.id) !== remote) return
    this.#forget(remote, reason)
    this.#outgoing.checkDrained()
    this.#tellGone(remote.id, reason)
  }

  #tellGone(id: number, reason: DisconnectReason): void {
    this.#afterSend(() => this.#delivery.tell({ type: 'disconnected', id, reason }))
  }

  /**
   * A send may find out that the peer is gone. Told at once, it would make the next send to that peer a mistake, in the midst
   * of whatever the game is doing.
   */
  #afterSend(action: () => void): void {
    if (this.#outgoing.sending) void Promise.resolve().then(action)
    else action()
  }

  #failed(remote: RemotePeer, error: NetError): void {
    if (this.#remotes.get(remote.id) !== remote) return
    this.#forget(remote, 'connection_lost')
    if (this.#hooks.failed?.(remote.id, error)) return
    this.#delivery.tell({ type: 'failed', id: remote.id, error })
  }

  #forget(remote: RemotePeer, reason: DisconnectReason): void {
    this.#remotes.delete(remote.id)
    this.#hooks.settled?.(remote.id)
    this.#relay.lost(remote, reason)
    this.#delivery.leave(remote)
  }

  /** Called when the user is told, because whoever has not been told may still send. */
  #serverGone(id: number): void {
    if (this.#mode !== 'client' || id !== TARGET_PEER_SERVER || this.#remotes.has(id)) return
    this.#status = ConnectionStatus.Disconnected
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
