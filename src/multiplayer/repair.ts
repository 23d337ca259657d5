// Reaches peers again that fell silent or lost their connection. The side of the pair that offered restarts ICE where both
// platforms can, and otherwise, or when that does not help, dials a new connection, which takes the place of the old one
// without a loss (see RemotePeer.prepare). The other side says when it is the one that hears nothing.

import type { CancelTimer, Clock } from '../net/clock.ts'
import { ConnectionState, type IceServer } from '../net/drivers/driver.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import type { Signal } from '../net/signaling/messages.ts'
import type { SignalingSession } from '../net/signaling/transport.ts'
import { isLaterAttempt, nextAttempt } from './attempts.ts'
import {
  FRESH_ICE_SERVERS_MS,
  MAX_HELD_SIGNALS,
  REDIAL_AFTER_MS,
  REPAIR_PATIENCE_MS,
  RESTART_PATIENCE_MS,
} from './constants.ts'
import type { Demands } from './demands.ts'
import type { IceServersForDial } from './ice-servers.ts'
import type { WebRTCMultiplayerPeer } from './webrtc-multiplayer-peer.ts'

export interface RepairParts {
  readonly session: SignalingSession
  readonly peer: WebRTCMultiplayerPeer
  readonly iceServers: IceServersForDial
  readonly clock: Clock
  readonly demands: Demands
  /** A connection whose descriptions and candidates go to peer `id`. @throws {NetError} it cannot be made */
  connect(id: number, attempt: number, iceServers: readonly IceServer[]): WebRTCPeerConnection
}

/** A connection that may replace the one in use. */
interface Next {
  readonly attempt: number
  connection: WebRTCPeerConnection | undefined
  /** What came for it while the ICE servers are not known yet. */
  readonly held: Signal[]
}

interface Pair {
  readonly offers: boolean
  /** Of the connection in use. */
  attempt: number
  /** The last that was used by either side. */
  newest: number
  next: Next | undefined
  /** It is tried to reach the peer. */
  active: boolean
  /** The other side asked for it. */
  asked: boolean
  restarting: boolean
  cancel: CancelTimer
}

export class Repair {
  readonly #parts: RepairParts
  readonly #pairs = new Map<number, Pair>()
  /** The last attempt with peers that are gone: the next one must be later, should they come back. */
  readonly #lastAttempts = new Map<number, number>()

  constructor(parts: RepairParts) {
    this.#parts = parts
  }

