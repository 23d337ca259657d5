// One remote peer of a WebRTCMultiplayerPeer: the link to it, and the connection that carries it, which may be replaced
// by another while the link lives.

import type { Clock } from '../net/clock.ts'
import type { IceServer } from '../net/drivers/driver.ts'
import { NetError } from '../net/errors.ts'
import type { UnfinishedBudget } from '../net/link/joiner.ts'
import type { LaneTable } from '../net/link/lane-table.ts'
import { type LinkEnd, type LinkEvents, PeerLink } from '../net/link/peer-link.ts'
import type { ConnectionEnds } from '../net/link/session.ts'
import { Goodbye, type PacketKind } from '../net/link/wire.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import type { Random } from '../net/random.ts'
import { type RouteStats, routeStats } from '../net/statistics.ts'
import { BulkConnection } from './bulk-connection.ts'
import { connectionFailure } from './connection-failure.ts'
import { LINGER_MS, ROUTE_REFRESH_MS } from './constants.ts'
import type { PacketSource } from './inbox.ts'
import { NextWay } from './next-way.ts'
import type { PeerStats, TransferMode } from './types.ts'
import type { Way } from './way.ts'

export interface RemotePeerSettings {
  /** This side's own id. */
  readonly localId: number
  readonly userModes: readonly TransferMode[]
  readonly lanes: LaneTable
  readonly budget: UnfinishedBudget
  /** This side offers the bulk connection; `undefined`: there is to be none. */
  readonly offersBulk: boolean | undefined
  readonly suspicionMs: number
  readonly graceMs: number
  /** Somebody makes connections anew: a lost one is waited for. */
  readonly repairs: boolean
  readonly random: Random
  /** For the bulk connection. `undefined`: those of the connection in use. */
  iceServers(): readonly IceServer[] | undefined
}

export interface RemotePeerEvents {
  connected(): void
  /** `channel`: -1 the default reliable one, 0 the default unreliable one, n the n-th user channel. */
  packet(channel: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void
  drained(): void
  progress(direction: 'in' | 'out', lane: number, bytes: number, totalBytes: number): void
  rejected(error: NetError): void
  /** Nothing is heard of it any more, or its connection is gone. */
  reconnecting(): void
  /** It is there again. */
  reconnected(): void
  /** On this way speaks somebody new, whose first message this is; `ended` follows. */
  replaced(way: Way, greeting: Uint8Array): void
  /** It was connected and is gone. */
  ended(reason: LinkEnd): void
  /** It never came to be connected. */
  failed(error: NetError): void
}

export class RemotePeer implements PacketSource {
  readonly id: number
  readonly link: PeerLink
  /** What of it waits to be read. */
  readonly waiting = { packets: 0, bytes: 0 }
  /** Something was sent to it since the last flush. */
  isUnflushed = false
  readonly #clock: Clock
  readonly #events: RemotePeerEvents
  readonly #repairs: boolean
  readonly #localId: number
  #way: Way
  /** The connection that made the session. */
  #first: ConnectionEnds | undefined
  /** Takes its place when it stands. */
  #next: NextWay | undefined
  /** The other side needs it. */
  #isNextWanted = false
  #route: RouteStats | undefined
  #routeAskedAt = Number.NEGATIVE_INFINITY
  #wasConnected = false
  #lastError: NetError | undefined
  readonly #bulk: BulkConnection

