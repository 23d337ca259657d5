// A room: signaling, the dialer and the multiplayer peer put together.

import type { Clock } from '../net/clock.ts'
import { Emitter } from '../net/emitter.ts'
import { NetError } from '../net/errors.ts'
import type { RoomInfo } from '../net/signaling/messages.ts'
import type { PlayerPresence, PresenceChange, Properties } from '../net/signaling/presence.ts'
import type { MemberRequest, SignalingEvent, SignalingSession } from '../net/signaling/transport.ts'
import type { MultiplayerAPI } from './api/multiplayer-api.ts'
import { LINGER_MS, MAX_PENDING_ERRORS, MAX_PENDING_EVENTS } from './constants.ts'
import type { Dialer } from './dialer.ts'
import type { LaneName } from './lane-names.ts'
import type { Detours } from './relay/detours.ts'
import type { Room, RoomEvents } from './room-types.ts'
import type { RpcStats } from './rpc/rpc-service.ts'
import type { RpcDefinitions, RpcSetOptions, Rpcs } from './rpc/types.ts'
import type { RoomClock } from './time/room-clock.ts'
import type { Ticker, TickerOptions } from './time/ticker.ts'
import { type PacketValue, type PeerStats, type SendOptions, TARGET_PEER_SERVER, type TapEvent } from './types.ts'
import { watchPage } from './visibility.ts'
import type { WebRTCMultiplayerPeer } from './webrtc-multiplayer-peer.ts'

/** What a room is put together from. */
export interface RoomParts {
  readonly session: SignalingSession
  /** Over `peer`. */
  readonly api: MultiplayerAPI
  readonly peer: WebRTCMultiplayerPeer
  readonly dialer: Dialer
  /** In a mesh. */
  readonly detours: Detours | undefined
  readonly clock: Clock
  /** Of a page that goes away: see JoinRoomOptions. */
  readonly keepPlace: boolean
}

export class JoinedRoom extends Emitter<RoomEvents> implements Room {
  readonly id: number
  readonly #session: SignalingSession
  readonly #api: MultiplayerAPI
  readonly #peer: WebRTCMultiplayerPeer
  readonly #dialer: Dialer
  readonly #detours: Detours | undefined
  readonly #clock: Clock
  readonly #autoPoll: boolean
  readonly #players = new Map<number, PlayerPresence>()
  readonly #stopWatchingPage: () => void
  #info: RoomInfo
  /** What waits for `poll`: at most so many of each kind. */
  #pending: { readonly kind: keyof typeof MAX_PENDING; readonly deliver: () => void }[] = []
  /** Nobody can come back through it any more. */
  #signalingOver = false
  #over = false
  #ending: Promise<void> | undefined

