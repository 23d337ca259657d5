// A member's place in a room of a signaling server, without the socket: takes what came from the server and the time,
// gives events and messages. The socket is in websocket.ts.

import type { CancelTimer, Clock } from '../clock.ts'
import { every } from '../clock.ts'
import { NetError } from '../errors.ts'
import { ICE_SERVERS_WAIT_MS, MAX_BAD_MESSAGES, MAX_PEERS_LIMIT, PING_PERIOD_MS } from './constants.ts'
import { remoteError } from './error-codes.ts'
import type { ClientMessage, IceServer, RoomInfo, ServerMessage, Signal } from './messages.ts'
import type { ServerInput } from './server-messages.ts'
import { SessionEvents } from './session-events.ts'
import type { SignalingEvent, SignalingSession } from './transport.ts'

/** What a session needs of its socket. */
export interface ServerLink {
  send(message: ClientMessage): void
  close(): void
}

export class WebSocketSession implements SignalingSession {
  readonly id: number
  readonly #link: ServerLink
  readonly #events = new SessionEvents()
  readonly #peers = new Set<number>()
  readonly #stopPinging: CancelTimer
  readonly #clock: Clock
  readonly #wantingIceServers = new Set<() => void>()
  #iceServers: readonly RTCIceServer[]
  #room: RoomInfo
  #pingUnanswered = false
  #badMessages = 0

  constructor(joined: Extract<ServerMessage, { type: 'joined' }>, link: ServerLink, clock: Clock) {
    this.id = joined.id
    this.#clock = clock
    this.#iceServers = joined.iceServers.map(iceServer)
    this.#room = joined.room
    this.#link = link
    this.#stopPinging = every(clock, PING_PERIOD_MS, () => this.#ping())
    for (const id of joined.peers) this.#addPeer(id, true)
  }

  get room(): RoomInfo {
    return this.#room
  }

  get iceServers(): readonly RTCIceServer[] {
    return this.#iceServers
  }

  async refreshIceServers(): Promise<readonly RTCIceServer[]> {
    if (this.#events.ended) return this.#iceServers
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel()
        this.#wantingIceServers.delete(done)
        resolve()
      }
      const cancel = this.#clock.setTimeout(done, ICE_SERVERS_WAIT_MS)
      this.#wantingIceServers.add(done)
      if (this.#wantingIceServers.size === 1) this.#link.send({ type: 'ice_servers' })
    })
    return this.#iceServers
  }

  listen(listener: (event: SignalingEvent) => void): void {
    this.#events.listen(listener)
  }

  send(to: number, signal: Signal): void {
    if (!this.#events.ended) this.#link.send({ type: 'signal', to, signal })
  }

  seal(sealed: boolean): void {
    if (!this.#events.ended) this.#link.send({ type: 'seal', sealed })
  }

  close(): void {
    if (!this.#events.ended) this.#link.send({ type: 'leave' })
    this.#events.stop()
    this.#release()
  }

  /** Takes what the server sent. */
  receive(input: ServerInput): void {
    if (this.#events.ended) {
      this.#release()
      return
    }
    this.#pingUnanswered = false
    if (input.kind === 'message') {
      this.#handle(input.message)
      return
    }
    if (input.kind === 'unknown') return
    const error = new NetError(
      'ERR_SIGNALING_PROTOCOL',
      `A message of the signaling server is broken: ${input.reason}.`,
    )
    if (++this.#badMessages >= MAX_BAD_MESSAGES) {
      this.end(error)
      return
    }
    this.#events.push({ type: 'error', error })
  }

  /** The link is gone, for the reason given. Does nothing when the session is over. */
  end(error: NetError): void {
    this.#events.close(error)
    this.#release()
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case 'peer_joined':
        this.#addPeer(message.id, false)
        return
      case 'peer_left':
        if (this.#peers.delete(message.id)) this.#events.push({ type: 'peerLeft', id: message.id })
        return
      case 'signal':
        // From a peer that just left, or never was: nobody waits for it.
        if (!this.#peers.has(message.from)) return
        this.#events.push({ type: 'signal', from: message.from, signal: message.signal })
        return
      case 'host':
        this.#changeRoom({ ...this.#room, host: message.id })
        return
      case 'sealed':
        this.#changeRoom({ ...this.#room, sealed: message.sealed })
        return
      case 'ice_servers':
        this.#iceServers = message.iceServers.map(iceServer)
        for (const done of [...this.#wantingIceServers]) done()
        return
      case 'closed':
        this.end(remoteError(message.code, message.message))
        return
      case 'error':
        this.#events.push({ type: 'error', error: remoteError(message.code, message.message) })
        return
      case 'joined':
        this.receive({ kind: 'malformed', reason: 'it answers a question that was not asked' })
        return
      case 'pong':
        return
    }
  }

  #addPeer(id: number, offer: boolean): void {
    if (id === this.id || this.#peers.has(id) || this.#peers.size >= MAX_PEERS_LIMIT) return
    this.#peers.add(id)
    this.#events.push({ type: 'peerJoined', id, offer })
  }

  #changeRoom(room: RoomInfo): void {
    this.#room = room
    this.#events.push({ type: 'room', room })
  }

  #ping(): void {
    // Judged by the ping, not by the time since the last message: in a hidden tab this may run once a minute.
    if (this.#pingUnanswered) {
      const message = 'The signaling server does not answer any more. Join again when the network is back.'
      this.end(new NetError('ERR_SIGNALING_UNREACHABLE', message))
    }
    this.#pingUnanswered = true
    this.#link.send({ type: 'ping' })
  }

  #release(): void {
    this.#stopPinging()
    for (const done of [...this.#wantingIceServers]) done()
    this.#link.close()
  }
}

/** Without the keys that are undefined: browsers take `username: undefined` for one that is missing from a TURN URL. */
function iceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username === undefined ? {} : { username }), ...(credential === undefined ? {} : { credential }) }
}