  /** A connection to a peer stands, made by this attempt. */
  stands(id: number, offers: boolean, attempt: number): void {
    this.forget(id)
    this.#pairs.set(id, {
      ...{ offers, attempt, newest: attempt, next: undefined, active: false, asked: false, restarting: false },
      cancel: () => {},
    })
  }

  /** Whether a connection to this peer has stood: its signals are about repairing it. */
  knows(id: number): boolean {
    return this.#pairs.has(id)
  }

  forget(id: number): void {
    const pair = this.#pairs.get(id)
    if (!pair) return
    this.#pairs.delete(id)
    this.#lastAttempts.set(id, pair.newest)
    pair.cancel()
  }

  /** Signaling knows a peer no more, or anew. */
  drop(id: number): void {
    this.forget(id)
    this.#lastAttempts.delete(id)
  }

  /** With which attempt a peer that was given up is dialled. `heard`: what it said last, if no connection has stood. */
  nextAttempt(id: number, heard: number): number {
    return nextAttempt(this.#lastAttempts.get(id) ?? heard)
  }

  close(): void {
    for (const id of [...this.#pairs.keys()]) this.forget(id)
  }

  /** A peer is reconnecting, or signals from and to it pass again. */
  begin(id: number): void {
    const pair = this.#current(id)
    if (!pair) return
    pair.active = true
    pair.restarting = false
    this.#parts.session.check?.()
    const { connection } = this.#parts.peer.getPeer(id)
    const dead = !isUsable(connection)
    if (!pair.offers) this.#wait(pair, dead ? 0 : REDIAL_AFTER_MS, () => this.#ask(id, pair))
    else if (!dead && connection.restartsIce) this.#restart(id, pair, connection)
    else this.#wait(pair, dead || pair.asked ? 0 : REDIAL_AFTER_MS, () => this.#redial(id, pair))
  }

  /** A peer is there again, or gone. */
  settled(id: number): void {
    const pair = this.#current(id)
    if (!pair) return
    pair.cancel()
    pair.active = false
    pair.asked = false
    pair.restarting = false
    if (!this.#parts.peer.hasPeer(id)) this.forget(id)
  }

  /** A peer of which a connection has stood sent something through signaling. @throws {NetError} it cannot be used */
  take(id: number, signal: Signal): void {
    const pair = this.#current(id)
    if (!pair) return
    const attempt = signal.attempt ?? 0
    if (signal.kind === 'failed') {
      const isNews = attempt === pair.attempt || attempt === pair.newest
      // Each may cost a connection, as an offer does.
      if (pair.offers && isNews && this.#parts.demands.pay(id)) this.#asked(id, pair, attempt)
    } else if (signal.kind === 'description' && signal.type === 'offer') {
      if (!pair.offers) this.#offered(id, pair, attempt, signal.sdp)
    } else if (pair.next?.attempt === attempt) {
      if (pair.next.connection) deliver(pair.next.connection, signal)
      else if (pair.next.held.length < MAX_HELD_SIGNALS) pair.next.held.push(signal)
    } else if (attempt === pair.attempt) {
      const { connection } = this.#parts.peer.getPeer(id)
      if (isUsable(connection) && connection.restartsIce) deliver(connection, signal)
    }
  }

  /** The pair, with what has become of the connection that was dialled last. */
  #current(id: number): Pair | undefined {
    const pair = this.#pairs.get(id)
    if (!pair?.next || !this.#parts.peer.hasPeer(id)) return pair
    if (this.#parts.peer.getPeer(id).connection !== pair.next.connection) return pair
    pair.attempt = pair.next.attempt
    pair.next = undefined
    pair.asked = false
    return pair
  }

  #wait(pair: Pair, ms: number, then: () => void): void {
    pair.cancel()
    pair.cancel = this.#parts.clock.setTimeout(then, ms)
  }

  /** This side does not offer: it says that it hears nothing. */
  #ask(id: number, pair: Pair): void {
    if (!this.#goesOn(id, pair)) return
    this.#parts.session.send(id, { kind: 'failed', attempt: pair.attempt })
    this.#wait(pair, REPAIR_PATIENCE_MS, () => this.#ask(id, pair))
  }

  /** The other side hears nothing, or cannot restart ICE, or its new connection failed. */
  #asked(id: number, pair: Pair, attempt: number): void {
    pair.asked = true
    const { next } = pair
    // Said before it heard of the connection that is being made.
    if (next && next.attempt !== attempt) {
      if (next.connection) this.#parts.peer.wantReplacement(id)
    } else if (pair.restarting || (pair.active && next)) this.#redial(id, pair)
    else this.begin(id)
  }

  #restart(id: number, pair: Pair, connection: WebRTCPeerConnection): void {
    pair.restarting = true
    this.#wait(pair, RESTART_PATIENCE_MS, () => this.#redial(id, pair))
    this.#withServers(pair.newest + 1, (iceServers) => {
      if (!pair.restarting || !isUsable(connection) || !this.#goesOn(id, pair)) return
      if (connection.restartIce(iceServers)) connection.createOffer()
      else this.#redial(id, pair)
    })
  }

  #redial(id: number, pair: Pair): void {
    if (!this.#goesOn(id, pair)) return
    pair.restarting = false
    const next: Next = { attempt: nextAttempt(pair.newest), connection: undefined, held: [] }
    this.#wait(pair, REPAIR_PATIENCE_MS, () => this.#redial(id, pair))
    this.#connect(id, pair, next, (connection) => connection.createOffer())
  }

  #offered(id: number, pair: Pair, attempt: number, sdp: string): void {
    const { session, peer, demands } = this.#parts
    const restarts = attempt === pair.attempt
    if (!restarts && !isLaterAttempt(attempt, pair.newest)) return
    // To answer is to gather anew.
    if (!demands.pay(id)) return
    // What comes of it is waited for.
    if (pair.active) this.#wait(pair, REPAIR_PATIENCE_MS, () => this.#ask(id, pair))
    if (restarts) {
      const { connection } = peer.getPeer(id)
      if (isUsable(connection) && connection.restartsIce) connection.setRemoteDescription('offer', sdp)
      else session.send(id, { kind: 'failed', attempt })
      return
    }
    const next: Next = { attempt, connection: undefined, held: [] }
    this.#connect(id, pair, next, (connection) => connection.setRemoteDescription('offer', sdp))
  }

  #connect(id: number, pair: Pair, next: Next, start: (connection: WebRTCPeerConnection) => void): void {
    const { peer, connect } = this.#parts
    pair.newest = next.attempt
    pair.next = next
    this.#withServers(next.attempt, (iceServers) => {
      if (pair.next !== next || this.#pairs.get(id) !== pair || !peer.hasPeer(id)) return
      try {
        const connection = connect(id, next.attempt, iceServers)
        next.connection = connection
        peer.replaceConnection(connection, id, pair.offers)
        if (pair.asked) peer.wantReplacement(id)
        start(connection)
        for (const signal of next.held.splice(0)) deliver(connection, signal)
      } catch {
        // The next attempt may do better; until the grace is over there is one.
        next.connection?.close()
        if (pair.next === next) pair.next = undefined
      }
    })
  }

  /** Fresh ones, where they come soon. */
  #withServers(attempt: number, then: (iceServers: readonly IceServer[]) => void): void {
    const { iceServers, clock, session } = this.#parts
    const asked = iceServers(Math.max(1, attempt))
    if (!(asked instanceof Promise)) {
      then(asked)
      return
    }
    let done = false
    const use = (known: readonly IceServer[]) => {
      if (done) return
      done = true
      cancel()
      then(known)
    }
    const cancel = clock.setTimeout(() => use(session.iceServers), FRESH_ICE_SERVERS_MS)
    asked.then(use, () => use(session.iceServers))
  }

  /** Whether the peer is still to be reached. */
  #goesOn(id: number, pair: Pair): boolean {
    if (this.#pairs.get(id) !== pair) return false
    this.#current(id)
    const { peer } = this.#parts
    pair.active = peer.hasPeer(id) && (pair.asked || peer.getPeer(id).reconnecting)
    if (!pair.active) pair.cancel()
    return pair.active
  }
}

/** It may come to life again. */
function isUsable({ connectionState }: WebRTCPeerConnection): boolean {
  return (
    connectionState === ConnectionState.Connected ||
    connectionState === ConnectionState.Disconnected ||
    connectionState === ConnectionState.Connecting
  )
}

function deliver(connection: WebRTCPeerConnection, signal: Signal): void {
  if (connection.connectionState === ConnectionState.Closed) return
  if (signal.kind === 'candidate') connection.addIceCandidate(signal.media, signal.index, signal.name)
  else if (signal.kind === 'description') connection.setRemoteDescription(signal.type, signal.sdp)
}
