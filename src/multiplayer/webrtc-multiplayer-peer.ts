// Many WebRTC connections as one peer (Godot: WebRTCMultiplayerPeer): mesh, server and client. It opens the channels of
// the connections that it is given and moves packets; making the connections meet is up to its user (see join-room.ts).

import { type Clock, systemClock } from '../net/clock.ts'
import { decode, encode } from '../net/codec/codec.ts'
import { type Off, reportUncaught } from '../net/emitter.ts'
import { NetError } from '../net/errors.ts'
import { BULK_FROM, GRACE_MS, SUSPICION_MS } from '../net/link/constants.ts'
import { UnfinishedBudget } from '../net/link/joiner.ts'
import { BULK_LANE, GAMEPLAY_LANE } from '../net/link/lane-table.ts'
import type { LaneSettings, OutgoingPacket } from '../net/link/lanes.ts'
import { Kind, type PacketKind } from '../net/link/wire.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { type Random, systemRandom } from '../net/random.ts'
import { checkId, checkMode, checkPatience, checkSize, portOf } from './checks.ts'
import { MAX_USER_CHANNELS } from './constants.ts'
import { Inbox, type OwnedPacket, type PacketSource } from './inbox.ts'
import { type LaneName, LaneNames } from './lane-names.ts'
import { MultiplayerPeer, type MultiplayerPeerEvents } from './multiplayer-peer.ts'
import { type PendingEvent, PendingEvents } from './pending-events.ts'
import { Relay } from './relay/relay.ts'
import { RelayedPeer } from './relay/relayed-peer.ts'
import { RemotePeer } from './remote-peer.ts'
import {
  ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type PatienceOptions,
  type PeerStats,
  type SendOptions,
  TARGET_PEER_BROADCAST,
  TARGET_PEER_SERVER,
  type TapEvent,
  TransferMode,
} from './types.ts'
import { WaitingBudget } from './waiting-budget.ts'
import { Way } from './way.ts'

type Mode = 'none' | 'server' | 'client' | 'mesh'

export interface WebRTCMultiplayerPeerOptions extends PatienceOptions {
  /** True (default): events and packets come as they arrive. False: they wait, bounded, for `poll`. */
  readonly autoPoll?: boolean
  readonly clock?: Clock
  readonly random?: Random
  /**
   * Lanes beside `control` (priority 0), `gameplay` (1) and `bulk` (2), by name; at most 13. Lanes of priority 2 and more
   * are paced like bulk. Both sides need the same names only where a lane's name is looked at (`tap`, `progress`).
   */
  readonly lanes?: Readonly<Record<string, LaneSettings>>
  /**
   * Whether bulk gets a connection of its own when it is first sent (default), so that the game does not wait for the
   * transfer when packets are lost. Without it, or where it cannot be made, bulk is paced on the first one.
   */
  readonly bulkConnection?: boolean
  /** A server: whether it passes packets on between its clients (Godot: server_relay). Default true. */
  readonly serverRelay?: boolean
  /** A member of a mesh: whether it passes packets on between others that cannot connect. Default true. */
  readonly relay?: boolean
  /** Called at once, also with `autoPoll: false`: for those who make the connections meet. */
  readonly hooks?: ConnectionHooks
}

/** How it is with a peer that was added. */
export interface ConnectedPeer {
  /** The one in use: another may take its place. */
  readonly connection: WebRTCPeerConnection
  readonly connected: boolean
  /** Connected, but nothing is heard of it for the moment. */
  readonly reconnecting: boolean
}

export interface ConnectionHooks {
  connected?(id: number): void
  /** A peer that was added could not be connected to. True: it is dialled again, and nobody else is told. */
  failed?(id: number, error: NetError): boolean
  /** In a mesh: whether a peer belongs here, which another one offers to pass packets on for. Without it none does. */
  wantsRelayed?(id: number): boolean
  /** A peer that was reached over another one is not any more. */
  relayLost?(id: number, reason: DisconnectReason): void
  /** A peer is to be reached again: by `connection.restartIce`, or by `replaceConnection`. Without it a lost connection ends it. */
  reconnecting?(id: number): void
  /** It is there again, or gone. */
  settled?(id: number): void
}

