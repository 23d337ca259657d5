// A multiplayer peer with what games build on it (Godot: MultiplayerAPI and SceneMultiplayer): peers are admitted, services
// such as RPC talk beside the game's packets. It works over any MultiplayerPeer; without one it is a single-player game.

import { type Clock, systemClock } from '../../net/clock.ts'
import { Emitter, type Off } from '../../net/emitter.ts'
import { NetError, toNetError } from '../../net/errors.ts'
import { type Random, systemRandom } from '../../net/random.ts'
import type { LaneName } from '../lane-names.ts'
import type { MultiplayerPeer } from '../multiplayer-peer.ts'
import { OfflineMultiplayerPeer } from '../offline-multiplayer-peer.ts'
import { RpcService, type RpcStats, rpcServices } from '../rpc/rpc-service.ts'
import type { RpcDefinitions, RpcSetOptions, Rpcs } from '../rpc/types.ts'
import { type RoomClock, SyncedClock } from '../time/room-clock.ts'
import type { RoundTrip } from '../time/round-trips.ts'
import { defaultTickSource } from '../time/tick-source.ts'
import { Ticker, type TickerOptions } from '../time/ticker.ts'
import {
  ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type SendOptions,
  TARGET_PEER_SERVER,
  TransferMode,
} from '../types.ts'
import { Authentication, type PeerAuthentication } from './authentication.ts'
import { checkAuthTimeout, checkPeer, checkSealing } from './checks.ts'
import { AUTH_TIMEOUT_MS } from './constants.ts'
import type { Courier, ServicePart } from './courier.ts'
import type { MultiplayerAPIEvents, MultiplayerAPIOptions } from './multiplayer-api-types.ts'
import { Service } from './wire.ts'

/** A multiplayer peer with authentication and RPCs on it (Godot: SceneMultiplayer). Rooms are made of one. */
export class MultiplayerAPI extends Emitter<MultiplayerAPIEvents> {
  readonly #clock: Clock
  readonly #host: () => number
  readonly #session: string
  readonly #refused: MultiplayerAPIOptions['refused']
  readonly #parts = new Map<number, ServicePart>()
  readonly #rpcs: RpcService
  readonly #admitted = new Set<number>()
  readonly #authenticate: PeerAuthentication | undefined
  readonly #authTimeoutMs: number
  readonly #time: SyncedClock
  readonly #tickers = new Set<Ticker>()
  #authentication: Authentication | undefined
  #peer: MultiplayerPeer = new OfflineMultiplayerPeer()
  #offs: Off[] = []

  /** @throws {NetError} ERR_INVALID_PARAMETER: a time out of range, or a peer that is disconnected. */
  constructor(options: MultiplayerAPIOptions = {}) {
    super()
    const { clock = systemClock, authTimeoutMs = AUTH_TIMEOUT_MS, host = () => TARGET_PEER_SERVER } = options
    checkAuthTimeout(authTimeoutMs)
    this.#clock = clock
    this.#host = host
    this.#session = options.session ?? ''
    this.#refused = options.refused
    this.#authenticate = options.authentication
    this.#authTimeoutMs = authTimeoutMs
    // Always there: what other peers define may come before the game defines anything.
    this.#rpcs = new RpcService((part) => this.addPart(rpcServices(), part), {
      time: options.time ?? (() => this.#timeIfKnown()),
      mismatch: (id, differences) => this.emit('rpcMismatch', id, differences),
    })
    const { multiplayerPeer = this.#peer } = options
    checkPeer(multiplayerPeer)
    checkSealing(multiplayerPeer.sealsRelayed, options.authentication)
    this.#attach(multiplayerPeer)
    this.#time = this.#keepTime(options.random ?? systemRandom)
  }

