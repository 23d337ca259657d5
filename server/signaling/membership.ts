// A client's place in its room: keeps the newest state, tells the client what changes from one to the next, and does what
// a member may ask for. How a client comes to its place is in entrance.ts.

import type { NetErrorCode } from '../../src/net/errors.ts'
import { NetError } from '../../src/net/errors.ts'
import type { ClientMessage, IceServer, ServerMessage } from '../../src/net/signaling/messages.ts'
import { connects, describe, knownTo, roomInfo, seal, visibleTo } from '../../src/net/signaling/room.ts'
import type { TokenBucket } from '../../src/net/token-bucket.ts'
import type { ChannelEvent, RecordChannel, SignalingAdapter } from './adapter.ts'
import type { Budgets } from './budgets.ts'
import type { Caretaker, KeptPlace } from './caretaker.ts'
import { MAX_BANS } from './constants.ts'
import type { Admission, PlaceTimes } from './entrance.ts'
import type { SignalingLog } from './log.ts'
import type { RoomState } from './room-state.ts'
import { confirm, drop, indexed, introduce, leave, offersTo, stateChange, throwOut } from './room-state.ts'

/** What a member may ask for. */
export type MemberRequest = Extract<ClientMessage, { type: 'presence' | 'seal' | 'update' | 'kick' }>

/** What a membership needs of its server. */
export interface MembershipParts {
  readonly adapter: SignalingAdapter
  readonly budgets: Budgets
  readonly time: () => number
  readonly places: PlaceTimes
  readonly log: SignalingLog
  readonly caretaker: Pick<Caretaker, 'gap'>
}

/** The member, as its membership sees it. */
export interface MembershipClient {
  readonly connection: number
  tell(message: ServerMessage): void
  /** Hands over a signal of another member's, as JSON. */
  relay(from: number, text: string): void
  /** The place is gone, by no act of the client's. */
  expelled(code: NetErrorCode, message: string): void
}

export class Membership implements KeptPlace {
  readonly id: number
  /** Tells this socket's hold on the place from later ones. */
  readonly link: number
  readonly #parts: MembershipParts
  readonly #client: MembershipClient
  readonly #channel: RecordChannel
  /** Shared with the other members that this process serves. */
  #roomBucket: TokenBucket | undefined
  /** The last signal that is on its way, where that takes time. */
  #sending: Promise<unknown> | undefined
  #state: RoomState
  /** The client was told who is there: it cannot make sense of a change before. */
  #isTold = false
  #over = false

  constructor({ id, state, channel }: Admission, parts: MembershipParts, client: MembershipClient) {
    this.id = id
    this.link = state.places[id]!.link
    this.#state = state
    this.#channel = channel
    this.#parts = parts
    this.#client = client
  }

  get state(): RoomState {
    return this.#state
  }

