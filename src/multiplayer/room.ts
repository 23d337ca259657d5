// A room: signaling, the dialer and the multiplayer peer put together.

import type { Clock } from '../net/clock.ts'
import { Emitter } from '../net/emitter.ts'
import { NetError } from '../net/errors.ts'
import type { RoomInfo } from '../net/signaling/messages.ts'
import type { SignalingEvent, SignalingSession } from '../net/signaling/transport.ts'
import { LINGER_MS, MAX_PENDING_ERRORS, MAX_PENDING_EVENTS } from './constants.ts'
import type { Dialer } from './dialer.ts'
import type { Room, RoomEvents } from './room-types.ts'
import { type PacketValue, type PeerStats, type SendOptions, TARGET_PEER_SERVER } from './types.ts'
import type { WebRTCMultiplayerPeer } from './webrtc-multiplayer-peer.ts'

export class JoinedRoom extends Emitter<RoomEvents> implements Room {
  readonly id: number
  readonly #session: SignalingSession
  readonly #peer: WebRTCMultiplayerPeer
  readonly #dialer: Dialer
  readonly #clock: Clock
  readonly #autoPoll: boolean
  #info: RoomInfo
  /** What waits for `poll`: at most so many of each kind. */
  #pending: { readonly kind: keyof typeof MAX_PENDING; readonly deliver: () => void }[] = []
  #over = false
  #ending: Promise<void> | undefined

  constructor(session: SignalingSession, peer: WebRTCMultiplayerPeer, dialer: Dialer, clock: Clock, autoPoll: boolean) {
    super()
    this.#clock = clock
    this.#session = session
    this.#peer = peer
    this.#dialer = dialer
    this.#autoPoll = autoPoll
    this.#info = session.room
    this.id = session.id
    peer.on('peerConnected', (id) => this.emit('peerConnected', id))
    peer.on('peerDisconnected', (id, reason) => {
      this.emit('peerDisconnected', id, reason)
      if (this.#isStarClient && id === TARGET_PEER_SERVER) this.#end(hostGone())
    })
    peer.on('connectionFailed', (id, error) => this.#failed(id, error))
    peer.on('error', (error) => this.emit('error', error))
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
  get peers(): readonly number[] {
    return this.#peer.connectedPeers
  }

  override on<Name extends keyof RoomEvents>(event: Name, listener: RoomEvents[Name]): () => void {
    if (event === 'packet') return this.#peer.on('packet', listener as RoomEvents['packet'])
    return super.on(event, listener)
  }

  override once<Name extends keyof RoomEvents>(event: Name, listener: RoomEvents[Name]): () => void {
    if (event === 'packet') return this.#peer.once('packet', listener as RoomEvents['packet'])
    return super.once(event, listener)
  }

  send(value: PacketValue, options?: SendOptions): boolean {
    return this.#peer.send(value, options)
  }

  sendBytes(bytes: Uint8Array, options?: SendOptions): boolean {
    return this.#peer.sendBytes(bytes, options)
  }

  stats(id: number): PeerStats {
    return this.#peer.stats(id)
  }

  poll(): void {
    this.#peer.poll()
    const pending = this.#pending
    this.#pending = []
    for (const { deliver } of pending) deliver()
  }

  disconnectPeer(id: number): void {
    this.#peer.disconnectPeer(id)
    this.#dialer.refuse(id)
  }

  seal(sealed = true): void {
    if (this.id !== this.host) throw new NetError('ERR_UNAUTHORIZED', 'Only the host may seal the room.')
    this.#session.seal(sealed)
  }

  leave(): Promise<void> {
    return this.#end(undefined)
  }

  /** Signaling has something to say. */
  handle(event: SignalingEvent): void {
    if (this.#over) return
    switch (event.type) {
      case 'peerJoined':
        this.#dialer.joined(event.id, event.offer)
        break
      case 'peerLeft':
        this.#dialer.left(event.id)
        break
      case 'signal':
        this.#dialer.signal(event.from, event.signal)
        break
      case 'room':
        this.#info = event.room
        this.#deliver('change', () => this.emit('roomChanged'))
        break
      case 'error':
        this.#deliver('error', () => this.emit('error', event.error))
        break
      case 'closed':
        if (this.#isStarClient && event.error.code === 'ERR_ROOM_CLOSED') this.#awaitGoodbye(event.error)
        else this.#deliver('end', () => this.emit('signalingLost', event.error))
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
    if (!this.#autoPoll) this.#peer.poll()
    void this.#end(error)
  }

  #failed(id: number, error: NetError): void {
    this.emit('connectionFailed', id, error)
    if (this.#isStarClient && id === TARGET_PEER_SERVER) this.#end(error)
  }

  #deliver(kind: keyof typeof MAX_PENDING, deliver: () => void): void {
    if (this.#over) return
    if (this.#autoPoll) deliver()
    else if (this.#pending.filter((each) => each.kind === kind).length < MAX_PENDING[kind]) {
      this.#pending.push({ kind, deliver })
    }
  }

  #end(error: NetError | undefined): Promise<void> {
    this.#ending ??= this.#close(error)
    return this.#ending
  }

  async #close(error: NetError | undefined): Promise<void> {
    this.#over = true
    this.#pending = []
    this.#dialer.close()
    // Both begin at once: a page that is closing gets no further.
    const goodbye = this.#peer.close()
    this.#session.close()
    await goodbye
    this.emit('closed', error)
  }
}

/** One change says as much as many: the room is as it is when the event comes. */
const MAX_PENDING = { change: 1, error: MAX_PENDING_ERRORS, failure: MAX_PENDING_EVENTS, end: 2 } as const

function hostGone(): NetError {
  return new NetError('ERR_ROOM_CLOSED', 'The host left, so the room is over.')
}
