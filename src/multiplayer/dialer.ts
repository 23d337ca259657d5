// Makes the connections of a room meet: for every peer that signaling announces, one connection, whose descriptions and
// candidates it carries across. A connection that fails before it stood is dialled again by the side that offers; one that
// has stood is the affair of repair.ts.

import type { CancelTimer, Clock } from '../net/clock.ts'
import { type ConnectionConfiguration, ConnectionState, type IceServer } from '../net/drivers/driver.ts'
import { NetError, toNetError } from '../net/errors.ts'
import { WebRTCPeerConnection } from '../net/peer-connection.ts'
import type { Signal } from '../net/signaling/messages.ts'
import type { SignalingSession } from '../net/signaling/transport.ts'
import { attemptsAfter, isLaterAttempt, nextAttempt } from './attempts.ts'
import { connectionFailure } from './connection-failure.ts'
import { CONNECT_TIMEOUT_MS, LINGER_MS, LOST_GOODBYE_MS, MAX_HELD_SIGNALS, MAX_REDIALS } from './constants.ts'
import { Demands } from './demands.ts'
import type { IceServersForDial } from './ice-servers.ts'
import { Repair } from './repair.ts'
import type { WebRTCMultiplayerPeer } from './webrtc-multiplayer-peer.ts'

interface Dial {
  readonly offer: boolean
  /** With which number it began, and where it is. */
  readonly firstAttempt: number
  attempt: number
  connection: WebRTCPeerConnection | undefined
  /** Why the attempt before this one failed. */
  lastFailure: NetError | undefined
  cancelTimeout: CancelTimer
  /** What the other side sent while the ICE servers for the connection are not known yet. */
  held: Signal[]
  /** Signaling says that it is gone. */
  hasLeft: boolean
}

export interface DialerEvents {
  /** A peer was given up. */
  failed(id: number, error: NetError): void
  /** A peer sent something through signaling that cannot be used. */
  error(error: NetError): void
}

export class Dialer {
  readonly #session: SignalingSession
  readonly #peer: WebRTCMultiplayerPeer
  readonly #configuration: ConnectionConfiguration
  readonly #iceServers: IceServersForDial
  readonly #clock: Clock
  readonly #events: DialerEvents
  /** Peers that are being connected to. */
  readonly #dials = new Map<number, Dial>()
  /** Peers that were disconnected on purpose: they cannot come back by dialling again. */
  readonly #refused = new Set<number>()
  /** Peers in whose name others may speak: they are reached over none. */
  readonly #onlyDirect = new Set<number>()
  /** Of every peer that signaling knows: whether this side offers. */
  readonly #offers = new Map<number, boolean>()
  /** Peers that are connected, and when signaling said that they are gone. */
  readonly #departures = new Map<number, number>()
  /** Which attempt made a connection. */
  readonly #attempts = new WeakMap<WebRTCPeerConnection, number>()
  readonly #demands: Demands
  readonly #repair: Repair
  #closed = false

