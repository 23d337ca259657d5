// One client's side of the protocol, without its socket: takes text, gives messages. It keeps the newest record of the
// client's room and tells the client what changes from one record to the next. The socket is in connection.ts.

import type { CancelTimer, Clock } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import type { Random } from '../../src/net/random.ts'
import type { ClientMessage, IceServer, ServerMessage, Signal } from '../../src/net/signaling/messages.ts'
import type { RoomRecord } from '../../src/net/signaling/room.ts'
import {
  addPeer,
  createRoom,
  generatePeerId,
  removePeer,
  roomChange,
  roomInfo,
  seal,
  visibleTo,
} from '../../src/net/signaling/room.ts'
import { generateRoomCode, normalizeRoomCode } from '../../src/net/signaling/room-code.ts'
import type { RoomMessage, RoomUpdate, SignalingAdapter } from './adapter.ts'
import { readClientMessage } from './client-messages.ts'
import * as limits from './constants.ts'
import type { SignalingLog } from './log.ts'
import type { TokenBucket } from './token-bucket.ts'

/** What `authorize` is asked. Strings come from the client: only `address` was seen by the server itself. */
export interface AuthorizeRequest {
  readonly action: 'create' | 'join'
  /** The code of the room to join. */
  readonly room?: string
  readonly token?: string
  readonly address: string
  /** The page's origin, as browsers send it. */
  readonly origin: string | undefined
  /** Path and query of the request. */
  readonly url: string
}

export type Authorize = (request: AuthorizeRequest) => boolean | Promise<boolean>

/** The socket, as the session sees it. Neither method throws; after `close` both do nothing. */
export interface ClientPort {
  send(message: ServerMessage): void
  close(code: number, reason: string): void
}

export interface ClientSessionParts {
  /** Numbers the connection in the log. */
  readonly connection: number
  readonly client: Pick<AuthorizeRequest, 'address' | 'origin' | 'url'>
  readonly port: ClientPort
  readonly adapter: SignalingAdapter
  readonly authorize: Authorize
  readonly iceServers: readonly IceServer[]
  readonly bucket: TokenBucket
  readonly clock: Clock
  readonly random: Random
  readonly log: SignalingLog
}

interface Membership {
  readonly id: number
  record: RoomRecord
  readonly unsubscribe: () => void
}

type Entry = Extract<ClientMessage, { type: 'create' | 'join' }>

export class ClientSession {
  readonly #parts: ClientSessionParts
  readonly #cancelFirstMessageTimer: CancelTimer
  #work: Promise<void> = Promise.resolve()
  #entered = false
  #ended = false
  #membership: Membership | undefined
  #badMessages = 0