  /** The answer to the client's entry. */
  joined(iceServers: readonly IceServer[], secret: string): Extract<ServerMessage, { type: 'joined' }> {
    this.#isTold = true
    const state = this.#state
    const peers = visibleTo(state, this.id).map((id) => ({ ...this.#peer(id), offer: offersTo(state, this.id, id) }))
    const resume = { secret, graceMs: this.#parts.places.graceMs }
    const others = knownTo(state, this.id).map((id) => this.#player(id))
    const players = others.length > 0 && { players: others }
    return {
      type: 'joined',
      id: this.id,
      room: roomInfo(state),
      peers,
      ...players,
      iceServers: [...iceServers],
      resume,
    }
  }

  /** Takes what comes over the room's channel. */
  handle(event: ChannelEvent<RoomState>): void {
    if (this.#over) return
    switch (event.type) {
      case 'changed':
        if (event.record) this.catchUp(event.record)
        else this.#expel('ERR_ROOM_CLOSED', 'The host left, and with it the room ended.')
        return
      case 'signal':
        if (event.to === this.id) this.#client.relay(event.from, event.text)
        return
      case 'gap':
        this.#parts.caretaker.gap(this.#state.code)
    }
  }

  /**
   * Sends to the member `to`: `text` is the signal as JSON. Those that follow need not wait for it.
   * @throws {NetError} ERR_RATE_LIMITED; rejects with ERR_UNAVAILABLE.
   */
  signal(to: number, text: string): Promise<void> | undefined {
    const { log } = this.#parts
    const { connection } = this.#client
    const { code: room } = this.#state
    // Silently for the client: it could not know that the other one just left.
    if (!connects(this.#state, this.id, to)) {
      log({ event: 'signal_dropped', connection, room, to })
      return
    }
    this.#takeOfRoom(1)
    const sent = this.#channel.publish({ type: 'signal', from: this.id, to, text }, this.#state.places[to]?.at)
    if (!sent) {
      log({ event: 'signal_relayed', connection, room, to })
      return
    }
    this.#sending = sent
    // Not heard: the process of `to` is gone or cut off. When that one is back, or its process, the pair begins anew.
    const done = (heard: boolean) => log({ event: heard ? 'signal_relayed' : 'signal_dropped', connection, room, to })
    return sent.then(done, this.#signalLost)
  }

  /** Does what the client asks for. @throws {NetError} why it may not. */
  async request(message: MemberRequest): Promise<void> {
    // All of them hear of it, and the store and its processes carry the whole room for it. Only who floods the room can be
    // thrown out of it all the same.
    if (message.type !== 'kick') this.#takeOfRoom(this.#state.peers.length)
    switch (message.type) {
      case 'presence':
        return this.#change((state) => introduce(state, this.id, message.presence))
      case 'seal':
        return this.#change((state) => indexed(seal(state, this.id, message.sealed)))
      case 'update':
        return this.#change((state) => indexed(describe(state, this.id, message)))
      case 'kick':
        return this.#change((state) => throwOut(state, this.id, message.id, message.ban, MAX_BANS))
    }
  }

  /** The client has read the secret that `joined` told. @throws {NetError} rejects with ERR_UNAVAILABLE. */
  async confirm(): Promise<void> {
    await this.#parts.adapter.transact<RoomState>(this.#state.code, (room) => room && confirm(room, this.id, this.link))
  }

  /** Gives the place up: for good, or so that the client can come back to it within the grace time. */
  async end(how: 'leave' | 'drop'): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#channel.close()
    const { adapter, log, time, places } = this.#parts
    const { connection } = this.#client
    const { code } = this.#state
    let present = false
    let state: RoomState | undefined
    // After peer_left nobody shall hear of it.
    await this.#sending?.catch(() => {})
    try {
      state = await adapter.transact<RoomState>(code, (room) => {
        present = room?.places[this.id]?.link === this.link
        if (!room || !present) return room
        if (how === 'drop' && places.graceMs > 0) return drop(room, this.id, time() + places.graceMs)
        return leave(room, this.id, time() + places.hostWaitMs)
      })
    } finally {
      // Also where the place was given up before, or the store does not answer: here the player is gone.
      log({ event: how === 'drop' ? 'peer_dropped' : 'peer_left', connection, room: code, peer: this.id })
    }
    if (present && !state) log({ event: 'room_ended', connection, room: code })
  }

  /** Tells the client what is different from what it knows. Its own changes come back to it, too. */
  catchUp(state: RoomState): void {
    const before = this.#state
    if (this.#over || state.revision <= before.revision) return
    const place = state.places[this.id]
    if (!place || !state.peers.includes(this.id)) {
      if (state.kicked === this.id) this.#expel('ERR_KICKED', 'The host removed this peer from the room.')
      else this.#expel('ERR_ROOM_CLOSED', 'The room went on without this peer. Join again.')
      return
    }
    if (place.link !== this.link) {
      this.#expel('ERR_ALREADY_IN_USE', 'Another connection has taken this place over.')
      return
    }
    this.#state = state
    // The caretaker finds those, too, that wait for their ICE servers.
    if (!this.#isTold) return
    const change = stateChange(before, state, this.id)
    const send = (message: ServerMessage) => this.#client.tell(message)
    for (const id of change.left) send({ type: 'peer_left', id, ...(state.kicked === id && { kicked: true }) })
    for (const id of change.playersLeft) send({ type: 'player_left', id })
    for (const id of change.joined) send({ type: 'peer_joined', ...this.#peer(id) })
    for (const id of change.playersJoined) send({ type: 'player_joined', ...this.#player(id) })
    for (const id of change.back) send({ type: 'peer_back', id })
    for (const id of change.presence) send({ type: 'presence', id, presence: state.presence[id]! })
    if (change.info) send({ type: 'room', room: roomInfo(state) })
  }

  readonly #signalLost = (error: unknown) => {
    // When the store can be reached again, the pair begins anew.
    this.#parts.caretaker.gap(this.#state.code)
    throw error
  }

  #player(id: number) {
    return { id, presence: this.#state.presence[id]! }
  }

  #peer(id: number) {
    return { id, life: this.#state.places[id]!.life, presence: this.#state.presence[id]! }
  }

  #takeOfRoom(count: number): void {
    this.#roomBucket ??= this.#parts.budgets.roomMessages.bucket(this.#state.code)
    if (this.#roomBucket.take(count)) return
    throw new NetError('ERR_RATE_LIMITED', 'The members of this room signal more than they may together.')
  }

  async #change(update: (state: RoomState) => RoomState): Promise<void> {
    await this.#parts.adapter.transact<RoomState>(this.#state.code, (state) => {
      if (!state) throw new NetError('ERR_UNAVAILABLE', 'The room cannot be changed at the moment. Try again.')
      // Somebody else's place by now: that one is about to hear of it.
      if (state.places[this.id]?.link !== this.link) return state
      return update(state)
    })
  }

  #expel(code: NetErrorCode, message: string): void {
    this.#over = true
    this.#channel.close()
    const { connection } = this.#client
    this.#parts.log({ event: 'peer_left', connection, room: this.#state.code, peer: this.id })
    this.#client.expelled(code, message)
  }
}
