// One member's view of a room that is passed around as whole records: turns each newer record into events. For the
// transports without a server; the server does the same for its clients in server/signaling/client-session.ts.

import { NetError } from '../errors.ts'
import type { Signal } from './messages.ts'
import type { RoomRecord } from './room.ts'
import { connects, knownTo, offers, roomChange, roomInfo, visibleTo } from './room.ts'
import { SessionEvents } from './session-events.ts'

export class RoomMember {
  readonly id: number
  readonly events = new SessionEvents()
  #record: RoomRecord

  /** Announces at once the members that `record` already has. */
  constructor(id: number, record: RoomRecord) {
    this.id = id
    this.#record = record
    for (const peer of visibleTo(record, id)) this.#announce(peer)
    for (const player of knownTo(record, id)) this.#introduce(player)
  }

  /** The newest record this member has seen. */
  get record(): RoomRecord {
    return this.#record
  }

  /**
   * Takes a record of the room. An older one than is known is ignored: records may overtake each other. `kicked` was
   * thrown out with this change.
   */
  update(record: RoomRecord, kicked?: number): void {
    if (this.events.ended || record.revision <= this.#record.revision) return
    if (!record.peers.includes(this.id)) {
      if (kicked === this.id) this.events.close(kickedError())
      const message = 'The room went on without this peer, which did not answer in time. Join again.'
      this.events.close(new NetError('ERR_SIGNALING_UNREACHABLE', message))
    }
    const change = roomChange(this.#record, record, this.id)
    this.#record = record
    for (const id of change.left) this.events.push({ type: 'peerLeft', id, ...(id === kicked && { kicked: true }) })
    for (const id of change.playersLeft) this.events.push({ type: 'playerLeft', id })
    for (const id of change.joined) this.#announce(id)
    for (const id of change.playersJoined) this.#introduce(id)
    for (const id of change.presence) this.events.push({ type: 'presence', id, presence: record.presence[id]! })
    if (change.info) this.events.push({ type: 'room', room: roomInfo(record) })
  }

  /** Takes a signal. One from a peer that is not visible (any more) is dropped. */
  receive(from: number, signal: Signal): void {
    if (this.sees(from)) this.events.push({ type: 'signal', from, signal })
  }

  /** Whether this member connects with `id`. */
  sees(id: number): boolean {
    return connects(this.#record, this.id, id)
  }

  #announce(id: number): void {
    const presence = this.#record.presence[id]!
    this.events.push({ type: 'peerJoined', id, offer: offers(this.#record, this.id, id), presence })
  }

  #introduce(id: number): void {
    this.events.push({ type: 'playerJoined', id, presence: this.#record.presence[id]! })
  }
}

/** Why a star's clients are closed when its host goes. */
export function hostLeftError(): NetError {
  return new NetError('ERR_ROOM_CLOSED', 'The host left, and with it the room ended.')
}

/** Why a member is closed that the host threw out. */
export function kickedError(): NetError {
  return new NetError('ERR_KICKED', 'The host removed this peer from the room.')
}

/** Why something is refused that only a signaling server has. */
export function needsServerError(what: string): NetError {
  const message = `${what} needs a signaling server: give its URL as \`signaling\`.`
  return new NetError('ERR_UNAVAILABLE', message)
}

/** Why a join is refused when nobody has the room. */
export function roomNotFoundError(code: string): NetError {
  return new NetError('ERR_ROOM_NOT_FOUND', `No room has the code ${code}. Check it, or ask for a new one.`)
}
