// Signaling inside one process: for tests, and for games that run several peers in one page.

import type { Clock } from '../clock.ts'
import { NetError, toNetError } from '../errors.ts'
import type { EntryMessage } from './entry.ts'
import { entryMessage } from './entry.ts'
import type { RoomInfo, Signal } from './messages.ts'
import { opening } from './opening.ts'
import type { RoomRecord } from './room.ts'
import { addPeer, createRoom, generatePeerId, removePeer, roomInfo, seal } from './room.ts'
import { generateRoomCode } from './room-code.ts'
import { hostLeftError, RoomMember, roomNotFoundError } from './room-member.ts'
import type {
  SignalingContext,
  SignalingEvent,
  SignalingRequest,
  SignalingSession,
  SignalingTransport,
} from './transport.ts'

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

/** One object is one signaling service: all peers of a process share it. Tokens are not looked at. */
export class MemorySignaling implements SignalingTransport {
  readonly #latencyMs: number | undefined
  readonly #rooms = new Map<string, RoomRecord>()
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
    return opening(context, undefined, ({ resolve, reject }) => {
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

  #enter(entry: EntryMessage, { clock, random }: SignalingContext): SignalingSession {
    let id: number
    let room: RoomRecord
    if (entry.type === 'create') {
      room = createRoom({ ...entry, code: this.#freeCode(generateRoomCode(random), random) }, random)
      id = room.host
    } else {
      const present = this.#rooms.get(entry.room)
      if (!present) throw roomNotFoundError(entry.room)
      id = generatePeerId(random, present.peers)
      room = addPeer(present, id)
    }
    this.#store(room)
    const member = new RoomMember(id, room)
    const members = this.#members.get(room.code) ?? new Map<number, Membership>()
    this.#members.set(room.code, members.set(id, { member, clock }))
    return new MemorySession(member, {
      send: (to, signal) => this.#send(member, to, signal),
      seal: (sealed) => this.#seal(member, clock, sealed),
      leave: () => this.#leave(member),
    })
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

  #seal(member: RoomMember, clock: Clock, sealed: boolean): void {
    const room = this.#rooms.get(member.record.code)
    if (!room) return
    try {
      this.#store(seal(room, member.id, sealed))
    } catch (error) {
      const refused = toNetError(error, 'ERR_UNAUTHORIZED', 'The room could not be sealed.')
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
    for (const other of this.#members.get(code)?.values() ?? []) {
      this.#later(other.clock, () => other.member.events.close(hostLeftError()))
    }
    this.#members.delete(code)
  }

  #store(room: RoomRecord): void {
    this.#rooms.set(room.code, room)
    for (const { member, clock } of this.#members.get(room.code)?.values() ?? []) {
      this.#later(clock, () => member.update(room))
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
  seal(sealed: boolean): void
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
    if (!this.#member.events.ended) this.#link.seal(sealed)
  }

  close(): void {
    if (this.#left) return
    this.#left = true
    this.#member.events.stop()
    this.#link.leave()
  }
}