export class WebRTCMultiplayerPeer extends MultiplayerPeer {
  readonly #clock: Clock
  readonly #autoPoll: boolean
  readonly #hooks: ConnectionHooks
  readonly #patience: { readonly suspicionMs: number; readonly graceMs: number }
  readonly #random: Random
  readonly #remotes = new Map<number, RemotePeer>()
  /** Peers of which the user was told that they are connected, and not yet that they are gone. */
  readonly #announced = new Set<number>()
  /** Those of them of which the user was told that they are reconnecting. */
  readonly #doubted = new Set<number>()
  /** Those of them that were let in: see `admit`. */
  readonly #admitted = new Set<number>()
  readonly #inbox = new Inbox()
  readonly #lanes: LaneNames
  readonly #bulkConnection: boolean
  readonly #unfinished = new UnfinishedBudget()
  readonly #serverRelay: boolean
  readonly #helps: boolean
  readonly #relay: Relay
  /** Peers to which something was sent since the last flush. */
  #unflushed: RemotePeer[] = []
  #flushIsDue = false
  readonly #drainWaiters = new Set<() => void>()
  readonly #pending = new PendingEvents()
  #budget = new WaitingBudget<PacketSource>()
  #mode: Mode = 'none'
  #id = 0
  #status: ConnectionStatus = ConnectionStatus.Disconnected
  #channelModes: readonly TransferMode[] = []
  #sending = false

