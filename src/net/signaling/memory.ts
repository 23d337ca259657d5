// Signaling inside one process: for tests, and for games that run several peers in one page.

import type { Clock } from '../clock.ts'
import { NetError, toNetError } from '../errors.ts'
import { MAX_LISTED_ROOMS } from './constants.ts'
import type { EntryMessage } from './entry.ts'
import { checked, entryMessage } from './entry.ts'
import type { RoomInfo, Signal } from './messages.ts'
import { PROTOCOL_VERSION } from './messages.ts'
import { opening } from './opening.ts'
import { hasProperties } from './presence.ts'
import type { RoomRecord } from './room.ts'
import {
  addPeer,
  createRoom,
  describe,
  generatePeerId,
  isOpen,
  kick,
  present,
  removePeer,
  roomInfo,
  seal,
} from './room.ts'
import { generateRoomCode } from './room-code.ts'
import { hostLeftError, needsServerError, RoomMember, roomNotFoundError } from './room-member.ts'
import type {
  MemberRequest,
  RoomPage,
  RoomQuery,
  SignalingContext,
  SignalingEvent,
  SignalingRequest,
  SignalingSession,
  SignalingTransport,
} from './transport.ts'

/** What `new MemorySignaling` takes. */
export interface MemorySignalingOptions {
  /**
   * How long every message takes, in ms of each receiver's Clock. Left out, messages arrive in the next microtask: in
   * virtual time nothing needs to be advanced for them.
   */
  readonly latencyMs?: number
}

interface Membership {
  readonly member: RoomMember
  readonly clock: Clock
}

/**
 * One object is one signaling service: all peers of a process share it. Tokens are not looked at. It has no places that wait:
 * no `resume`, no star that waits for its host, and no bans (ERR_UNAVAILABLE).
 */
export class MemorySignaling implements SignalingTransport {
  readonly #latencyMs: number | undefined
  readonly #rooms = new Map<string, RoomRecord>()
  readonly #passwords = new Map<string, string>()
  readonly #members = new Map<string, Map<number, Membership>>()

  /** @throws {NetError} ERR_INVALID_PARAMETER */
  constructor(options: MemorySignalingOptions = {}) {
    const { latencyMs } = options
    if (latencyMs !== undefined && !(latencyMs >= 0 && Number.isFinite(latencyMs))) {
      throw new NetError('ERR_INVALID_PARAMETER', 'latencyMs is a number of milliseconds, 0 or more.')
    }
    this.#latencyMs = latencyMs
  }