  constructor(parts: ClientSessionParts) {
    this.#parts = parts
    this.#cancelFirstMessageTimer = parts.clock.setTimeout(() => {
      const seconds = limits.FIRST_MESSAGE_TIMEOUT_MS / 1000
      this.#dismiss(new NetError('ERR_TIMEOUT', `The first message did not come within ${seconds} s.`))
    }, limits.FIRST_MESSAGE_TIMEOUT_MS)
  }

  /** Takes a message. Messages are worked off one after the other, each completely before the next. */
  receive(text: string): void {
    if (this.#ended) return
    const cost = Math.max(1, Math.ceil(text.length / limits.BYTES_PER_TOKEN))
    if (this.#parts.bucket.take(cost)) this.#then(() => this.#handle(text))
    else this.#offend(new NetError('ERR_RATE_LIMITED', 'This client sends more than it may. Send less.'))
  }

  /** Takes a binary message, which the protocol does not have. */
  receiveBinary(): void {
    if (!this.#ended) this.#offend(new NetError('ERR_INVALID_DATA', 'A signaling message is text.'))
  }

  /** The server stops. */
  shutDown(): void {
    const error = new NetError('ERR_SIGNALING_UNREACHABLE', 'The signaling server stops. Join again in a moment.')
    this.#dismiss(error, limits.CLOSE_GOING_AWAY)
  }

  /** The socket is gone. Resolves when the room knows. */
  end(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true
      this.#cancelFirstMessageTimer()
      this.#then(() => this.#leaveRoom())
    }
    return this.#work
  }

  /** The one catch boundary: whatever goes wrong with a message ends here. */
  #then(task: () => void | Promise<void>): void {
    this.#work = this.#work.then(task).catch((error: unknown) => {
      if (error instanceof NetError) this.#refuse(error)
      else this.#fail(error)
    })
  }

  async #handle(text: string): Promise<void> {
    if (this.#ended) return
    let message: ClientMessage
    try {
      message = readClientMessage(text)
    } catch (error) {
      if (error instanceof NetError && error.code === 'ERR_SIGNALING_PROTOCOL') this.#turnAway(error)
      else this.#offend(error as NetError)
      return
    }
    switch (message.type) {
      case 'create':
      case 'join':
        await this.#enter(message)
        return
      case 'ping':
        this.#parts.port.send({ type: 'pong' })
        return
      case 'signal':
        await this.#relay(this.#member(), message.to, message.signal)
        return
      case 'seal':
        await this.#seal(this.#member(), message.sealed)
        return
      case 'leave':
        this.#parts.port.close(limits.CLOSE_NORMAL, 'left')
        void this.end()
    }
  }

  #member(): Membership {
    if (this.#membership) return this.#membership
    throw new BadMessage('ERR_UNCONFIGURED', 'Create or join a room first.')
  }

  async #enter(entry: Entry): Promise<void> {
    if (this.#entered) throw new BadMessage('ERR_ALREADY_IN_USE', 'This connection has entered a room already.')
    this.#entered = true
    this.#cancelFirstMessageTimer()
    try {
      await this.#authorize(entry)
      if (this.#ended) return
      if (entry.type === 'create') await this.#create(entry)
      else await this.#join(normalizeRoomCode(entry.room))
    } catch (error) {
      if (!(error instanceof NetError)) throw error
      this.#turnAway(error)
    }
  }

  async #authorize(entry: Entry): Promise<void> {
    const { authorize, client, clock, log, connection } = this.#parts
    const request: AuthorizeRequest = {
      action: entry.type,
      ...(entry.type === 'join' ? { room: normalizeRoomCode(entry.room) } : {}),
      ...(entry.token === undefined ? {} : { token: entry.token }),
      ...client,
    }
    let cancel: CancelTimer | undefined
    const timeout = new Promise<boolean>((_, reject) => {
      const late = () => reject(new Error('authorize did not answer in time'))
      cancel = clock.setTimeout(late, limits.AUTHORIZE_TIMEOUT_MS)
    })
    let allowed: unknown = false
    try {
      allowed = await Promise.race([authorize(request), timeout])
    } catch (error) {
      if (error instanceof NetError) throw error
      log({ event: 'failed', connection, error })
    } finally {
      cancel?.()
    }
    // Only `true` itself: a forgotten `await` inside `authorize` must not let everyone in.
    if (allowed !== true) throw new NetError('ERR_TOKEN_REFUSED', 'The signaling server refused the token.')
  }

  async #create({ topology, maxPeers }: Extract<Entry, { type: 'create' }>): Promise<void> {
    const { random, log, connection } = this.#parts
    for (let draw = 1; ; draw++) {
      const code = generateRoomCode(random)
      const made = createRoom({ code, topology, maxPeers }, random)
      try {
        await this.#admit(code, made.host, (room) => {
          if (room) throw new NetError('ERR_ALREADY_IN_USE', 'No free room code was found.')
          return made
        })
        log({ event: 'room_created', connection, room: code, topology })
        return
      } catch (error) {
        const taken = error instanceof NetError && error.code === 'ERR_ALREADY_IN_USE'
        if (!taken || draw >= limits.ROOM_CODE_DRAWS) throw error
      }
    }
  }

  async #join(code: string): Promise<void> {
    let id = 0
    await this.#admit(
      code,
      () => id,
      (room) => {
        if (!room)
          throw new NetError('ERR_ROOM_NOT_FOUND', `No room has the code ${code}. Check it, or ask for a new one.`)
        id = generatePeerId(this.#parts.random, room.peers)
        return addPeer(room, id)
      },
    )
    const { log, connection } = this.#parts
    log({ event: 'peer_joined', connection, room: code, peer: id })
  }

  /** Enters the room by `update`. What is published from before that on reaches the client after `joined`. */
  async #admit(code: string, id: number | (() => number), update: RoomUpdate): Promise<void> {
    const { adapter, port, iceServers } = this.#parts
    // Subscribed first, so that nothing published after the update can be missed.
    let held: RoomMessage[] | undefined = []
    const unsubscribe = await adapter.subscribe(code, (message) => {
      if (!held) this.#handleRoomMessage(message)
      else if (held.length < limits.MAX_HELD_MESSAGES) held.push(message)
      else this.#fail(new Error('too many messages while a client enters its room'))
    })
    let record: RoomRecord | undefined
    try {
      record = await adapter.transact(code, update)
    } finally {
      if (!record) unsubscribe()
    }
    if (!record) throw new Error('the adapter lost the room')
    const membership = { id: typeof id === 'number' ? id : id(), record, unsubscribe }
    this.#membership = membership
    // If the client went meanwhile, end() has queued the leaving already.
    if (this.#ended) return
    const peers = [...visibleTo(record, membership.id)]
    port.send({ type: 'joined', id: membership.id, room: roomInfo(record), peers, iceServers: [...iceServers] })
    const missed = held
    held = undefined
    for (const message of missed) this.#handleRoomMessage(message)
    // Awaited before the client's next message: the others hear of it before its offers.
    await adapter.publish(code, { type: 'room', room: record })
  }

  #handleRoomMessage(message: RoomMessage): void {
    const membership = this.#membership
    if (!membership || this.#ended) return
    switch (message.type) {
      case 'room':
        this.#update(membership, message.room)
        return
      case 'signal':
        if (message.to !== membership.id) return
        this.#parts.port.send({ type: 'signal', from: message.from, signal: message.signal })
        return
      case 'ended':
        this.#expel(message.code, message.message)
    }
  }

  /** Tells the client what changed. Records may overtake each other, and the client's own changes come back to it. */
  #update(membership: Membership, record: RoomRecord): void {
    const { port } = this.#parts
    const before = membership.record
    if (record.revision <= before.revision) return
    if (!record.peers.includes(membership.id)) {
      this.#expel('ERR_ROOM_CLOSED', 'This peer was removed from the room.')
      return
    }
    membership.record = record
    const change = roomChange(before, record, membership.id)
    for (const id of change.left) port.send({ type: 'peer_left', id })
    for (const id of change.joined) port.send({ type: 'peer_joined', id })
    if (change.hostChanged) port.send({ type: 'host', id: record.host })
    if (change.sealChanged) port.send({ type: 'sealed', sealed: record.sealed })
  }

  async #relay({ id, record }: Membership, to: number, signal: Signal): Promise<void> {
    const { adapter, log, connection } = this.#parts
    // Silently for the client: it could not know that the other one just left.
    if (visibleTo(record, id).includes(to)) await adapter.publish(record.code, { type: 'signal', from: id, to, signal })
    else log({ event: 'signal_dropped', connection, room: record.code, to })
  }

  async #seal(membership: Membership, sealed: boolean): Promise<void> {
    const { adapter } = this.#parts
    const { code } = membership.record
    const record = await adapter.transact(code, (room) => room && seal(room, membership.id, sealed))
    if (!record || this.#ended) return
    this.#update(membership, record)
    await adapter.publish(code, { type: 'room', room: record })
  }

  async #leaveRoom(): Promise<void> {
    const membership = this.#membership
    if (!membership) return
    this.#membership = undefined
    membership.unsubscribe()
    const { adapter, log, connection } = this.#parts
    const { code } = membership.record
    let present = false
    const record = await adapter.transact(code, (room) => {
      present = room?.peers.includes(membership.id) ?? false
      return room && removePeer(room, membership.id)
    })
    if (!present) return
    log({ event: 'peer_left', connection, room: code, peer: membership.id })
    if (record) {
      await adapter.publish(code, { type: 'room', room: record })
      return
    }
    log({ event: 'room_ended', connection, room: code })
    const message = 'The host left, and with it the room ended.'
    await adapter.publish(code, { type: 'ended', code: 'ERR_ROOM_CLOSED', message })
  }

  /** Answers that a request was not done. The session goes on. */
  #refuse(error: NetError): void {
    if (error instanceof BadMessage) {
      this.#offend(error)
      return
    }
    const { code, message } = error
    const { port, log, connection } = this.#parts
    log({ event: 'refused', connection, code, message })
    if (!this.#ended) port.send({ type: 'error', code, message })
  }

  /** Refuses, and closes a client that makes it a habit. */
  #offend(error: NetError): void {
    this.#refuse(new NetError(error.code, error.message))
    if (++this.#badMessages < limits.MAX_BAD_MESSAGES) return
    this.#dismiss(new NetError(error.code, `Closed after ${limits.MAX_BAD_MESSAGES} bad messages: ${error.message}`))
  }

  /** Refuses the first message: without a room there is nothing left to do. */
  #turnAway(error: NetError): void {
    this.#refuse(error)
    this.#parts.port.close(limits.CLOSE_NORMAL, error.code)
    void this.end()
  }

  /** The client's place is gone already. */
  #expel(code: NetError['code'], message: string): void {
    this.#parts.port.send({ type: 'closed', code, message })
    this.#parts.port.close(limits.CLOSE_NORMAL, code)
    void this.end()
  }

  #dismiss({ code, message }: NetError, closeCode: number = limits.CLOSE_POLICY): void {
    const { port, log, connection } = this.#parts
    if (this.#ended) return
    log({ event: 'refused', connection, code, message })
    port.send({ type: 'closed', code, message })
    port.close(closeCode, code)
    void this.end()
  }

  #fail(error: unknown): void {
    const { log, connection } = this.#parts
    log({ event: 'failed', connection, error })
    const apology = new NetError('ERR_SIGNALING_UNREACHABLE', 'The signaling server failed. Join again in a moment.')
    this.#dismiss(apology, limits.CLOSE_INTERNAL_ERROR)
  }
}

/** A message that no correct client sends at this moment: it counts towards MAX_BAD_MESSAGES. */
class BadMessage extends NetError {}