  /** @throws {NetError} ERR_INVALID_PARAMETER: a lane or a time that cannot be. */
  constructor(options: WebRTCMultiplayerPeerOptions = {}) {
    super()
    const { autoPoll = true, clock = systemClock, hooks = {}, lanes = {}, bulkConnection = true } = options
    const { suspicionMs = SUSPICION_MS, graceMs = GRACE_MS, random = systemRandom } = options
    const { serverRelay = true, relay = true } = options
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
    this.#relay = new Relay({
      clock,
      neighbours: () => [...this.#remotes.values()].filter(({ connected }) => connected),
      wants: (id) => hooks.wantsRelayed?.(id) === true,
      lanes: this.#lanes.table,
      id: () => this.#id,
      touch: (remote) => this.#touch(remote),
      joined: (peer) => {
        this.#budget.join(peer)
        this.#deliver({ type: 'connected', id: peer.id })
      },
      left: (peer, reason) => {
        this.#release(peer)
        this.#checkDrained()
        if (peer.superseded) return
        this.#tellGone(peer.id, reason)
        hooks.relayLost?.(peer.id, reason)
      },
      packet: (from, port, kind, ordered, payload) => this.#receive(from, port - 1, kind, ordered, payload),
      rejected: (error) => this.#deliver({ type: 'error', error }),
      released: () => this.#checkDrained(),
      broken: ({ id }) => {
        this.#tellGone(id, 'connection_lost')
        this.#deliver({ type: 'connected', id })
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
    return this.#inbox.count
  }

  /** A listener for `packet` first gets the packets that wait (with `autoPoll: false`, at the next `poll`). */
  override on<Name extends keyof MultiplayerPeerEvents>(event: Name, listener: MultiplayerPeerEvents[Name]): Off {
    const off = super.on(event, listener)
    if (event === 'packet' && this.#autoPoll) this.#emitWaiting()
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
        if (!this.#relay.connected(remote)) this.#deliver({ type: 'connected', id })
        else if (this.#admitted.has(id)) this.#relay.admit(remote)
      },
      packet: (channel, kind, ordered, payload) => {
        if (kind === Kind.Relay) this.#relay.receive(remote, channel + 1, this.#modeOf(channel, ordered), payload)
        else {
          const receive = () => this.#receive(remote, channel, kind, ordered, payload)
          const reliable = this.#modeOf(channel, ordered) === TransferMode.Reliable
          if (!reliable || !this.#relay.handovers.holds(remote, payload.length, receive)) receive()
        }
      },
      drained: () => this.#checkDrained(),
      reconnecting: () => {
        this.#deliver({ type: 'reconnecting', id })
        this.#hooks.reconnecting?.(id)
      },
      reconnected: () => {
        this.#hooks.settled?.(id)
        this.#deliver({ type: 'reconnected', id })
      },
      replaced: (replacing, greeting) => {
        if (this.#mode !== 'none' && !this.#remotes.has(id)) this.#add(id, replacing).greetedBy(greeting)
        else replacing.close()
      },
      progress: (direction, lane, bytes, totalBytes) => {
        if (this.listenerCount('progress') === 0) return
        this.#deliver({
          type: 'progress',
          progress: { peer: id, direction, lane: this.#lanes.nameOf(lane), bytes, totalBytes },
        })
      },
      rejected: (error) => {
        if (this.#remotes.get(id) === remote) this.#deliver({ type: 'error', error })
      },
      ended: (reason) => this.#ended(remote, reason),
      failed: (error) => this.#failed(remote, error),
    })
    this.#remotes.set(id, remote)
    this.#budget.join(remote)
    return remote
  }

  /** Drops a peer and its connection without a word. Does nothing when there is none. */
  removePeer(id: number, reason: DisconnectReason = 'kicked'): void {
    const remote = this.#remotes.get(id)
    if (!remote) return
    this.#forget(remote, reason)
    const wasConnected = remote.connected
    remote.close()
    this.#checkDrained()
    if (wasConnected) this.#deliver({ type: 'disconnected', id, reason })
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
   */
  reachOver(id: number, done: (found: boolean) => void): boolean {
    return this.#relay.finder.seek(id, done)
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
    return [...this.#announced].sort((a, b) => a - b)
  }

  /** @throws {NetError} ERR_DOES_NOT_EXIST */
  stats(id: number): PeerStats {
    return (this.#relay.peers.get(id) ?? this.#require(id)).stats
  }

  send(value: PacketValue, options: SendOptions = {}): boolean {
    this.#requireActive()
    return this.#send({ kind: Kind.Value, payload: encode(value) }, options)
  }

  sendBytes(bytes: Uint8Array, options: SendOptions = {}): boolean {
    this.#requireActive()
    if (!(bytes instanceof Uint8Array)) throw new NetError('ERR_INVALID_PARAMETER', 'sendBytes takes a Uint8Array.')
    checkSize(bytes.length, this.#route(options).mode)
    // Not `slice`: of Node's Buffer that is a view of the same bytes.
    return this.#send({ kind: Kind.Bytes, payload: new Uint8Array(bytes) }, options)
  }

  /** `bytes` must not change any more. */
  override sendService(bytes: Uint8Array, options: SendOptions = {}): boolean {
    this.#requireActive()
    return this.#send({ kind: Kind.Service, payload: bytes }, options)
  }

  override fingerprints(id: number) {
    const remote = this.#remotes.get(id)
    // One that is still being dialled is not the one over which a peer is heard that somebody else passes on.
    if (!remote?.connected || this.viaOf(id) !== undefined) return undefined
    const { connection } = remote
    return { localFingerprints: connection.localFingerprints, remoteFingerprints: connection.remoteFingerprints }
  }

  override redeliver(packet: OwnedPacket): void {
    if (this.#mode !== 'none' && this.#announced.has(packet.from)) this.#give(packet)
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
    if (!this.#announced.has(id)) return
    this.#admitted.add(id)
    const remote = this.#remotes.get(id)
    if (remote?.connected) this.#relay.admit(remote)
  }

  override viaOf(id: number): number | undefined {
    return this.#relay.peers.get(id)?.via.id
  }

  override flush(): void {
    this.#flushIsDue = false
    const remotes = this.#unflushed
    this.#unflushed = []
    for (const remote of remotes) {
      remote.isUnflushed = false
      remote.link.flush()
    }
  }

  override drained(lane: LaneName = 'gameplay', to: number = TARGET_PEER_BROADCAST): Promise<void> {
    this.#requireActive()
    const number = this.#lanes.numberOf(lane)
    const isDrained = () =>
      this.#status === ConnectionStatus.Disconnected ||
      ([...this.#remotes.values()].every(
        ({ id, link }) => (to > 0 ? id !== to : id === -to) || !link.connected || link.ready(number),
      ) &&
        this.#relay.peers.all.every(
          ({ id, via, held }) => (to > 0 ? id !== to : id === -to) || (!held && via.link.ready(number)),
        ))
    if (isDrained()) return Promise.resolve()
    return new Promise((resolve) => {
      const check = () => {
        if (!isDrained()) return
        this.#drainWaiters.delete(check)
        resolve()
      }
      this.#drainWaiters.add(check)
    })
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
    this.#emitWaiting()
    for (const item of this.#pending.take()) {
      // A listener closed this peer. Receipts are owed all the same.
      if (this.#mode === 'none' && item.type !== 'receipt') continue
      if (item.type === 'packet') this.#budget.remove(item.packet.owner, item.packet.payload)
      this.#emitNow(item)
    }
  }

  async close(): Promise<void> {
    const remotes = [...this.#remotes.values()]
    this.#remotes.clear()
    this.#relay.stop()
    this.#announced.clear()
    this.#doubted.clear()
    this.#admitted.clear()
    this.#inbox.clear()
    const owed = this.#pending.take().filter(({ type }) => type === 'receipt')
    this.#budget = new WaitingBudget()
    this.#mode = 'none'
    this.#id = 0
    this.#status = ConnectionStatus.Disconnected
    this.#checkDrained()
    for (const item of owed) this.#emitNow(item)
    await Promise.all(remotes.map((remote) => remote.leave('left')))
  }

  disconnectPeer(id: number, force = false): void {
    const relayed = this.#relay.peers.get(id)
    const remote = relayed ? undefined : this.#require(id)
    const wasConnected = remote?.connected ?? false
    if (force) {
      this.#announced.delete(id)
      this.#admitted.delete(id)
    }
    if (relayed) this.#relay.peers.part(relayed, 'kicked')
    if (remote) {
      this.#forget(remote, 'kicked')
      void remote.leave('kicked')
    }
    this.#checkDrained()
    if (force) {
      this.#doubted.delete(id)
      this.#pending.forget(id)
    } else if (wasConnected) this.#deliver({ type: 'disconnected', id, reason: 'kicked' })
    this.#serverGone(id)
  }

  /** One that cannot be unpacked counts against its sender, as in the event style. */
  override getVar(): PacketValue {
    const packet = this.#inbox.next
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
    return this.#inbox.next
  }

  protected takePacket(): OwnedPacket | undefined {
    const packet = this.#inbox.take()
    if (packet) this.#budget.remove(packet.owner, packet.payload)
    return packet
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

  #send(packet: OutgoingPacket, { to = TARGET_PEER_BROADCAST, ...options }: SendOptions): boolean {
    const { port, mode } = this.#route(options)
    const size = packet.payload.length
    checkSize(size, mode)
    const reliable = mode === TransferMode.Reliable
    const lane = this.#lane(options.lane, port, reliable, size)
    const { key, receipt } = options
    if (reliable && (key !== undefined || receipt !== undefined)) {
      throw new NetError('ERR_INVALID_PARAMETER', 'Only unreliable packets have a key or a receipt.')
    }
    const direct: RemotePeer[] = []
    const relayed: RelayedPeer[] = []
    for (const target of this.#targets(to)) {
      if (target instanceof RelayedPeer) relayed.push(target)
      else direct.push(target)
    }
    if (receipt && relayed.length > 0) {
      const what = `Peer ${relayed[0]!.id} is reached through peer ${relayed[0]!.via.id}: there are no receipts of what is passed on.`
      throw new NetError('ERR_INVALID_PARAMETER', what)
    }
    let ready = !(reliable && relayed.some(({ held }) => held))
    const parcels =
      relayed.length === 0
        ? direct.map((remote) => ({ remote, packet }))
        : this.#relay.peers.parcels(packet, lane, reliable, direct, relayed, this.#mode === 'client')
    this.#sending = true
    try {
      for (const { remote, packet } of parcels) {
        const { link, id } = remote
        if (reliable) link.sendReliable(port, packet, lane)
        else {
          const tell =
            receipt && ((delivered: boolean) => this.#deliver({ type: 'receipt', tell: () => receipt(delivered, id) }))
          link.sendUnreliable(port, packet, mode === TransferMode.UnreliableOrdered, key, tell)
        }
        if (!(reliable ? link.ready(lane) : link.unreliableReady(port))) ready = false
        this.#touch(remote)
      }
    } finally {
      this.#sending = false
    }
    return ready
  }

  /** Something was put into its link, which goes out at the end of the task. */
  #touch(remote: RemotePeer): void {
    if (!remote.isUnflushed) {
      remote.isUnflushed = true
      this.#unflushed.push(remote)
    }
    if (this.#flushIsDue) return
    this.#flushIsDue = true
    void Promise.resolve().then(() => this.flush())
  }

  #lane(name: LaneName | undefined, port: number, reliable: boolean, size: number): number {
    if (name === undefined) return reliable && port === 0 && size >= BULK_FROM ? BULK_LANE : GAMEPLAY_LANE
    if (reliable && port === 0) return this.#lanes.numberOf(name)
    throw new NetError('ERR_INVALID_PARAMETER', 'Lanes are for reliable packets on channel 0.')
  }

  #checkDrained(): void {
    for (const check of [...this.#drainWaiters]) check()
  }

  #route({ mode, channel = 0 }: SendOptions): { port: number; mode: TransferMode } {
    if (mode !== undefined) checkMode(mode)
    if (channel === 0) {
      const chosen = mode ?? TransferMode.Reliable
      return { port: chosen === TransferMode.Reliable ? 0 : 1, mode: chosen }
    }
    const own = this.#channelModes[channel - 1]
    if (own === undefined) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        `There is no channel ${channel}: ${this.#channelModes.length} were set up.`,
      )
    }
    if (mode !== undefined && mode !== own) {
      throw new NetError('ERR_INVALID_PARAMETER', `Channel ${channel} was set up with mode ${own}, not ${mode}.`)
    }
    return { port: channel + 1, mode: own }
  }

  #targets(to: number | readonly number[]): (RemotePeer | RelayedPeer)[] {
    if (typeof to === 'object') return to.flatMap((id) => this.#targets(checked(id)))
    if (!Number.isInteger(to)) throw new NetError('ERR_INVALID_PARAMETER', `A target is a whole number, not ${to}.`)
    if (to > 0) {
      const remote = this.#remotes.get(to)
      if (remote?.connected) return [remote]
      const relayed = this.#relay.peers.get(to)
      if (relayed) return [relayed]
      // Gone, but the user has not been told yet: not a mistake.
      if (this.#announced.has(to)) return []
      throw new NetError('ERR_INVALID_PARAMETER', `Peer ${to} is not connected.`)
    }
    const targets: (RemotePeer | RelayedPeer)[] = []
    for (const remote of this.#remotes.values()) if (remote.connected && remote.id !== -to) targets.push(remote)
    for (const relayed of this.#relay.peers.all) if (relayed.id !== -to) targets.push(relayed)
    return targets
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

  #receive(owner: PacketSource, channel: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void {
    const mode = this.#modeOf(channel, ordered)
    const isService = kind === Kind.Service
    const isValue = kind === Kind.Value
    const packet = { from: owner.id, mode, channel: Math.max(0, channel), isValue, isService, payload, owner }
    const isUrgent = isService && this.#announced.has(owner.id) && this.isUrgent?.(payload[0]!)
    if (this.#autoPoll || isUrgent) this.#admit(packet)
    else if (this.#mayWait(packet)) this.#pending.add({ type: 'packet', packet })
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
    else if (this.accepts?.(packet) !== false) this.#give(packet)
  }

  #give(packet: OwnedPacket): void {
    if (this.listenerCount('packet') > 0 && this.#inbox.count === 0) this.#emitPacket(packet)
    else if (this.#mayWait(packet)) this.#inbox.add(packet)
  }

  #emitWaiting(): void {
    while (this.listenerCount('packet') > 0) {
      const packet = this.takePacket()
      if (!packet) return
      this.#emitPacket(packet)
    }
  }

  #emitService(packet: OwnedPacket): void {
    const { payload, from, mode, channel, owner } = packet
    if (this.listenerCount('service') > 0) this.emit('service', payload, from, mode, channel)
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
    this.emit('packet', value, packet.from, packet.mode, packet.channel)
  }

  #ended(remote: RemotePeer, reason: DisconnectReason): void {
    if (this.#remotes.get(remote.id) !== remote) return
    this.#forget(remote, reason)
    this.#checkDrained()
    this.#tellGone(remote.id, reason)
  }

  #tellGone(id: number, reason: DisconnectReason): void {
    const tell = () => this.#deliver({ type: 'disconnected', id, reason })
    // A send may find out that the peer is gone. Told at once, it would make the next send to that peer a mistake, in
    // the midst of whatever the game is doing.
    if (this.#sending) void Promise.resolve().then(tell)
    else tell()
  }

  #failed(remote: RemotePeer, error: NetError): void {
    if (this.#remotes.get(remote.id) !== remote) return
    this.#forget(remote, 'connection_lost')
    if (this.#hooks.failed?.(remote.id, error)) return
    this.#deliver({ type: 'failed', id: remote.id, error })
  }

  #forget(remote: RemotePeer, reason: DisconnectReason): void {
    this.#remotes.delete(remote.id)
    this.#hooks.settled?.(remote.id)
    this.#relay.lost(remote, reason)
    this.#release(remote)
  }

  /** What it sent still waits, unless too much of those who are gone does. */
  #release(source: PacketSource): void {
    for (const owner of this.#budget.leave(source)) {
      this.#inbox.drop(owner)
      this.#pending.dropPackets(owner)
      const message = `Packets of peer ${owner.id}, which is gone, were dropped: too many wait. Call poll or getPacket more often.`
      this.#deliver({ type: 'error', error: new NetError('ERR_OUT_OF_MEMORY', message) })
    }
  }

  /** Called when the user is told, because whoever has not been told may still send. */
  #serverGone(id: number): void {
    if (this.#mode !== 'client' || id !== TARGET_PEER_SERVER || this.#remotes.has(id)) return
    this.#status = ConnectionStatus.Disconnected
  }

  #deliver(item: PendingEvent): void {
    // Nobody polls a peer that is closed.
    if (this.#autoPoll || this.#mode === 'none') this.#emitNow(item)
    else this.#pending.add(item)
  }

  #emitNow(item: PendingEvent): void {
    switch (item.type) {
      case 'connected':
        this.#announced.add(item.id)
        if (this.#mode === 'client' && this.#remotes.has(item.id)) this.#status = ConnectionStatus.Connected
        this.emit('peerConnected', item.id)
        // Nobody above says who is let in.
        if (!this.accepts) this.admit(item.id)
        break
      case 'reconnecting':
        if (!this.#announced.has(item.id) || this.#doubted.has(item.id)) return
        this.#doubted.add(item.id)
        this.emit('peerReconnecting', item.id)
        break
      case 'reconnected':
        if (this.#doubted.delete(item.id)) this.emit('peerReconnected', item.id)
        break
      case 'disconnected':
        this.#doubted.delete(item.id)
        this.#serverGone(item.id)
        // Not announced: `disconnectPeer(id, true)` came first.
        this.#admitted.delete(item.id)
        if (this.#announced.delete(item.id)) this.emit('peerDisconnected', item.id, item.reason)
        break
      case 'failed':
        this.#serverGone(item.id)
        this.emit('connectionFailed', item.id, item.error)
        break
      case 'error':
        this.emit('error', item.error)
        break
      case 'progress':
        this.emit('progress', item.progress)
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

/** One of a list of targets. */
function checked(id: number): number {
  checkId(id)
  return id
}

function nobodyServes(id: number): NetError {
  const message = `Peer ${id} uses MultiplayerAPI (RPC, authentication, clock), which this side does not: use it on both.`
  return new NetError('ERR_INVALID_DATA', message)
}

/** What a user's function throws is the user's fault: it must not look like the remote's. */
function isolated(call: () => void): void {
  try {
    call()
  } catch (error) {
    reportUncaught(error)
  }
}
