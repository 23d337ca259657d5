// A member's place in a room of a signaling server, without the socket: takes what came from the server and the time,
// gives events and messages. When its link breaks it comes back over another one (reconnection.ts) to the same place. The
// socket is in websocket.ts.

import type { CancelTimer, Clock } from '../clock.ts'
import { every } from '../clock.ts'
import { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import {
  CHECK_TIMEOUT_MS,
  ICE_SERVERS_WAIT_MS,
  MAX_BAD_MESSAGES,
  MAX_PEERS_LIMIT,
  PING_PERIOD_MS,
} from './constants.ts'
import type { EntryMessage } from './entry.ts'
import { checked, writePlace } from './entry.ts'
import { remoteError } from './error-codes.ts'
import type { ClientMessage, IceServer, RoomInfo, ServerMessage, Signal } from './messages.ts'
import { PROTOCOL_VERSION } from './messages.ts'
import type { PlayerPresence, PresenceChange } from './presence.ts'
import { reconnect } from './reconnection.ts'
import type { ServerInput } from './server-messages.ts'
import { SessionEvents } from './session-events.ts'
import type { MemberRequest, SignalingEvent, SignalingSession } from './transport.ts'

/** What a session needs of its socket. */
export interface ServerLink {
  send(message: ClientMessage): void
  close(): void
}

export type Joined = Extract<ServerMessage, { type: 'joined' }>

/** What became of an attempt to reach the server. One of the two is called, later and once. */
export interface LinkOutcome {
  /** The server let the client in: what comes from now on is for the session that this returns. */
  joined(joined: Joined, link: ServerLink): WebSocketSession
  failed(error: NetError): void
}

/** Makes a new link with `entry` as its first message. Returns what gives it up. */
export type OpenLink = (entry: EntryMessage, outcome: LinkOutcome) => () => void

export interface WebSocketSessionParts {
  readonly clock: Clock
  readonly random: Random
  /** Left out: a session whose link breaks is over. */
  readonly openLink?: OpenLink
}

/** What other failures may pass by themselves; these do not. */
const FINAL_REFUSALS: ReadonlySet<string> = new Set([
  'ERR_DOES_NOT_EXIST',
  'ERR_INVALID_DATA',
  'ERR_SIGNALING_PROTOCOL',
  'ERR_SIGNALING_URL',
])

/** Another member of the room. */
interface Other {
  /** Which life of it this one connects with; undefined: with none, it only knows of it. */
  readonly life?: number
  presence: PlayerPresence
}

export class WebSocketSession implements SignalingSession {
  readonly id: number
  readonly #parts: WebSocketSessionParts
  readonly #events = new SessionEvents()
  /** The other members. */
  readonly #others = new Map<number, Other>()
  readonly #wantingIceServers = new Set<() => void>()
  #link: ServerLink
  #stopPinging: CancelTimer
  /** Set while the link is being made again. */
  #stopReconnecting: (() => void) | undefined
  #iceServers: readonly RTCIceServer[]
  #room: RoomInfo
  #resume: Joined['resume']
  /** What this player says of itself now, as far as it said anything. */
  #presence: PresenceChange = {}
  #pingUnanswered = false
  /** Set while the server is asked whether it is there. */
  #cancelCheck: CancelTimer | undefined
  #badMessages = 0

  constructor(joined: Joined, link: ServerLink, parts: WebSocketSessionParts) {
    this.id = joined.id
    this.#parts = parts
    this.#iceServers = joined.iceServers.map(iceServer)
    this.#room = joined.room
    this.#resume = joined.resume
    this.#link = link
    this.#stopPinging = this.#startPinging()
    for (const { id, ...peer } of joined.peers) this.#addPeer(id, peer, peer.offer)
    for (const { id, presence } of joined.players ?? []) this.#addPlayer(id, presence)
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
      const cancel = this.#parts.clock.setTimeout(done, ICE_SERVERS_WAIT_MS)
      this.#wantingIceServers.add(done)
      // Without a link they come with the next one: a network that changes breaks the link and the connections together.
      if (this.#wantingIceServers.size === 1 && !this.#stopReconnecting) this.#link.send({ type: 'ice_servers' })
    })
    return this.#iceServers
  }

  listen(listener: (event: SignalingEvent) => void): void {
    this.#events.listen(listener)
  }

  get place(): string {
    return writePlace(this.#room.code, this.id, this.#resume.secret)
  }

  send(to: number, signal: Signal): void {
    // Without a link it is lost: whoever dials is told to begin anew when there is one again.
    if (!this.#events.ended && !this.#stopReconnecting) this.#link.send({ type: 'signal', to, signal })
  }

  check(): void {
    if (this.#events.ended || this.#stopReconnecting || this.#cancelCheck) return
    const link = this.#link
    this.#cancelCheck = this.#parts.clock.setTimeout(() => {
      this.#cancelCheck = undefined
      this.linkBroken(link, unanswered())
    }, CHECK_TIMEOUT_MS)
    link.send({ type: 'ping' })
  }

  seal(sealed: boolean): void {
    this.#ask({ type: 'seal', sealed })
  }

  request(request: MemberRequest): void {
    const message = checked(request)
    if (request.type === 'presence') {
      this.#presence = { ...this.#presence, ...request.presence }
      // Told when the link stands again.
      if (this.#stopReconnecting) return
    }
    this.#ask(message)
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
    this.#endCheck()
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

  /** A link is gone, for the reason given. Does nothing when the session is over or has another one. */
  linkBroken(link: ServerLink, error: NetError): void {
    if (this.#events.ended || this.#stopReconnecting || link !== this.#link) return
    const { clock, random, openLink } = this.#parts
    const { secret, graceMs } = this.#resume
    if (!openLink || graceMs <= 0) {
      this.end(error)
      return
    }
    this.#stopPinging()
    this.#endCheck()
    link.close()
    this.#stopReconnecting = reconnect({
      clock,
      random,
      limitMs: graceMs,
      attempt: (failed) => {
        const { code: room } = this.#room
        const entry: EntryMessage = { type: 'resume', version: PROTOCOL_VERSION, room, id: this.id, secret }
        return openLink(entry, { joined: (joined, newLink) => this.#resumed(joined, newLink), failed })
      },
      mayTryAgain: ({ code }) => !FINAL_REFUSALS.has(code),
      failed: (cause) => {
        const message = `The link to the signaling server could not be made again: ${cause.message}`
        this.end(new NetError('ERR_SIGNALING_UNREACHABLE', message, { cause }))
      },
    })
    this.#events.push({ type: 'interrupted', error })
  }

  /** It is over, for the reason given. */
  end(error: NetError): void {
    this.#events.close(error)
    this.#release()
  }

  #resumed(joined: Joined, link: ServerLink): WebSocketSession {
    this.#stopReconnecting = undefined
    this.#link = link
    this.#resume = joined.resume
    this.#iceServers = joined.iceServers.map(iceServer)
    this.#pingUnanswered = false
    this.#stopPinging = this.#startPinging()
    for (const done of [...this.#wantingIceServers]) done()
    this.#events.push({ type: 'restored' })
    if (JSON.stringify(joined.room) !== JSON.stringify(this.#room)) this.#changeRoom(joined.room)
    const { peers, players = [] } = joined
    const here = new Map<number, number | undefined>(players.map(({ id }) => [id, undefined]))
    for (const { id, life } of peers) here.set(id, life)
    for (const [id, { life }] of [...this.#others]) if (!here.has(id) || here.get(id) !== life) this.#remove(id)
    for (const { id, offer, ...peer } of peers) {
      if (!this.#others.has(id)) {
        this.#addPeer(id, peer, offer)
        continue
      }
      this.#events.push({ type: 'peerBack', id })
      this.#changePresence(id, peer.presence)
    }
    for (const { id, presence } of players) {
      if (this.#others.has(id)) this.#changePresence(id, presence)
      else this.#addPlayer(id, presence)
    }
    if (Object.keys(this.#presence).length > 0) this.#ask({ type: 'presence', presence: this.#presence })
    return this
  }

  #handle(message: ServerMessage): void {
    switch (message.type) {
      case 'peer_joined':
        this.#addPeer(message.id, message, false)
        return
      case 'player_joined':
        this.#addPlayer(message.id, message.presence)
        return
      case 'peer_left':
        if (this.#connects(message.id)) this.#remove(message.id, message.kicked)
        return
      case 'player_left':
        if (!this.#connects(message.id)) this.#remove(message.id)
        return
      case 'peer_back':
        if (this.#connects(message.id)) this.#events.push({ type: 'peerBack', id: message.id })
        return
      case 'presence':
        this.#changePresence(message.id, message.presence)
        return
      case 'signal':
        // From a peer that just left, or never was: nobody waits for it.
        if (!this.#connects(message.from)) return
        this.#events.push({ type: 'signal', from: message.from, signal: message.signal })
        return
      case 'room':
        this.#changeRoom(message.room)
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
      case 'rooms':
        this.receive({ kind: 'malformed', reason: 'it answers a question that was not asked' })
        return
      case 'pong':
        return
    }
  }

  #addPeer(id: number, { life, presence }: { life: number; presence: PlayerPresence }, offer: boolean): void {
    if (this.#add(id, { life, presence })) this.#events.push({ type: 'peerJoined', id, offer, presence })
  }

  #addPlayer(id: number, presence: PlayerPresence): void {
    if (this.#add(id, { presence })) this.#events.push({ type: 'playerJoined', id, presence })
  }

  #add(id: number, other: Other): boolean {
    if (id === this.id || this.#others.has(id) || this.#others.size >= MAX_PEERS_LIMIT) return false
    this.#others.set(id, other)
    return true
  }

  #connects(id: number): boolean {
    return this.#others.get(id)?.life !== undefined
  }

  #remove(id: number, kicked = false): void {
    const connected = this.#connects(id)
    if (!this.#others.delete(id)) return
    this.#events.push(connected ? { type: 'peerLeft', id, ...(kicked && { kicked }) } : { type: 'playerLeft', id })
  }

  #changePresence(id: number, presence: PlayerPresence): void {
    const other = this.#others.get(id)
    if (!other || JSON.stringify(other.presence) === JSON.stringify(presence)) return
    other.presence = presence
    this.#events.push({ type: 'presence', id, presence })
  }

  #changeRoom(room: RoomInfo): void {
    this.#room = room
    this.#events.push({ type: 'room', room })
  }

  #ask(message: ClientMessage): void {
    if (this.#events.ended) return
    if (!this.#stopReconnecting) {
      this.#link.send(message)
      return
    }
    const reason = 'The link to the signaling server is being made again. Ask again when it stands.'
    const error = new NetError('ERR_UNAVAILABLE', reason)
    // Not in the caller's stack: events never come from inside a call.
    void Promise.resolve().then(() => this.#events.push({ type: 'error', error }))
  }

  #startPinging(): CancelTimer {
    return every(this.#parts.clock, PING_PERIOD_MS, () => this.#ping())
  }

  #ping(): void {
    // Judged by the ping, not by the time since the last message: in a hidden tab this may run once a minute.
    if (this.#pingUnanswered) {
      this.linkBroken(this.#link, unanswered())
      return
    }
    this.#pingUnanswered = true
    this.#link.send({ type: 'ping' })
  }

  #endCheck(): void {
    this.#cancelCheck?.()
    this.#cancelCheck = undefined
  }

  #release(): void {
    this.#stopPinging()
    this.#endCheck()
    this.#stopReconnecting?.()
    for (const done of [...this.#wantingIceServers]) done()
    this.#link.close()
  }
}

function unanswered(): NetError {
  const message = 'The signaling server does not answer any more. Join again when the network is back.'
  return new NetError('ERR_SIGNALING_UNREACHABLE', message)
}

/** Without the keys that are undefined: browsers take `username: undefined` for one that is missing from a TURN URL. */
function iceServer({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls, ...(username === undefined ? {} : { username }), ...(credential === undefined ? {} : { credential }) }
}
