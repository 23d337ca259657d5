// A member of a room of tabs. One of them, the host, keeps the room's record; when it goes, the longest-present member
// that still answers takes over. Who is gone is found by asking: any tab's question is answered by all.

import type { CancelTimer, Clock } from '../clock.ts'
import { every } from '../clock.ts'
import { NetError, toNetError } from '../errors.ts'
import type { BroadcastMessage } from './broadcast-messages.ts'
import { BROADCAST_ASK_MS, BROADCAST_MISSED_LIMIT, MAX_BAD_MESSAGES } from './constants.ts'
import { checked } from './entry.ts'
import type { RoomInfo, Signal } from './messages.ts'
import type { PresenceChange } from './presence.ts'
import type { RoomRecord } from './room.ts'
import { addPeer, describe, kick, present, removePeer, roomInfo, seal } from './room.ts'
import { hostLeftError, needsServerError, RoomMember } from './room-member.ts'
import type { MemberRequest, SignalingEvent, SignalingSession } from './transport.ts'

/** What a session needs of its channel. */
export interface BroadcastLink {
  onMessage: ((message: BroadcastMessage | 'malformed') => void) | undefined
  post(message: BroadcastMessage): void
  close(): void
}

export class BroadcastSession implements SignalingSession {
  readonly iceServers: readonly RTCIceServer[] = []
  readonly #member: RoomMember
  readonly #link: BroadcastLink
  readonly #stopTicking: CancelTimer
  /** How many questions each member left unanswered. */
  readonly #missed = new Map<number, number>()
  readonly #gone = new Set<number>()
  #asked = false
  #badMessages = 0

  constructor(id: number, room: RoomRecord, link: BroadcastLink, clock: Clock) {
    this.#member = new RoomMember(id, room)
    this.#link = link
    this.#stopTicking = every(clock, BROADCAST_ASK_MS, () => this.#tick())
    link.onMessage = (message) => this.#handle(message)
    // Workers and Node have no pages to hide.
    if (typeof addEventListener === 'function') addEventListener('pagehide', this.#pageHidden)
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
    if (!this.#member.events.ended && this.#member.sees(to)) {
      this.#link.post({ type: 'signal', from: this.id, to, signal })
    }
  }

  seal(sealed: boolean): void {
    this.#try((room) => seal(room, this.id, sealed))
  }

  request(request: MemberRequest): void {
    checked(request)
    switch (request.type) {
      case 'presence':
        if (this.#member.record.host === this.id) this.#introduce(this.id, request.presence)
        else this.#link.post({ type: 'presence', from: this.id, presence: request.presence })
        return
      case 'update':
        if (request.public) throw needsServerError('A public room')
        this.#try((room) => describe(room, this.id, request))
        return
      case 'kick':
        if (request.ban) throw needsServerError('A ban')
        this.#try((room) => kick(room, this.id, request.id), request.id)
        return
    }
  }

  /** Changes the room as its host, or reports why that is refused. */
  #try(update: (room: RoomRecord) => RoomRecord, kicked?: number): void {
    if (this.#member.events.ended) return
    try {
      this.#change(update(this.#member.record), kicked)
    } catch (error) {
      const refused = toNetError(error, 'ERR_UNAUTHORIZED', 'The room could not be changed.')
      // Not in the caller's stack: events never come from inside a call.
      void Promise.resolve().then(() => this.#member.events.push({ type: 'error', error: refused }))
    }
  }

  close(): void {
    this.#member.events.stop()
    this.#link.post({ type: 'leave', from: this.id })
    this.#release()
  }

  #handle(message: BroadcastMessage | 'malformed'): void {
    if (this.#member.events.ended) {
      this.#release()
      return
    }
    if (message === 'malformed') {
      this.#reportMalformed()
      return
    }
    if ('from' in message) this.#heardFrom(message.from)
    switch (message.type) {
      case 'knock':
        this.#admit(message.from, message.presence)
        return
      case 'room':
        this.#take(message.room, message.kicked)
        return
      case 'presence':
        this.#introduce(message.from, message.presence)
        return
      case 'signal':
        if (message.to === this.id) this.#member.receive(message.from, message.signal)
        return
      case 'leave':
        this.#lost([message.from])
        return
      case 'ask':
        this.#asked = true
        this.#countQuestion(message.from)
        this.#link.post({ type: 'here', from: this.id })
        return
      case 'refused':
      case 'here':
        return
    }
  }

  /** As the host: what a member says of itself belongs into the room. */
  #introduce(id: number, presence: PresenceChange): void {
    const { record } = this.#member
    if (record.host === this.id && record.peers.includes(id)) this.#change(present(record, id, presence))
  }

  #admit(id: number, presence: PresenceChange | undefined): void {
    const { record } = this.#member
    if (record.host !== this.id) return
    // It knocked again before it heard the answer.
    if (record.peers.includes(id)) {
      this.#link.post({ type: 'room', room: mutable(record) })
      return
    }
    try {
      this.#change(addPeer(record, id, presence))
    } catch (error) {
      const { code, message } = toNetError(error, 'ERR_SIGNALING_PROTOCOL', 'The host could not let the peer in.')
      this.#link.post({ type: 'refused', to: id, code, message })
    }
  }