  async open(request: SignalingRequest, context: SignalingContext): Promise<SignalingSession> {
    const entry = entryMessage(request)
    return opening<SignalingSession>(context, undefined, ({ resolve, reject }) => {
      let undone = false
      this.#later(context.clock, () => {
        if (undone) return
        try {
          resolve(this.#enter(entry, context))
        } catch (error) {
          reject(toNetError(error, 'ERR_SIGNALING_PROTOCOL', 'The room could not be entered.'))
        }
      })
      return () => {
        undone = true
      }
    })
  }

  async list({ after, limit, token, ...filter }: RoomQuery & { token?: string }): Promise<RoomPage> {
    checked({ type: 'list', version: PROTOCOL_VERSION, filter, after, limit, token })
    const { topology, metadata = {}, open, locked, minPlayers = 0, maxPlayers = Number.POSITIVE_INFINITY } = filter
    const rooms = [...this.#rooms.values()]
      .filter((room) => room.public && room.code > (after ?? ''))
      .filter((room) => (topology ?? room.topology) === room.topology && (locked ?? room.locked) === room.locked)
      .filter((room) => (open ?? isOpen(room)) === isOpen(room) && hasProperties(room.metadata, metadata))
      .filter(({ peers }) => peers.length >= minPlayers && peers.length <= maxPlayers)
      .sort((one, other) => (one.code < other.code ? -1 : 1))
      .map((room) => ({ ...roomInfo(room), players: room.peers.length }))
    const page = rooms.slice(0, limit ?? MAX_LISTED_ROOMS)
    return { rooms: page, next: rooms.length > page.length ? page.at(-1)?.code : undefined }
  }

  #enter(entry: EntryMessage, { clock, random }: SignalingContext): SignalingSession {
    const present = this.#roomFor(entry)
    let id: number
    let room: RoomRecord
    if (present) {
      id = generatePeerId(random, present.peers)
      room = addPeer(present, id, entry.presence)
    } else {
      if ('whenHostLeaves' in entry && entry.whenHostLeaves === 'wait') throw needsServerError('A room that waits')
      const password = entry.type === 'create' ? entry.password : undefined
      const options = entry.type === 'match' ? { ...entry, public: true } : (entry as EntryMessage & { type: 'create' })
      const code = this.#freeCode(generateRoomCode(random), random)
      room = createRoom({ ...options, code, locked: password !== undefined }, random)
      id = room.host
      if (password !== undefined) this.#passwords.set(code, password)
    }
    this.#store(room)
    const member = new RoomMember(id, room)
    const members = this.#members.get(room.code) ?? new Map<number, Membership>()
    this.#members.set(room.code, members.set(id, { member, clock }))
    return new MemorySession(member, {
      send: (to, signal) => this.#send(member, to, signal),
      change: (update, kicked) => this.#change(member, clock, update, kicked),
      leave: () => this.#leave(member),
    })
  }

  /** The room that `entry` leads to; undefined: a new one. */
  #roomFor(entry: EntryMessage): RoomRecord | undefined {
    switch (entry.type) {
      case 'create':
        return undefined
      case 'resume':
        throw needsServerError('Coming back to a place')
      case 'join': {
        const room = this.#rooms.get(entry.room)
        if (!room || (room.locked && this.#passwords.get(entry.room) !== entry.password)) {
          throw roomNotFoundError(entry.room)
        }
        return room
      }
      case 'match': {
        const { topology, maxPeers, metadata = {} } = entry
        return [...this.#rooms.values()].find(
          (room) =>
            room.public &&
            !room.locked &&
            isOpen(room) &&
            room.topology === topology &&
            (maxPeers ?? room.maxPeers) === room.maxPeers &&
            hasProperties(room.metadata, metadata),
        )
      }
    }
  }

  /** Peers of a test may share a seed, and so draw the same code. */
  #freeCode(code: string, random: () => number): string {
    return this.#rooms.has(code) ? this.#freeCode(generateRoomCode(random), random) : code
  }

  #send(sender: RoomMember, to: number, signal: Signal): void {
    // Whether the two may talk is for the receiver to see: it may know of a change that the sender does not.
    const receiver = this.#members.get(sender.record.code)?.get(to)
    if (receiver) this.#later(receiver.clock, () => receiver.member.receive(sender.id, signal))
  }

  #change(member: RoomMember, clock: Clock, update: (room: RoomRecord) => RoomRecord, kicked?: number): void {
    const room = this.#rooms.get(member.record.code)
    if (!room) return
    try {
      this.#store(update(room), kicked)
      if (kicked !== undefined) this.#members.get(room.code)?.delete(kicked)
    } catch (error) {
      const refused = toNetError(error, 'ERR_UNAUTHORIZED', 'The room could not be changed.')
      this.#later(clock, () => member.events.push({ type: 'error', error: refused }))
    }
  }

  #leave(member: RoomMember): void {
    const { code } = member.record
    const room = this.#rooms.get(code)
    this.#members.get(code)?.delete(member.id)
    if (!room) return
    const rest = removePeer(room, member.id)
    if (rest) {
      this.#store(rest)
      return
    }
    this.#rooms.delete(code)
    this.#passwords.delete(code)
    for (const other of this.#members.get(code)?.values() ?? []) {
      this.#later(other.clock, () => other.member.events.close(hostLeftError()))
    }
    this.#members.delete(code)
  }

  #store(room: RoomRecord, kicked?: number): void {
    this.#rooms.set(room.code, room)
    for (const { member, clock } of this.#members.get(room.code)?.values() ?? []) {
      this.#later(clock, () => member.update(room, kicked))
    }
  }

  /** Microtasks, and timers of one delay, run in the order in which they were made: so messages stay in order. */
  #later(clock: Clock, task: () => void): void {
    if (this.#latencyMs === undefined) void Promise.resolve().then(task)
    else clock.setTimeout(task, this.#latencyMs)
  }
}

interface MemoryLink {
  send(to: number, signal: Signal): void
  change(update: (room: RoomRecord) => RoomRecord, kicked?: number): void
  leave(): void
}

class MemorySession implements SignalingSession {
  readonly iceServers: readonly RTCIceServer[] = []
  readonly #member: RoomMember
  readonly #link: MemoryLink
  #left = false

  constructor(member: RoomMember, link: MemoryLink) {
    this.#member = member
    this.#link = link
  }

  get id(): number {
    return this.#member.id
  }

  get room(): RoomInfo {
    return roomInfo(this.#member.record)
  }

  listen(listener: (event: SignalingEvent) => void): void {
    this.#member.events.listen(listener)
  }

  send(to: number, signal: Signal): void {
    if (!this.#member.events.ended) this.#link.send(to, signal)
  }

  seal(sealed: boolean): void {
    this.#change((room) => seal(room, this.id, sealed))
  }

  request(request: MemberRequest): void {
    checked(request)
    const { id } = this
    switch (request.type) {
      case 'presence':
        this.#change((room) => present(room, id, request.presence))
        return
      case 'update':
        this.#change((room) => describe(room, id, request))
        return
      case 'kick':
        if (request.ban) throw needsServerError('A ban')
        this.#change((room) => kick(room, id, request.id), request.id)
        return
    }
  }

  #change(update: (room: RoomRecord) => RoomRecord, kicked?: number): void {
    if (!this.#member.events.ended) this.#link.change(update, kicked)
  }

  close(): void {
    if (this.#left) return
    this.#left = true
    this.#member.events.stop()
    this.#link.leave()
  }
}
