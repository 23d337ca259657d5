// Who connects is admitted when both sides say so (Godot: SceneMultiplayer's auth_callback, send_auth, complete_auth).
// Sans-IO: messages, the time and connected peers come in; messages and verdicts go out.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import { NetError, toNetError } from '../../net/errors.ts'
import type { WaitingPacket } from '../inbox.ts'
import { TransferMode } from '../types.ts'
import { MAX_AUTH_BYTES, MAX_HELD_BYTES, MAX_HELD_PACKETS } from './constants.ts'
import { AuthCommand, Service } from './wire.ts'

/** How this side finds out who a peer is. Both sides have to have one. */
export interface PeerAuthentication {
  /** It makes sure that both sides know the same `binding`. Where packets are sealed (`sealRelayed`) that is asked for. Default false. */
  readonly signsBinding?: boolean
  /** A peer has connected: send it what it needs, or wait for what it sends. */
  begin?(peer: PendingPeer): void | Promise<void>
  /** It sent this. What is thrown, here or above, refuses the peer. */
  receive(peer: PendingPeer, data: Uint8Array): void | Promise<void>
}

/** What tells a connection from every other: for signatures, so that nobody in between can pass one on. */
export interface ConnectionBinding {
  /** The room's code; empty without a room. */
  readonly session: string
  readonly localId: number
  readonly remoteId: number
  /**
   * Of the certificates that DTLS holds both ends to, as `algorithm HEX`: from the descriptions that were used here. One as a
   * rule; more than one, if somebody wrote more into them. Empty where the connection is no WebRTC connection. Of a peer with
   * which packets are sealed: the public keys for that, as `skein-seal HEX`.
   */
  readonly localFingerprints: readonly string[]
  readonly remoteFingerprints: readonly string[]
}

/** A peer that is not admitted yet. */
export interface PendingPeer {
  readonly id: number
  /** The connection to it. `undefined` when the peer is gone, or when another peer passes on what it says, unsealed. */
  readonly binding: ConnectionBinding | undefined
  /** False: it was admitted or refused, or is gone. Then the functions below do nothing. */
  readonly pending: boolean
  /** Sends it something, which its side's `receive` is given. 1 to 65,536 bytes. @throws {NetError} ERR_INVALID_PARAMETER, ERR_FILE_CANT_WRITE (after `complete`) */
  send(data: Uint8Array): void
  /** This side is satisfied. When both are, the peer is connected. @throws {NetError} ERR_FILE_CANT_WRITE (a second time) */
  complete(): void
  /** Ends the connection to it; `reason` is for this side's `peerAuthenticationFailed`. */
  refuse(reason: string): void
}

export interface AuthenticationEvents {
  send(id: number, message: Uint8Array): void
  admitted(id: number): void
  binding(id: number): ConnectionBinding | undefined
  /** It is to be disconnected. */
  failed(id: number, error: NetError): void
  /** A packet that waited for the admission. */
  packet(packet: WaitingPacket): void
}

interface Candidate {
  readonly handle: PendingPeer
  readonly deadline: number
  localComplete: boolean
  remoteComplete: boolean
  held: WaitingPacket[]
  heldBytes: number
}

export class Authentication {
  readonly #candidates = new Map<number, Candidate>()
  readonly #clock: Clock
  readonly #method: PeerAuthentication
  readonly #timeoutMs: number
  readonly #events: AuthenticationEvents
  /** With timers: otherwise `expire` is called by whoever polls. */
  readonly #usesTimers: boolean
  #cancel: CancelTimer | undefined

  constructor(
    method: PeerAuthentication,
    timeoutMs: number,
    clock: Clock,
    usesTimers: boolean,
    events: AuthenticationEvents,
  ) {
    this.#method = method
    this.#timeoutMs = timeoutMs
    this.#clock = clock
    this.#usesTimers = usesTimers
    this.#events = events
  }