  constructor(
    id: number,
    way: Way,
    {
      localId,
      userModes,
      lanes,
      budget,
      offersBulk,
      suspicionMs,
      graceMs,
      repairs,
      random,
      iceServers,
    }: RemotePeerSettings,
    clock: Clock,
    events: RemotePeerEvents,
  ) {
    this.id = id
    this.#localId = localId
    this.#way = way
    this.#clock = clock
    this.#events = events
    this.#repairs = repairs
    const linkEvents: LinkEvents = {
      connected: () => {
        this.#wasConnected = true
        this.#first = this.#ends(this.#way)
        this.#askForRoute()
        events.connected()
      },
      packet: (port, kind, ordered, payload) => events.packet(port - 1, kind, ordered, payload),
      drained: events.drained,
      progress: events.progress,
      bulkWaits: () => this.#bulk.want(),
      bulkRefused: () => this.#bulk.lose(),
      bulkStalled: () => this.#bulk.giveUp(),
      signal: (payload) => this.#bulk.signal(payload),
      reconnecting: () => {
        events.reconnecting()
        this.#tryNext()
      },
      reconnected: events.reconnected,
      moved: () => this.#bulk.lose(),
      rejected: (error) => {
        this.#lastError = error
        events.rejected(error)
      },
      ended: (reason) => this.#ended(reason),
    }
    const { channels, connection } = way
    const { acknowledgesLate } = connection
    this.link = new PeerLink({
      ...{ channels, modes: userModes, lanes, budget, clock, events: linkEvents, suspicionMs, graceMs, random },
      acknowledgesLate,
    })
    this.#bulk = this.#makeBulk(offersBulk ?? false, iceServers)
    if (offersBulk === undefined) this.#bulk.close()
    this.#use(way)
  }

  get connection(): WebRTCPeerConnection {
    return this.#way.connection
  }

  get connected(): boolean {
    return this.link.connected
  }

