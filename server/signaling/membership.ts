// A client's place in its room: keeps the newest record, tells the client what changes from one record to the next, and
// does what a member may ask for. How a client comes to its place is in entrance.ts.

import type { NetErrorCode } from '../../src/net/errors.ts'
import { NetError } from '../../src/net/errors.ts'
import type { ServerMessage, Signal } from '../../src/net/signaling/messages.ts'
import type { RoomRecord } from '../../src/net/signaling/room.ts'
import { removePeer, roomChange, seal, visibleTo } from '../../src/net/signaling/room.ts'
import type { ChannelEvent, RecordChannel, SignalingAdapter } from './adapter.ts'
import type { Budgets } from './budgets.ts'
import type { SignalingLog } from './log.ts'

/** What a membership needs of the session around it. */
export interface MembershipParts {
  readonly connection: number
  readonly adapter: SignalingAdapter
  readonly budgets: Budgets
  readonly log: SignalingLog
  /** Tells the client. */
  send(message: ServerMessage): void
  /** The place is gone, by no act of the client's. */
  expelled(code: NetErrorCode, message: string): void
}

export class Membership {
  readonly id: number
  readonly #parts: MembershipParts
  readonly #channel: RecordChannel
  #record: RoomRecord
  #over = false

  constructor(id: number, record: RoomRecord, channel: RecordChannel, parts: MembershipParts) {
    this.id = id
    this.#record = record
    this.#channel = channel
    this.#parts = parts
  }

  get record(): RoomRecord {
    return this.#record
  }

  /** Takes what comes over the room's channel. */
  handle(event: ChannelEvent<RoomRecord>): void {
    if (this.#over) return
    switch (event.type) {
      case 'changed':
        if (event.record) this.#update(event.record)
        else this.#expel('ERR_ROOM_CLOSED', 'The host left, and with it the room ended.')
        return
      case 'signal':
        if (event.to === this.id) this.#parts.send({ type: 'signal', from: event.from, signal: event.signal })
        return
      case 'gap':
        return
    }
  }

  async relay(to: number, signal: Signal): Promise<void> {
    const { log, connection, budgets } = this.#parts
    const room = this.#record.code
    // Silently for the client: it could not know that the other one just left.
    if (!visibleTo(this.#record, this.id).includes(to)) {
      log({ event: 'signal_dropped', connection, room, to })
      return
    }
    if (!budgets.roomMessages.take(room, 1)) {
      throw new NetError('ERR_RATE_LIMITED', 'The members of this room signal more than they may together.')
    }
    await this.#channel.publish({ type: 'signal', from: this.id, to, signal })
    log({ event: 'signal_relayed', connection, room, to })
  }

  async seal(sealed: boolean): Promise<void> {
    const { adapter } = this.#parts
    await adapter.transact<RoomRecord>(this.#record.code, (room) => room && seal(room, this.id, sealed))
  }

  /** Gives the place up. */
  async leave(): Promise<void> {
    this.#over = true
    this.#channel.close()
    const { adapter, log, connection } = this.#parts
    const { code } = this.#record
    let present = false
    const record = await adapter.transact<RoomRecord>(code, (room) => {
      present = room?.peers.includes(this.id) ?? false
      return room && removePeer(room, this.id)
    })
    if (!present) return
    log({ event: 'peer_left', connection, room: code, peer: this.id })
    if (!record) log({ event: 'room_ended', connection, room: code })
  }

  /** Tells the client what changed. The client's own changes come back to it. */
  #update(record: RoomRecord): void {
    const before = this.#record
    if (record.revision <= before.revision) return
    if (!record.peers.includes(this.id)) {
      this.#expel('ERR_ROOM_CLOSED', 'This peer was removed from the room.')
      return
    }
    this.#record = record
    const { send } = this.#parts
    const change = roomChange(before, record, this.id)
    for (const id of change.left) send({ type: 'peer_left', id })
    for (const id of change.joined) send({ type: 'peer_joined', id })
    if (change.hostChanged) send({ type: 'host', id: record.host })
    if (change.sealChanged) send({ type: 'sealed', sealed: record.sealed })
  }

  #expel(code: NetErrorCode, message: string): void {
    this.#parts.expelled(code, message)
  }
}