  /** The peer that carries everything. Another one ends what was with the one before, without events. */
  get multiplayerPeer(): MultiplayerPeer {
    return this.#peer
  }
  set multiplayerPeer(peer: MultiplayerPeer) {
    if (peer === this.#peer) return
    checkPeer(peer)
    checkSealing(peer.sealsRelayed, this.#authenticate)
    this.#detach()
    this.#attach(peer)
  }

  get uniqueId(): number {
    return this.#peer.uniqueId
  }
  /** Whether this peer is the server of a star, or alone (Godot: is_server). */
  get isServer(): boolean {
    return this.#peer.isServer
  }
  /** The ids of the admitted peers, ascending (Godot: get_peers). */
  get peers(): number[] {
    return [...this.#admitted].sort((a, b) => a - b)
  }
  /** The ids of those that are to be authenticated, ascending (Godot: get_authenticating_peers). */
  get authenticatingPeers(): number[] {
    return this.#authentication?.peers ?? []
  }

  override on<Name extends keyof MultiplayerAPIEvents>(event: Name, listener: MultiplayerAPIEvents[Name]): Off {
    // Packets wait in the peer while nobody listens.
    if (event === 'packet') return this.#peer.on('packet', listener as MultiplayerAPIEvents['packet'])
    if (event === 'progress') return this.#peer.on('progress', listener as MultiplayerAPIEvents['progress'])
    return super.on(event, listener)
  }

  override once<Name extends keyof MultiplayerAPIEvents>(event: Name, listener: MultiplayerAPIEvents[Name]): Off {
    if (event === 'packet') return this.#peer.once('packet', listener as MultiplayerAPIEvents['packet'])
    if (event === 'progress') return this.#peer.once('progress', listener as MultiplayerAPIEvents['progress'])
    return super.once(event, listener)
  }

  /** As MultiplayerPeer.send, to admitted peers only. */
  send(value: PacketValue, options?: SendOptions): boolean {
    return this.#peer.send(value, this.#toAdmitted(options))
  }

  /** As MultiplayerPeer.sendBytes, to admitted peers only. */
  sendBytes(bytes: Uint8Array, options?: SendOptions): boolean {
    return this.#peer.sendBytes(bytes, this.#toAdmitted(options))
  }

  /**
   * Defines RPCs and returns the functions that call them: see `rpc`. All peers define the same, in any order; further ones
   * can follow at any time, each set under a name of its own.
   * @throws {NetError} ERR_ALREADY_IN_USE: there is such a set. ERR_INVALID_PARAMETER, ERR_OUT_OF_MEMORY: what cannot be.
   */
  rpcs<Definitions extends RpcDefinitions>(definitions: Definitions, { set }: RpcSetOptions = {}): Rpcs<Definitions> {
    return this.#rpcs.define(definitions, set)
  }

  get rpcStats(): RpcStats {
    return this.#rpcs.stats
  }

  flush(): void {
    this.#peer.flush()
  }

  drained(lane?: LaneName, to?: number): Promise<void> {
    return this.#peer.drained(lane, to)
  }

  /** Delivers what waits, where it does not come by itself. */
  poll(): void {
    this.#peer.poll()
    this.#authentication?.expire()
    for (const part of new Set(this.#parts.values())) part.poll?.()
  }

  disconnectPeer(id: number): void {
    if (!this.#authentication?.forget(id)) {
      this.#peer.disconnectPeer(id)
      return
    }
    this.#refuse(id, new NetError('ERR_UNAUTHORIZED', `Peer ${id} was disconnected.`))
  }

  /**
   * Sends authentication data to a peer (Godot: send_auth); its `receive` is given it.
   * @throws {NetError} ERR_UNCONFIGURED: not connected. ERR_INVALID_PARAMETER: not to be authenticated, or no data.
   * ERR_FILE_CANT_WRITE: a side has completed.
   */
  sendAuth(id: number, data: Uint8Array): void {
    this.#requireAuthentication().send(id, data)
  }

  /** This side is satisfied with a peer (Godot: complete_auth). When both are, it is connected. @throws {NetError} As `sendAuth`. */
  completeAuth(id: number): void {
    this.#requireAuthentication().complete(id)
  }

  /** Takes a service in, for the messages whose first byte is one of `services`. Returns what it sends with. */
  addPart(services: Iterable<number>, part: ServicePart): Courier {
    for (const service of services) this.#parts.set(service, part)
    const api = this
    return {
      get id() {
        return api.uniqueId
      },
      get status() {
        return api.#peer.connectionStatus
      },
      get host() {
        return api.#host()
      },
      get peers() {
        return api.peers
      },
      get autoPoll() {
        return api.#peer.autoPoll
      },
      clock: this.#clock,
      send: (message, options) => this.#peer.sendService(message, this.#toAdmitted(options)),
      flush: () => this.#peer.flush(),
      reject: (from, error) => this.#peer.reject(from, error),
      report: (error) => this.emit('error', error),
    }
  }

  /** The room's time, which is the host's: see docs/time.md. From the first use on this peer asks the host for it. */
  get clock(): RoomClock {
    return this.#time.want()
  }

  /** From end to end to a peer that is reached over another one, if it knows the room's time. */
  roundTripTo(id: number): RoundTrip {
    return this.#time.roundTripTo(id)
  }

  /** Steps in the room's time. It ticks from `start()` on. @throws {NetError} ERR_INVALID_PARAMETER */
  ticker(options: TickerOptions): Ticker {
    const ticker = new Ticker(options, this.#time.want(), defaultTickSource(this.#clock))
    this.#tickers.add(ticker)
    return ticker
  }

  /** `host` gives another peer now. */
  hostChanged(): void {
    this.#tellParts((part) => part.hostChanged?.())
  }

  /** Ends everything: the services, and the peer. */
  async close(): Promise<void> {
    for (const ticker of this.#tickers) ticker.stop()
    this.#detach()
    for (const part of new Set(this.#parts.values())) part.close?.()
    await this.#peer.close()
  }

  #attach(peer: MultiplayerPeer): void {
    this.#peer = peer
    if (this.#authenticate) this.#authentication = this.#authenticator(this.#authenticate)
    peer.isUrgent = (service) => this.#parts.get(service)?.isUrgent === true
    peer.accepts = (packet) => {
      if (this.#admitted.has(packet.from)) return true
      this.#authentication?.hold(packet)
      return false
    }
    this.#offs = [
      peer.on('peerConnected', (id) => this.#arrived(id)),
      peer.on('peerDisconnected', (id, reason) => this.#left(id, reason)),
      peer.on('service', (message, from, mode, channel) => this.#serve(message, from, mode, channel)),
      peer.on('connectionFailed', (id, error) => this.emit('connectionFailed', id, error)),
      peer.on('error', (error) => this.emit('error', error)),
    ]
    for (const id of peer.connectedPeers) this.#arrived(id)
    this.hostChanged()
  }

  #detach(): void {
    for (const off of this.#offs) off()
    this.#offs = []
    this.#peer.accepts = undefined
    this.#peer.isUrgent = undefined
    this.#authentication?.close()
    this.#authentication = undefined
    for (const id of this.peers) this.#tellParts((part) => part.left?.(id, 'left'))
    this.#admitted.clear()
  }

  /** For RPCs that say when they were sent. */
  #timeIfKnown(): number | undefined {
    const clock = this.#time.want()
    return clock.synchronized ? clock.now() : undefined
  }

  #keepTime(random: Random): SyncedClock {
    let time: SyncedClock | undefined
    const update = () => time?.update()
    const courier = this.addPart([Service.Clock], {
      isUrgent: true,
      receive: (message, from) => time?.receive(message, from),
      joined: update,
      left: update,
      hostChanged: update,
      poll: () => time?.poll(),
      close: () => time?.close(),
    })
    time = new SyncedClock(courier, random)
    return time
  }

  #authenticator(method: PeerAuthentication): Authentication {
    return new Authentication(method, this.#authTimeoutMs, this.#clock, this.#peer.autoPoll, {
      send: (id, message) => this.#peer.sendService(message, { to: id, mode: TransferMode.Reliable, lane: 'control' }),
      binding: (id) => {
        const fingerprints = this.#peer.fingerprints(id)
        return fingerprints && { session: this.#session, localId: this.uniqueId, remoteId: id, ...fingerprints }
      },
      admitted: (id) => this.#admit(id),
      failed: (id, error) => this.#refuse(id, error),
      packet: (packet) => this.#peer.redeliver(packet),
    })
  }

  #arrived(id: number): void {
    // Whom the host of a star lets in, its clients do not ask again, unless it shall not hear what they say.
    const { isClient, sealsRelayed } = this.#peer
    const vouchedFor = isClient && !sealsRelayed && this.#admitted.has(this.#peer.viaOf(id) ?? id)
    if (!this.#authentication || vouchedFor) {
      this.#admit(id)
      return
    }
    this.#authentication.begin(id, () => this.emit('peerAuthenticating', id))
  }

  #admit(id: number): void {
    this.#admitted.add(id)
    this.#tellParts((part) => part.joined?.(id))
    if (id === TARGET_PEER_SERVER && this.#peer.isClient) this.emit('connectedToServer')
    this.emit('peerConnected', id)
    this.#peer.admit(id)
  }

  #refuse(id: number, error: NetError): void {
    this.#refused?.(id, this.#peer.viaOf(id))
    try {
      this.#peer.disconnectPeer(id, true)
    } catch {
      // Gone already, which `poll` has not told yet.
    }
    this.emit('peerAuthenticationFailed', id, error)
  }

  #left(id: number, reason: DisconnectReason): void {
    if (this.#authentication?.forget(id)) {
      const message = `Peer ${id} left before it was authenticated (${reason}).`
      this.emit('peerAuthenticationFailed', id, new NetError('ERR_CONNECTION_ERROR', message))
      return
    }
    if (!this.#admitted.delete(id)) return
    this.#tellParts((part) => part.left?.(id, reason))
    this.emit('peerDisconnected', id, reason)
    if (id === TARGET_PEER_SERVER && this.#peer.isClient) this.emit('serverDisconnected')
  }

  #serve(message: Uint8Array, from: number, mode: TransferMode, channel: number): void {
    try {
      if (this.#admitted.has(from)) this.#part(message, from).receive(message, from, mode, channel)
      // What is not reliable may overtake the last word of the authentication: that is nobody's fault.
      else if (mode === TransferMode.Reliable) this.#authentication?.receive(from, message)
    } catch (error) {
      const known = toNetError(error, 'ERR_INVALID_DATA', `A message of peer ${from} could not be understood.`)
      this.#peer.reject(from, known)
    }
  }

  #part(message: Uint8Array, from: number): ServicePart {
    const part = this.#parts.get(message[0] ?? -1)
    if (part) return part
    const what = `Peer ${from} uses a service (${message[0]}) that this side does not: both have to set it up.`
    throw new NetError('ERR_INVALID_DATA', what)
  }

  #tellParts(tell: (part: ServicePart) => void): void {
    for (const part of new Set(this.#parts.values())) tell(part)
  }

  /** Who is not admitted is sent nothing. */
  #toAdmitted(options: SendOptions | undefined): SendOptions | undefined {
    if (!this.#authentication) return options
    const { to = 0 } = options ?? {}
    if (typeof to === 'number' && to <= 0) return { ...options, to: this.peers.filter((id) => id !== -to) }
    for (const id of typeof to === 'number' ? [to] : to) {
      if (this.#admitted.has(id)) continue
      throw new NetError('ERR_INVALID_PARAMETER', `Peer ${id} is not connected.`)
    }
    return options
  }

  #requireAuthentication(): Authentication {
    if (this.#peer.connectionStatus !== ConnectionStatus.Connected) {
      throw new NetError('ERR_UNCONFIGURED', 'There is no connected peer.')
    }
    if (this.#authentication) return this.#authentication
    throw new NetError('ERR_INVALID_PARAMETER', 'Nobody is authenticated: set `authentication` first.')
  }
}
