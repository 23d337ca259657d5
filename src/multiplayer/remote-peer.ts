// One remote peer of a WebRTCMultiplayerPeer: its connection, the channels on it, and the link above them.

import type { Clock } from '../net/clock.ts'
import type { WebRTCDataChannel } from '../net/data-channel.ts'
import { ConnectionState } from '../net/drivers/driver.ts'
import { NetError } from '../net/errors.ts'
import { UNRELIABLE_HIGH_WATER } from '../net/link/constants.ts'
import { type LinkEnd, PeerLink } from '../net/link/peer-link.ts'
import { Goodbye } from '../net/link/wire.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { type RouteStats, routeStats } from '../net/statistics.ts'
import { connectionFailure } from './connection-failure.ts'
import { LINGER_MS, ROUTE_REFRESH_MS } from './constants.ts'
import { type PeerStats, TransferMode } from './types.ts'
import type { PacketOwner } from './waiting-budget.ts'

export interface RemotePeerEvents {
  connected(): void
  /** `channel`: -1 the default reliable one, 0 the default unreliable one, n the n-th user channel. */
  packet(channel: number, isValue: boolean, ordered: boolean, payload: Uint8Array): void
  rejected(error: NetError): void
  /** It was connected and is gone. */
  ended(reason: LinkEnd): void
  /** It never came to be connected. */
  failed(error: NetError): void
}

export class RemotePeer implements PacketOwner {
  readonly id: number
  readonly connection: WebRTCPeerConnection
  readonly link: PeerLink
  /** What of it waits to be read. */
  readonly waiting = { packets: 0, bytes: 0 }
  readonly #clock: Clock
  readonly #events: RemotePeerEvents
  readonly #channels: readonly { readonly channel: WebRTCDataChannel; readonly mode: TransferMode }[]
  #route: RouteStats | undefined
  #routeAskedAt = Number.NEGATIVE_INFINITY
  #wasConnected = false
  #lastError: NetError | undefined

  /** @throws {NetError} ERR_INVALID_PARAMETER: the connection has started already. */
  constructor(
    id: number,
    connection: WebRTCPeerConnection,
    userModes: readonly TransferMode[],
    clock: Clock,
    events: RemotePeerEvents,
    silenceTimeoutMs?: number,
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
    this.link = new PeerLink(
      channels,
      userModes,
      clock,
      {
        connected: () => {
          this.#wasConnected = true
          this.#askForRoute()
          events.connected()
        },
        packet: (port, isValue, ordered, payload) => events.packet(port - 1, isValue, ordered, payload),
        rejected: (error) => {
          this.#lastError = error
          events.rejected(error)
        },
        ended: (reason) => this.#ended(reason),
      },
      silenceTimeoutMs,
    )
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
    this.connection.close()
  }

  close(): void {
    this.link.close()
    this.connection.close()
  }

  #listen(port: number, channel: WebRTCDataChannel, reliable: boolean): void {
    if (!reliable) channel.drainThreshold = UNRELIABLE_HIGH_WATER / 2
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
      const cancel = this.#clock.setTimeout(() => this.connection.close(), LINGER_MS)
      this.connection.on('connectionStateChanged', () => {
        cancel()
        this.connection.close()
      })
    } else this.connection.close()
    if (this.#wasConnected) this.#events.ended(reason)
    else this.#events.failed(this.#whyFailed(reason))
  }

  #whyFailed(reason: LinkEnd): NetError {
    if (reason === 'protocol_error' && this.#lastError) return this.#lastError
    const what = `Peer ${this.id} could not be connected to`
    return connectionFailure('ERR_CONNECTION_ERROR', what, this.connection, this.#lastError)
  }
}