  constructor({ session, api, peer, dialer, detours, clock, keepPlace }: RoomParts) {
    super()
    this.#clock = clock
    this.#session = session
    this.#api = api
    this.#peer = peer
    this.#dialer = dialer
    this.#detours = detours
    this.#autoPoll = peer.autoPoll
    this.#info = session.room
    this.id = session.id
    api.on('peerConnected', (id) => this.emit('peerConnected', id))
    api.on('peerAuthenticating', (id) => this.emit('peerAuthenticating', id))
    api.on('peerAuthenticationFailed', (id, error) => {
      this.emit('peerAuthenticationFailed', id, error)
      if (this.#isStarClient && id === TARGET_PEER_SERVER) void this.#end(error)
    })
    // Of those who are not let in nobody is told.
    peer.on('peerReconnecting', (id) => {
      if (this.peers.includes(id)) this.emit('peerReconnecting', id)
    })
    peer.on('peerReconnected', (id) => {
      if (this.peers.includes(id)) this.emit('peerReconnected', id)
    })
    api.on('peerDisconnected', (id, reason) => {
      this.emit('peerDisconnected', id, reason)
      if (this.#isStarClient && id === TARGET_PEER_SERVER && !this.#mayReturn) this.#end(hostGone())
    })
    api.on('connectionFailed', (id, error) => this.#failed(id, error))
    api.on('error', (error) => this.emit('error', error))
    api.on('rpcMismatch', (id, differences) => this.emit('rpcMismatch', id, differences))
    this.#stopWatchingPage = watchPage({
      changed: (visible) => {
        if (!this.#signalingOver) session.request?.({ type: 'presence', presence: { visible } })
      },
      goes: () => void this.#end(undefined, keepPlace),
    })
    // Subscribed on demand, because packets wait in the peer while nobody listens.
  }

  get code(): string {
    return this.#info.code
  }
  get topology(): 'mesh' | 'star' {
    return this.#info.topology
  }
  get host(): number {
    return this.#info.host
  }
  get sealed(): boolean {
    return this.#info.sealed
  }
  get maxPeers(): number {
    return this.#info.maxPeers
  }
  get public(): boolean {
    return this.#info.public
  }
  get locked(): boolean {
    return this.#info.locked
  }
  get metadata(): Properties {
    return this.#info.metadata
  }
  get players(): ReadonlyMap<number, PlayerPresence> {
    return this.#players
  }
  get place(): string | undefined {
    return this.#session.place
  }
  get peers(): readonly number[] {
    return this.#api.peers
  }

  get clock(): RoomClock {
    return this.#api.clock
  }

  ticker(options: TickerOptions): Ticker {
    return this.#api.ticker(options)
  }

  override on<Name extends keyof RoomEvents>(event: Name, listener: RoomEvents[Name]): () => void {
    if (event === 'packet') return this.#api.on('packet', listener as RoomEvents['packet'])
    if (event === 'progress') return this.#api.on('progress', listener as RoomEvents['progress'])
    return super.on(event, listener)
  }

  override once<Name extends keyof RoomEvents>(event: Name, listener: RoomEvents[Name]): () => void {
    if (event === 'packet') return this.#api.once('packet', listener as RoomEvents['packet'])
    if (event === 'progress') return this.#api.once('progress', listener as RoomEvents['progress'])
    return super.once(event, listener)
  }

  send(value: PacketValue, options?: SendOptions): boolean {
    return this.#api.send(value, options)
  }

  sendBytes(bytes: Uint8Array, options?: SendOptions): boolean {
    return this.#api.sendBytes(bytes, options)
  }

  rpcs<Definitions extends RpcDefinitions>(definitions: Definitions, options?: RpcSetOptions): Rpcs<Definitions> {
    return this.#api.rpcs(definitions, options)
  }

  get rpcStats(): RpcStats {
    return this.#api.rpcStats
  }

  flush(): void {
    this.#api.flush()
  }

  drained(lane?: LaneName, to?: number): Promise<void> {
    return this.#api.drained(lane, to)
  }

  tap(id: number, listener: ((frame: TapEvent) => void) | undefined): void {
    this.#peer.tap(id, listener)
  }

  stats(id: number): PeerStats {
    const stats = this.#peer.stats(id)
    return stats.via === undefined ? stats : { ...stats, ...this.#api.roundTripTo(id) }
  }

  poll(): void {
    this.#api.poll()
    const pending = this.#pending
    this.#pending = []
    for (const { deliver } of pending) deliver()
  }

  disconnectPeer(id: number): void {
    this.#api.disconnectPeer(id)
    this.refuse(id)
  }

  seal(sealed = true): void {
    this.#onlyHost('seal the room')
    this.#requireSignaling()
    this.#session.seal(sealed)
  }

  kick(id: number, { ban = false }: { readonly ban?: boolean } = {}): void {
    this.#onlyHost('throw somebody out')
    // Without signaling nobody can come back.
    if (!this.#signalingOver) this.#request({ type: 'kick', id, ban })
    if (this.peers.includes(id)) this.#api.disconnectPeer(id)
    this.refuse(id)
  }

  setMetadata(metadata: Properties): void {
    this.#onlyHost('describe the room')
    this.#request({ type: 'update', metadata })
  }

  setPublic(isPublic: boolean): void {
    this.#onlyHost('list the room')
    this.#request({ type: 'update', public: isPublic })
  }

  setPresence(presence: Pick<PresenceChange, 'name' | 'properties'>): void {
    this.#request({ type: 'presence', presence })
  }

  leave(): Promise<void> {
    return this.#end(undefined)
  }

  /** Signaling has something to say. */
  handle(event: SignalingEvent): void {
    if (this.#over) return
    switch (event.type) {
      case 'peerJoined':
        if (event.presence) this.#introduce(event.id, event.presence)
        this.#dialer.joined(event.id, event.offer)
        break
      case 'playerJoined':
        this.#introduce(event.id, event.presence)
        break
      case 'playerLeft':
        this.#forget(event.id)
        break
      case 'peerLeft':
        this.#forget(event.id)
        this.#dialer.left(event.id)
        this.#detours?.forget(event.id)
        if (event.kicked) {
          this.#peer.removePeer(event.id, 'kicked')
          this.#peer.removeRelayed(event.id, 'kicked')
        }
        break
      case 'peerBack':
        this.#dialer.back(event.id)
        break
      case 'presence':
        this.#introduce(event.id, event.presence)
        break
      case 'signal':
        this.#dialer.signal(event.from, event.signal)
        break
      case 'room':
        this.#info = event.room
        this.#api.hostChanged()
        this.#deliver('change', () => this.emit('roomChanged'))
        break
      case 'error':
        this.#deliver('error', () => this.emit('error', event.error))
        break
      case 'interrupted':
        this.#deliver('signaling', () => this.emit('signalingInterrupted', event.error))
        break
      case 'restored':
        this.#deliver('signaling', () => this.emit('signalingRestored'))
        break
      case 'closed':
        this.#signalingOver = true
        if (event.error.code === 'ERR_KICKED') this.#deliver('end', () => void this.#end(event.error))
        else if (this.#isStarClient && event.error.code === 'ERR_ROOM_CLOSED') this.#awaitGoodbye(event.error)
        else this.#deliver('end', () => this.#signalingLost(event.error))
    }
  }

  /** A peer was given up. */
  dialFailed(id: number, error: NetError): void {
    this.#deliver('failure', () => this.#failed(id, error))
  }

  /** A peer sent something through signaling that cannot be used. */
  dialError(error: NetError): void {
    this.#deliver('error', () => this.emit('error', error))
  }

  /** A peer that was disconnected on purpose is not dialled again, nor reached over another one. */
  refuse(id: number): void {
    this.#dialer.refuse(id)
    this.#detours?.forget(id)
  }

  #onlyHost(act: string): void {
    if (this.id !== this.host) throw new NetError('ERR_UNAUTHORIZED', `Only the host may ${act}.`)
  }

  #requireSignaling(): void {
    if (this.#signalingOver)
      throw new NetError('ERR_UNAVAILABLE', 'Signaling is gone (signalingLost): nobody can be told.')
  }

  #request(request: MemberRequest): void {
    this.#requireSignaling()
    if (!this.#session.request) {
      throw new NetError('ERR_UNAVAILABLE', 'This kind of signaling cannot do that. A signaling server can.')
    }
    this.#session.request(request)
  }

  #introduce(id: number, presence: PlayerPresence): void {
    this.#players.set(id, presence)
    this.#deliver('presence', () => this.emit('presenceChanged', id, presence))
  }

  #forget(id: number): void {
    if (this.#players.delete(id)) this.#deliver('presence', () => this.emit('playerLeft', id))
  }

  #signalingLost(error: NetError): void {
    this.emit('signalingLost', error)
    // A client that waited for its host waits in vain.
    if (this.#isStarClient && !this.#peer.hasPeer(TARGET_PEER_SERVER)) void this.#end(error)
  }

  /** Whether a host that is gone is waited for. */
  get #mayReturn(): boolean {
    return this.#info.whenHostLeaves === 'wait' && !this.#signalingOver
  }

  get #isStarClient(): boolean {
    return this.#info.topology === 'star' && this.id !== TARGET_PEER_SERVER
  }

  /** What the host sent before it left, and its goodbye, may still be under way. Then the room ends by that. */
  #awaitGoodbye(error: NetError): void {
    const end = () => this.#deliver('end', () => this.#hostLeft(error))
    if (this.#peer.hasPeer(TARGET_PEER_SERVER)) this.#clock.setTimeout(end, LINGER_MS)
    else end()
  }

  /** Signaling may know before the host's own goodbye is here; its `peerDisconnected` comes first all the same. */
  #hostLeft(error: NetError): void {
    this.#peer.removePeer(TARGET_PEER_SERVER, 'left')
    if (!this.#autoPoll) this.#api.poll()
    void this.#end(error)
  }

  #failed(id: number, error: NetError): void {
    this.emit('connectionFailed', id, error)
    if (this.#isStarClient && id === TARGET_PEER_SERVER && !this.#mayReturn) this.#end(error)
  }

  #deliver(kind: keyof typeof MAX_PENDING, deliver: () => void): void {
    if (this.#over) return
    if (this.#autoPoll) deliver()
    else if (this.#pending.filter((each) => each.kind === kind).length < MAX_PENDING[kind]) {
      this.#pending.push({ kind, deliver })
    }
  }

  #end(error: NetError | undefined, keepPlace = false): Promise<void> {
    this.#ending ??= this.#close(error, keepPlace)
    return this.#ending
  }

  async #close(error: NetError | undefined, keepPlace: boolean): Promise<void> {
    this.#over = true
    this.#pending = []
    this.#stopWatchingPage()
    this.#dialer.close()
    this.#detours?.close()
    // Both begin at once: a page that is closing gets no further.
    const goodbye = this.#api.close()
    // Otherwise the socket goes with the page, and the server keeps the place for a while.
    if (!keepPlace) this.#session.close()
    await goodbye
    this.emit('closed', error)
  }
}

/** One change says as much as many: the room is as it is when the event comes. */
const MAX_PENDING = {
  change: 1,
  error: MAX_PENDING_ERRORS,
  signaling: MAX_PENDING_ERRORS,
  failure: MAX_PENDING_EVENTS,
  presence: MAX_PENDING_EVENTS,
  end: 2,
} as const

function hostGone(): NetError {
  return new NetError('ERR_ROOM_CLOSED', 'The host left, so the room is over.')
}
