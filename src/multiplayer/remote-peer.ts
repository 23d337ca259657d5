// One remote peer of a WebRTCMultiplayerPeer: its connection, the channels on it, and the link above them.

import type { Clock } from '../net/clock.ts'
import type { WebRTCDataChannel } from '../net/data-channel.ts'
import { ConnectionState } from '../net/drivers/driver.ts'
import { NetError } from '../net/errors.ts'
import { RELIABLE_HIGH_WATER, UNRELIABLE_HIGH_WATER } from '../net/link/constants.ts'
import type { UnfinishedBudget } from '../net/link/joiner.ts'
import type { LaneTable } from '../net/link/lane-table.ts'
import { type LinkEnd, type LinkEvents, PeerLink } from '../net/link/peer-link.ts'
import { Goodbye, type PacketKind } from '../net/link/wire.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { type RouteStats, routeStats } from '../net/statistics.ts'
import { BulkConnection } from './bulk-connection.ts'
import { connectionFailure } from './connection-failure.ts'
import { LINGER_MS, ROUTE_REFRESH_MS } from './constants.ts'
import type { PacketSource } from './inbox.ts'
import { type PeerStats, TransferMode } from './types.ts'

export interface RemotePeerSettings {
  readonly userModes: readonly TransferMode[]
  readonly lanes: LaneTable
  readonly budget: UnfinishedBudget
  /** This side offers the bulk connection; `undefined`: there is to be none. */
  readonly offersBulk: boolean | undefined
  readonly silenceTimeoutMs: number
}

export interface RemotePeerEvents {
  connected(): void
  /** `channel`: -1 the default reliable one, 0 the default unreliable one, n the n-th user channel. */
  packet(channel: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void
  drained(): void
  progress(direction: 'in' | 'out', lane: number, bytes: number, totalBytes: number): void
  rejected(error: NetError): void
  /** It was connected and is gone. */
  ended(reason: LinkEnd): void
  /** It never came to be connected. */
  failed(error: NetError): void
}

export class RemotePeer implements PacketSource {
  readonly id: number
  readonly connection: WebRTCPeerConnection
  readonly link: PeerLink
  /** What of it waits to be read. */
  readonly waiting = { packets: 0, bytes: 0 }
  /** Something was sent to it since the last flush. */
  isUnflushed = false
  readonly #clock: Clock
  readonly #events: RemotePeerEvents
  readonly #channels: readonly { readonly channel: WebRTCDataChannel; readonly mode: TransferMode }[]
  #route: RouteStats | undefined
  #routeAskedAt = Number.NEGATIVE_INFINITY
  #wasConnected = false
  #lastError: NetError | undefined
  readonly #bulk: BulkConnection

  /** @throws {NetError} ERR_INVALID_PARAMETER: the connection has started already. */
  constructor(
    id: number,
    connection: WebRTCPeerConnection,
    { userModes, lanes, budget, offersBulk, silenceTimeoutMs }: RemotePeerSettings,
    clock: Clock,
    events: RemotePeerEvents,
  ) {
    if (connection.connectionState !== ConnectionState.New) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        'Add a connection before it starts: its channels must be there first.',
      )
    }
    this.id = id
    this.connection = connection
    this.#clock = clock
    this.#events = events
    const modes = [TransferMode.Reliable, TransferMode.Unreliable, ...userModes]
    const channels = modes.map((mode, index) => {
      const channel = connection.createDataChannel(['reliable', 'unreliable'][index] ?? String(index + 1), {
        negotiated: true,
        id: index + 1,
        // Ordered with no retransmission still waits for what is lost; order comes from sequence numbers instead.
        ...(mode === TransferMode.Reliable ? { ordered: true } : { ordered: false, maxRetransmits: 0 }),
      })
      return { channel, mode, reliable: mode === TransferMode.Reliable }
    })
    this.#channels = channels
    const linkEvents: LinkEvents = {
      connected: () => {
        this.#wasConnected = true
        this.#askForRoute()
        events.connected()
      },
      packet: (port, kind, ordered, payload) => events.packet(port - 1, kind, ordered, payload),
      drained: events.drained,
      progress: events.progress,
      bulkWaits: () => this.#bulk.want(),
      bulkRefused: () => this.#bulk.fail(),
      signal: (payload) => this.#bulk.signal(payload),
      rejected: (error) => {
        this.#lastError = error
        events.rejected(error)
      },
      ended: (reason) => this.#ended(reason),
    }
    this.link = new PeerLink({ channels, modes: userModes, lanes, budget, clock, events: linkEvents, silenceTimeoutMs })
    this.#bulk = this.#makeBulk(offersBulk ?? false)
    if (offersBulk === undefined) this.#bulk.close()
    for (const [port, { channel, reliable }] of channels.entries()) this.#listen(port, channel, reliable)
    connection.on('error', (error) => {
      this.#lastError = error
    })
    connection.on('connectionStateChanged', (state) => {
      if (state === ConnectionState.Failed || state === ConnectionState.Closed) this.link.fail('connection_lost')
    })
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
      state: this.connected ? 'connected' : 'connecting',
      via: undefined,
      bulkRoute: this.bulkRoute,
      ...link.stats,
      history: connection.history,
      route: this.#route,
      channels: this.#channels.map(({ channel, mode }, port) => ({
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

  #closeConnections(): void {
    this.#bulk.close()
    this.connection.close()
  }

  #makeBulk(offers: boolean): BulkConnection {
    return new BulkConnection({
      configuration: this.connection.configuration,
      offers,
      clock: this.#clock,
      send: (payload) => this.link.sendSignal(payload),
      opened: (channel) => this.link.openBulk(channel),
      packet: (message) => this.link.receiveBulk(message),
      drained: () => this.link.flush(),
      closed: () => this.link.closeBulk(),
    })
  }

  #listen(port: number, channel: WebRTCDataChannel, reliable: boolean): void {
    channel.drainThreshold = (reliable ? RELIABLE_HIGH_WATER : UNRELIABLE_HIGH_WATER) / 2
    channel.on('open', () => this.link.opened(port))
    channel.on('packet', (packet) => this.link.receive(port, packet))
    channel.on('drained', () => this.link.drained(port))
    channel.on('closed', () => this.link.fail('connection_lost'))
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
      this.#bulk.close()
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