  #take(room: RoomRecord, kicked?: number): void {
    if (room.code !== this.#member.record.code) return
    this.#member.update(room, kicked)
    this.#afterChange()
  }

  /** The room as this member, being the host, decided it. */
  #change(room: RoomRecord, kicked?: number): void {
    if (room === this.#member.record) return
    this.#link.post({ type: 'room', room: mutable(room), ...(kicked !== undefined && { kicked }) })
    this.#member.update(room, kicked)
    this.#afterChange()
  }

  #afterChange(): void {
    const { peers } = this.#member.record
    for (const id of [...this.#missed.keys(), ...this.#gone]) {
      if (peers.includes(id)) continue
      this.#missed.delete(id)
      this.#gone.delete(id)
    }
    if (this.#member.events.ended) this.#release()
  }

  #heardFrom(id: number): void {
    if (!this.#member.record.peers.includes(id)) return
    this.#missed.set(id, 0)
    this.#gone.delete(id)
  }

  #tick(): void {
    if (this.#member.events.ended) {
      this.#release()
      return
    }
    this.#lost([...this.#missed].filter(([, missed]) => missed >= BROADCAST_MISSED_LIMIT).map(([id]) => id))
    if (!this.#asked) {
      this.#link.post({ type: 'ask', from: this.id })
      this.#countQuestion(this.id)
    }
    this.#asked = false
  }

  #countQuestion(asker: number): void {
    for (const id of this.#member.record.peers) {
      if (id !== this.id && id !== asker) this.#missed.set(id, (this.#missed.get(id) ?? 0) + 1)
    }
  }

  /** Members are gone. The first one that is left writes that down for all. */
  #lost(ids: readonly number[]): void {
    const { record } = this.#member
    for (const id of ids) if (id !== this.id && record.peers.includes(id)) this.#gone.add(id)
    if (this.#gone.size === 0) return
    if (record.topology === 'star' && this.#gone.has(record.host)) {
      this.#member.events.close(hostLeftError())
      this.#release()
    }
    if (record.peers.find((id) => !this.#gone.has(id)) !== this.id) return
    let rest: RoomRecord | undefined = record
    for (const id of this.#gone) rest = rest && removePeer(rest, id)
    if (rest) this.#change(rest)
  }

  #reportMalformed(): void {
    // Told often enough to be seen, and not so often that a broken page fills the log of every other.
    if (++this.#badMessages > MAX_BAD_MESSAGES) return
    const message = 'Another page of this origin sent a broken message on the channel of this room.'
    this.#member.events.push({ type: 'error', error: new NetError('ERR_INVALID_DATA', message) })
  }

  readonly #pageHidden = () => {
    this.#link.post({ type: 'leave', from: this.id })
    const message = 'The page was left. Join the room again when it is shown.'
    this.#member.events.close(new NetError('ERR_SIGNALING_UNREACHABLE', message))
    this.#release()
  }

  #release(): void {
    this.#stopTicking()
    this.#link.onMessage = undefined
    this.#link.close()
    if (typeof removeEventListener === 'function') removeEventListener('pagehide', this.#pageHidden)
  }
}

/** The record in the mutable form that the schema's type has. */
function mutable(room: RoomRecord): Extract<BroadcastMessage, { type: 'room' }>['room'] {
  return { ...room, peers: [...room.peers], presence: { ...room.presence } }
}