  get stats(): PeerStats {
    this.#askForRoute()
    const { id, link, connection } = this
    const traffic = link.channelStats
    return {
      id,
      state: link.reconnecting ? 'reconnecting' : this.connected ? 'connected' : 'connecting',
      via: undefined,
      bulkRoute: this.bulkRoute,
      ...link.stats,
      history: connection.history,
      route: this.#route,
      channels: this.#way.channels.map(({ channel, mode }, port) => ({
        channel: Math.max(0, port - 1),
        mode,
        ...traffic[port]!,
        history: channel.stats.history,
      })),
    }
  }

  /** Says why, then closes. */
  async leave(reason: 'left' | 'kicked'): Promise<void> {
    await this.link.goodbye(reason === 'left' ? Goodbye.Left : Goodbye.Kicked)
    this.#closeConnections()
  }

  reject(error: NetError, port?: number): void {
    this.link.reject(error, port)
  }

  fail(reason: 'buffer_overflow'): void {
    this.link.fail(reason)
  }

  close(): void {
    this.link.close()
    this.#closeConnections()
  }

  /** How bulk travels: over a connection of its own, or over the one that it shares with everything else. */
  get bulkRoute(): 'own' | 'shared' {
    return this.#bulk.state === 'open' ? 'own' : 'shared'
  }

  /**
   * Has another connection beside its own, which takes its place when it is needed as soon as it stands and the other side has
   * shown there that it is the same. It replaces the one before it.
   * @param leads This side decides whether it is needed; the other one follows.
   */
  prepare(way: Way, leads: boolean): void {
    this.#next?.close()
    this.#isNextWanted = false
    const first = this.#first
    // Nobody was met yet who could be met again.
    if (!first) {
      way.close()
      return
    }
    const { session } = this.link
    const next = new NextWay(way, leads, {
      prove: () => session.prove(first, this.#ends(way)),
      isProvedBy: (message) => session.isProvedBy(message, first, this.#ends(way)),
      changed: () => {
        if (this.#next === next) this.#tryNext()
      },
      ended: (refused) => {
        if (this.#next === next) this.#next = undefined
        if (refused) this.#events.rejected(refusal(this.id))
      },
    })
    this.#next = next
  }

  /** The other side needs the connection that is prepared. */
  want(): void {
    if (this.#next) this.#isNextWanted = true
    this.#tryNext()
  }

  /** The first message of somebody new on a way that stands. */
  greetedBy(greeting: Uint8Array): void {
    for (const port of this.#way.open) this.link.opened(port)
    this.link.receive(0, greeting)
  }

  #tryNext(): void {
    const next = this.connected ? this.#next : undefined
    if (next?.stranger) {
      // Whoever has signaling can say that the peer began anew: it has to be gone, too.
      if (this.link.reconnecting) this.#replaceBy(next.way, next.stranger)
    } else if (next?.isReady) {
      if (!next.leads || this.link.reconnecting || this.#isNextWanted) this.#moveTo(next)
      else {
        // The old one came to life meanwhile.
        next.close()
        this.#next = undefined
      }
    }
  }

  #moveTo({ way, early }: NextWay): void {
    const old = this.#way
    this.#next = undefined
    old.events = undefined
    this.#clock.setTimeout(() => old.close(), LINGER_MS)
    this.#way = way
    this.#use(way)
    this.link.move(way.channels.map(({ channel }) => channel))
    for (const [port, bytes] of early) this.link.receive(port, bytes)
  }

  /** Its place takes somebody new, on `way`. */
  #replaceBy(way: Way, greeting: Uint8Array): void {
    this.#next = undefined
    way.events = undefined
    this.link.fail('connection_lost')
    this.#events.replaced(way, greeting)
  }

  #ends({ connection }: Way): ConnectionEnds {
    const { localFingerprints, remoteFingerprints } = connection
    return { localId: this.#localId, remoteId: this.id, localFingerprints, remoteFingerprints }
  }

  #use(way: Way): void {
    way.events = {
      opened: (port) => this.link.opened(port),
      packet: (port, bytes) => this.link.receive(port, bytes),
      drained: (port) => this.link.drained(port),
      lost: () => {
        if (this.#repairs) this.link.lost()
        else this.link.fail(this.link.suspicion ?? 'connection_lost')
      },
      error: (error) => {
        this.#lastError = error
      },
    }
  }

  #closeConnections(): void {
    this.#closeOthers()
    this.connection.close()
  }

  /** All but the connection in use. */
  #closeOthers(): void {
    this.#bulk.close()
    this.#next?.close()
    this.#next = undefined
  }

  #makeBulk(offers: boolean, iceServers: RemotePeerSettings['iceServers']): BulkConnection {
    return new BulkConnection({
      configuration: () => {
        const { configuration } = this.connection
        return { ...configuration, iceServers: iceServers() ?? configuration.iceServers ?? [] }
      },
      offers,
      clock: this.#clock,
      send: (payload) => this.link.sendSignal(payload),
      opened: (channel) => this.link.openBulk(channel),
      packet: (message) => this.link.receiveBulk(message),
      drained: () => this.link.flush(),
      closed: () => this.link.closeBulk(),
    })
  }

  /** The platform answers later: what is known so far is given meanwhile. */
  #askForRoute(): void {
    const now = this.#clock.now()
    if (!this.connected || now - this.#routeAskedAt < ROUTE_REFRESH_MS) return
    this.#routeAskedAt = now
    this.connection.selectedRoute().then(
      (route) => {
        this.#route = route && routeStats(route)
      },
      () => {},
    )
  }

  #ended(reason: LinkEnd): void {
    if (reason === 'left' || reason === 'disconnected_by_remote') {
      // The remote closes as soon as it has our answer; we wait for that, so that the answer gets out.
      this.#closeOthers()
      const cancel = this.#clock.setTimeout(() => this.connection.close(), LINGER_MS)
      this.connection.on('connectionStateChanged', () => {
        cancel()
        this.connection.close()
      })
    } else this.#closeConnections()
    if (this.#wasConnected) this.#events.ended(reason)
    else this.#events.failed(this.#whyFailed(reason))
  }

  #whyFailed(reason: LinkEnd): NetError {
    if (reason === 'protocol_error' && this.#lastError) return this.#lastError
    const what = `Peer ${this.id} could not be connected to`
    return connectionFailure('ERR_CONNECTION_ERROR', what, this.connection, this.#lastError)
  }
}

function refusal(id: number): NetError {
  const what = `Peer ${id} was dialled again, and whoever was there did not show that it is the one of the first connection`
  const message = `${what}: somebody stands in between (a signaling server can). The new connection was closed.`
  return new NetError('ERR_UNAUTHORIZED', message)
}