  get peers(): number[] {
    return [...this.#candidates.keys()].sort((a, b) => a - b)
  }

  has(id: number): boolean {
    return this.#candidates.has(id)
  }

  /** `announce` tells the user, who may answer at once. */
  begin(id: number, announce: () => void = () => {}): void {
    const deadline = this.#timeoutMs > 0 ? this.#clock.now() + this.#timeoutMs : Number.POSITIVE_INFINITY
    const authentication = this
    const handle: PendingPeer = {
      id,
      get binding() {
        return handle.pending ? authentication.#events.binding(id) : undefined
      },
      get pending() {
        return authentication.#candidates.get(id)?.handle === handle
      },
      send: (data) => {
        if (handle.pending) this.send(id, data)
      },
      complete: () => {
        if (handle.pending) this.complete(id)
      },
      refuse: (reason) => {
        if (handle.pending) this.#fail(id, new NetError('ERR_UNAUTHORIZED', reason))
      },
    }
    this.#candidates.set(id, {
      handle,
      deadline,
      localComplete: false,
      remoteComplete: false,
      held: [],
      heldBytes: 0,
    })
    this.#schedule()
    announce()
    if (handle.pending) this.#ask(handle, () => this.#method.begin?.(handle))
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER: not to be authenticated, or no data. ERR_FILE_CANT_WRITE: a side is satisfied already. */
  send(id: number, data: Uint8Array): void {
    const candidate = this.#require(id)
    if (!(data instanceof Uint8Array) || data.length === 0 || data.length > MAX_AUTH_BYTES) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        `Authentication data is a Uint8Array of 1 to ${MAX_AUTH_BYTES} bytes.`,
      )
    }
    if (candidate.localComplete || candidate.remoteComplete) {
      throw new NetError(
        'ERR_FILE_CANT_WRITE',
        `The authentication of peer ${id} is complete on one side: nothing can follow.`,
      )
    }
    const message = new Uint8Array(2 + data.length)
    message[0] = Service.Auth
    message[1] = AuthCommand.Data
    message.set(data, 2)
    this.#events.send(id, message)
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER: not to be authenticated. ERR_FILE_CANT_WRITE: said already. */
  complete(id: number): void {
    const candidate = this.#require(id)
    if (candidate.localComplete) {
      throw new NetError('ERR_FILE_CANT_WRITE', `This side has completed the authentication of peer ${id} already.`)
    }
    candidate.localComplete = true
    this.#events.send(id, Uint8Array.of(Service.Auth, AuthCommand.Complete))
    this.#tryAdmit(candidate)
  }

  /** A service message of a peer that is not admitted. @throws {NetError} ERR_INVALID_DATA */
  receive(id: number, message: Uint8Array): void {
    const candidate = this.#candidates.get(id)
    const [service, command] = message
    if (!candidate || service !== Service.Auth) {
      throw new NetError('ERR_INVALID_DATA', `Peer ${id} sent something else before it was authenticated.`)
    }
    if (candidate.remoteComplete) throw new NetError('ERR_INVALID_DATA', `Peer ${id} went on after it was complete.`)
    if (command === AuthCommand.Complete && message.length === 2) {
      candidate.remoteComplete = true
      this.#tryAdmit(candidate)
    } else if (command === AuthCommand.Data && message.length > 2 && message.length <= 2 + MAX_AUTH_BYTES) {
      const data = message.slice(2)
      this.#ask(candidate.handle, () => this.#method.receive(candidate.handle, data))
    } else throw new NetError('ERR_INVALID_DATA', `Peer ${id} sent an authentication message that cannot be.`)
  }

  /**
   * A packet of a peer that is not admitted. One that overtook the other side's last word, on another channel, waits for it;
   * there can be none before this side is satisfied.
   */
  hold(packet: WaitingPacket): void {
    const candidate = this.#candidates.get(packet.from)
    if (!candidate?.localComplete || packet.mode !== TransferMode.Reliable) return
    candidate.heldBytes += packet.payload.length
    if (candidate.held.length < MAX_HELD_PACKETS && candidate.heldBytes <= MAX_HELD_BYTES) candidate.held.push(packet)
    else this.#fail(packet.from, new NetError('ERR_OUT_OF_MEMORY', `Peer ${packet.from} sent too much too early.`))
  }

  /** It is gone. Returns whether it was to be authenticated. */
  forget(id: number): boolean {
    return this.#candidates.delete(id)
  }

  /** Gives up those whose time is over. */
  expire(): void {
    const now = this.#clock.now()
    for (const [id, { deadline }] of [...this.#candidates]) {
      if (deadline > now) continue
      const message = `Peer ${id} was not authenticated within ${this.#timeoutMs} ms: both sides have to complete it.`
      this.#fail(id, new NetError('ERR_TIMEOUT', message))
    }
  }

  close(): void {
    this.#cancel?.()
    this.#candidates.clear()
  }

  #require(id: number): Candidate {
    const candidate = this.#candidates.get(id)
    if (candidate) return candidate
    throw new NetError('ERR_INVALID_PARAMETER', `Peer ${id} is not being authenticated.`)
  }

  #tryAdmit({ handle: { id }, localComplete, remoteComplete, held }: Candidate): void {
    if (!localComplete || !remoteComplete) return
    this.#candidates.delete(id)
    this.#events.admitted(id)
    for (const packet of held) this.#events.packet(packet)
  }

  #fail(id: number, error: NetError): void {
    if (this.#candidates.delete(id)) this.#events.failed(id, error)
  }

  /** The user's answer. What it throws refuses the peer. */
  #ask(handle: PendingPeer, question: () => void | Promise<void>): void {
    const refuse = (error: unknown) => {
      if (!handle.pending) return
      const message = `Peer ${handle.id} was refused: ${error instanceof Error ? error.message : String(error)}`
      this.#fail(handle.id, toNetError(error, 'ERR_UNAUTHORIZED', message))
    }
    try {
      Promise.resolve(question()).catch(refuse)
    } catch (error) {
      refuse(error)
    }
  }

  #schedule(): void {
    if (!this.#usesTimers || this.#timeoutMs === 0 || this.#cancel) return
    const next = Math.min(...[...this.#candidates.values()].map(({ deadline }) => deadline))
    this.#cancel = this.#clock.setTimeout(
      () => {
        this.#cancel = undefined
        this.expire()
        if (this.#candidates.size > 0) this.#schedule()
      },
      Math.max(0, next - this.#clock.now()),
    )
  }
}