  constructor(
    session: SignalingSession,
    peer: WebRTCMultiplayerPeer,
    configuration: ConnectionConfiguration,
    iceServers: IceServersForDial,
    clock: Clock,
    events: DialerEvents,
  ) {
    this.#session = session
    this.#peer = peer
    this.#configuration = configuration
    this.#iceServers = iceServers
    this.#clock = clock
    this.#events = events
    this.#demands = new Demands(clock)
    this.#repair = new Repair({
      ...{ session, peer, iceServers, clock, demands: this.#demands },
      connect: (id, attempt, servers) => this.#newConnection(id, servers, attempt),
    })
  }

  /** Signaling announced a peer, or the one that was there under this id came anew. */
  joined(id: number, offer: boolean): void {
    this.#departures.delete(id)
    this.#offers.set(id, offer)
    this.#onlyDirect.delete(id)
    this.#repair.drop(id)
    if (this.#dials.get(id)?.hasLeft) this.#drop(id)
    if (this.#peer.hasPeer(id) && !this.#dials.has(id)) this.#peer.removePeer(id, 'connection_lost')
    this.#dial(id, offer)
  }

  /**
   * Signals between this peer and another one may have been lost: what does not stand yet begins anew.
   * @param heard The attempt of which the other side spoke.
   */
  back(id: number, heard = 0): void {
    const offer = this.#offers.get(id)
    const dial = this.#dials.get(id)
    if (offer === undefined || this.#refused.has(id)) return
    if (this.#peer.hasPeer(id) && !dial) {
      if (this.#peer.getPeer(id).reconnecting && this.#demands.pay(id)) this.#repair.begin(id)
      return
    }
    // The side that answers keeps what it has until the next offer.
    if (!offer) return
    const attempt = dial ? nextAttempt(dial.attempt) : this.#repair.nextAttempt(id, heard)
    if (dial && attemptsAfter(attempt, dial.firstAttempt) > MAX_REDIALS) return
    // Each costs a connection, and whoever breaks its link to signaling again and again is `back` as often.
    if (!this.#demands.pay(id)) return
    this.#end(id)
    this.#peer.removePeer(id)
    this.#dial(id, true, attempt, dial?.firstAttempt ?? attempt)
  }

  /** A peer that is connected is not heard of, or lost its connection. */
  repair(id: number): void {
    if (this.#closed) return
    const departedAt = this.#departures.get(id)
    if (departedAt === undefined || this.#clock.now() > departedAt + LOST_GOODBYE_MS) this.#repair.begin(id)
    // Not within the event.
    else this.#clock.setTimeout(() => this.#removeDeparted(id), 0)
  }

  /** It is there again, or gone. */
  settled(id: number): void {
    this.#repair.settled(id)
    if (!this.#peer.hasPeer(id)) this.#departures.delete(id)
  }

  /** Nobody can be reached again without signaling, and whoever comes back comes anew. */
  #removeDeparted(id: number): void {
    if (this.#peer.hasPeer(id) && this.#peer.getPeer(id).reconnecting) this.#peer.removePeer(id, 'left')
  }

  #dial(id: number, offer: boolean, attempt = 0, firstAttempt = 0): void {
    if (this.#closed || this.#dials.has(id) || this.#peer.hasPeer(id)) return
    const cancelTimeout = this.#clock.setTimeout(() => this.#timedOut(id), CONNECT_TIMEOUT_MS)
    const dial: Dial = {
      ...{ offer, attempt, firstAttempt, connection: undefined, lastFailure: undefined, cancelTimeout },
      ...{ held: [], hasLeft: false },
    }
    this.#dials.set(id, dial)
    this.#start(id, dial)
  }

  /** Whether signaling knows a peer that was not disconnected on purpose. */
  knows(id: number): boolean {
    return this.#offers.has(id) && !this.#refused.has(id)
  }

  /** Whether such a peer may be reached over another one. */
  mayBeRelayed(id: number): boolean {
    return this.knows(id) && !this.#onlyDirect.has(id)
  }

  /** Whoever passed on for a peer was not let in under its name. Its own connection may still be. */
  refuseRelayed(id: number): void {
    this.#onlyDirect.add(id)
  }

  /**
   * Dials a peer that was given up anew, where this side offers: the other one takes any later offer.
   * @param alone The other side does not try by itself: where it offers, it is asked to.
   */
  again(id: number, alone = false): void {
    if (!this.knows(id) || this.#closed) return
    if (this.#offers.get(id)) this.#dial(id, true, 1)
    else if (alone && !this.#dials.has(id) && !this.#peer.hasPeer(id)) this.#session.send(id, { kind: 'failed' })
  }

  /** This side disconnects a peer on purpose. */
  refuse(id: number): void {
    this.#refused.add(id)
    this.#repair.forget(id)
    this.#end(id)
  }

  /** Signaling says that a peer is gone. One that is connected says goodbye itself, or falls silent. */
  left(id: number): void {
    this.#refused.delete(id)
    this.#onlyDirect.delete(id)
    this.#offers.delete(id)
    this.#demands.forget(id)
    this.#repair.drop(id)
    this.#removeDeparted(id)
    if (this.#peer.hasPeer(id)) this.#departures.set(id, this.#clock.now())
    const dial = this.#dials.get(id)
    if (!dial) return
    if (dial.connection?.connectionState !== ConnectionState.Connected) {
      this.#drop(id)
      return
    }
    // It may have been connected with this side already, and what it sent before it left is under way.
    dial.hasLeft = true
    dial.cancelTimeout()
    dial.cancelTimeout = this.#clock.setTimeout(() => this.#drop(id), LINGER_MS)
  }

  /** The connection to a peer stands. */
  connected(id: number): void {
    const offer = this.#offers.get(id)
    // It may be one that repair made for a peer that began anew meanwhile: then there is no dial.
    const attempt = this.#attempts.get(this.#peer.getPeer(id).connection)
    if (offer !== undefined && attempt !== undefined) this.#repair.stands(id, offer, attempt)
    this.#end(id)
  }

  /** A connection failed before it stood. Returns whether it is tried again. */
  retry(id: number, error: NetError): boolean {
    const dial = this.#dials.get(id)
    if (!dial) return false
    if (dial.hasLeft) {
      this.#end(id)
      return true
    }
    dial.connection = undefined
    dial.lastFailure = error
    // What does not fit will not fit the next time. Anything else only this side may have seen.
    if (!dial.offer && error.code !== 'ERR_INVALID_DATA')
      this.#session.send(id, { kind: 'failed', attempt: dial.attempt })
    if (error.code === 'ERR_INVALID_DATA' || attemptsAfter(dial.attempt, dial.firstAttempt) >= MAX_REDIALS) {
      this.#end(id)
      return false
    }
    // The side that answers waits for the next offer, until the time is up.
    if (dial.offer) {
      dial.attempt = nextAttempt(dial.attempt)
      this.#start(id, dial)
    }
    return true
  }

  /** A peer sent something through signaling. */
  signal(from: number, signal: Signal): void {
    try {
      this.#take(from, signal)
    } catch (error) {
      this.#events.error(toNetError(error, 'ERR_INVALID_DATA', `Peer ${from} sent a signal that cannot be used.`))
    }
  }

  /** Gives up everything that is not connected yet. */
  close(): void {
    this.#closed = true
    this.#repair.close()
    for (const id of [...this.#dials.keys()]) this.#end(id)
  }

  #take(from: number, signal: Signal): void {
    const attempt = signal.attempt ?? 0
    let dial = this.#dials.get(from)
    if (!dial && this.#repair.knows(from)) {
      this.#repair.take(from, signal)
      return
    }
    // No correct peer dials more often, and each dial costs a connection, an answer and its candidates.
    if (dial && attemptsAfter(attempt, dial.firstAttempt) > MAX_REDIALS) return
    const isNews = dial ? isLaterAttempt(attempt, dial.attempt) : attempt > 0
    if (signal.kind === 'description' && signal.type === 'offer' && isNews) {
      // The other side saw its connection fail. Ours may have failed too, look well still, or have stood and fallen.
      if (dial?.offer || this.#refused.has(from) || !this.#demands.pay(from)) return
      this.#end(from)
      this.#peer.removePeer(from, 'connection_lost')
      this.#dial(from, false, attempt, dial?.firstAttempt ?? attempt)
      dial = this.#dials.get(from)
    }
    // It waits for us still, although we have given it up.
    if (!dial && signal.kind === 'failed') this.back(from, attempt)
    if (!dial || attempt !== dial.attempt) return
    if (!dial.connection) {
      if (dial.held.length < MAX_HELD_SIGNALS) dial.held.push(signal)
      return
    }
    if (signal.kind === 'failed') this.#failedThere(from, dial)
    else if (signal.kind === 'candidate') dial.connection.addIceCandidate(signal.media, signal.index, signal.name)
    else dial.connection.setRemoteDescription(signal.type, signal.sdp)
  }

  /** The side that answers saw the connection fail. Ours may look well for a long time still. */
  #failedThere(id: number, { offer, connection }: Dial): void {
    if (!offer || !connection || !this.#demands.pay(id)) return
    const what = `Peer ${id} could not be connected to: it saw the connection fail`
    const error = connectionFailure('ERR_CONNECTION_ERROR', what, connection)
    this.#peer.removePeer(id)
    if (!this.retry(id, error)) this.#events.failed(id, error)
  }

  #start(id: number, dial: Dial): void {
    const { attempt } = dial
    dial.held = []
    const iceServers = this.#iceServers(attempt)
    if (!(iceServers instanceof Promise)) {
      this.#connect(id, dial, iceServers)
      return
    }
    const current = () => this.#dials.get(id) === dial && dial.attempt === attempt && !dial.connection
    iceServers.then(
      (known) => {
        if (!current()) return
        this.#connect(id, dial, known)
        for (const signal of dial.held.splice(0)) this.signal(id, signal)
      },
      (error: unknown) => {
        if (!current()) return
        this.#end(id)
        this.#fail(id, toNetError(error, 'ERR_UNAVAILABLE', `There are no ICE servers for peer ${id}: ${error}`))
      },
    )
  }

  #connect(id: number, dial: Dial, iceServers: readonly IceServer[]): void {
    let connection: WebRTCPeerConnection | undefined
    try {
      const { attempt } = dial
      connection = this.#newConnection(id, iceServers, attempt)
      dial.connection = connection
      this.#peer.addPeer(connection, id)
      if (dial.offer) connection.createOffer()
    } catch (error) {
      this.#end(id)
      this.#peer.removePeer(id)
      connection?.close()
      this.#fail(id, toNetError(error, 'ERR_CONNECTION_ERROR', `Peer ${id} could not be dialled.`))
    }
  }

  /** @throws {NetError} */
  #newConnection(id: number, iceServers: readonly IceServer[], attempt: number): WebRTCPeerConnection {
    const connection = new WebRTCPeerConnection()
    connection.initialize({ ...this.#configuration, iceServers })
    this.#attempts.set(connection, attempt)
    connection.on('sessionDescriptionCreated', (type, sdp) => {
      connection.setLocalDescription(type, sdp)
      this.#session.send(id, { kind: 'description', attempt, type, sdp })
    })
    connection.on('iceCandidateCreated', (media, index, name) => {
      this.#session.send(id, { kind: 'candidate', attempt, media, index, name })
    })
    return connection
  }

  /** Not at once: whoever is still joining the room cannot listen yet. */
  #fail(id: number, error: NetError): void {
    this.#clock.setTimeout(() => {
      if (!this.#closed) this.#events.failed(id, error)
    }, 0)
  }

  #timedOut(id: number): void {
    const dial = this.#dials.get(id)
    if (!dial) return
    const error = whyLate(id, dial)
    this.#end(id)
    this.#peer.removePeer(id)
    this.#events.failed(id, error)
  }

  #drop(id: number): void {
    this.#end(id)
    this.#peer.removePeer(id)
  }

  #end(id: number): void {
    this.#dials.get(id)?.cancelTimeout()
    this.#dials.delete(id)
  }
}

function whyLate(id: number, { connection, lastFailure }: Dial): NetError {
  const what = `Peer ${id} could not be reached within ${CONNECT_TIMEOUT_MS / 1000} s`
  if (connection && connection.connectionState !== ConnectionState.New) {
    return connectionFailure('ERR_TIMEOUT', what, connection)
  }
  if (lastFailure) {
    const message = `${what}: it sent no offer after the attempt that failed. ${lastFailure.message}`
    const { diagnosis } = lastFailure
    return new NetError('ERR_TIMEOUT', message, { cause: lastFailure, ...(diagnosis && { diagnosis }) })
  }
  const diagnosis = connection?.diagnose()
  const came = diagnosis && diagnosis.remote.length > 0 ? ', although its candidates came' : ''
  const message = `${what}: it sent no offer${came}. Signaling may have lost it, or the peer is gone.`
  return new NetError('ERR_TIMEOUT', message, diagnosis && { diagnosis })
}
