// One remote peer of a WebRTCMultiplayerPeer: its connection, the channels on it, and the link above them.

import type { Clock } from '../net/clock.ts'
import type { WebRTCDataChannel } from '../net/data-channel.ts'
import { ConnectionState } from '../net/drivers/driver.ts'
import { NetError } from '../net/errors.ts'
import { RELIABLE_HIGH_WATER, UNRELIABLE_HIGH_WATER } from '../net/link/constants.ts'
import type { UnfinishedBudget } from '../net/link/joiner.ts'
import type { LaneTable } from '../net/link/lane-table.ts'
import { type LinkEnd, type LinkEvents, PeerLink } from '../net/link/peer-link.ts'
import { Goodbye } from '../net/link/wire.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { BulkConnection } from './bulk-connection.ts'
import { connectionFailure } from './connection-failure.ts'
import { LINGER_MS, MAX_WAITING_BYTES, MAX_WAITING_PACKETS } from './constants.ts'
import { TransferMode } from './types.ts'

export interface RemotePeerSettings {
  readonly userModes: readonly TransferMode[]
  readonly lanes: LaneTable
  readonly budget: UnfinishedBudget
  /** This side offers the bulk connection; `undefined`: there is to be none. */
  readonly offersBulk: boolean | undefined
}

export interface RemotePeerEvents {
  connected(): void
  /** `channel`: -1 the default reliable one, 0 the default unreliable one, n the n-th user channel. */
  packet(channel: number, isValue: boolean, ordered: boolean, payload: Uint8Array): void
  drained(): void
  progress(direction: 'in' | 'out', lane: number, bytes: number, totalBytes: number): void
  rejected(error: NetError): void
  /** It was connected and is gone. */
  ended(reason: LinkEnd): void
  /** It never came to be connected. */
  failed(error: NetError): void
}

/** How many packets of one peer wait to be read. */
class Waiting {
  #packets = 0
  #bytes = 0

  /** False: there is no room for this one. */
  add(payload: Uint8Array): boolean {
    if (this.#packets >= MAX_WAITING_PACKETS || this.#bytes + payload.length > MAX_WAITING_BYTES) return false
    this.#packets += 1
    this.#bytes += payload.length
    return true
  }

  remove(payload: Uint8Array): void {
    this.#packets -= 1
    this.#bytes -= payload.length
  }
}

export class RemotePeer {
  readonly id: number
  readonly connection: WebRTCPeerConnection
  readonly link: PeerLink
  readonly waiting = new Waiting()
  /** Something was sent to it since the last flush. */
  isUnflushed = false
  readonly #clock: Clock
  readonly #events: RemotePeerEvents
  #wasConnected = false
  #lastError: NetError | undefined
  #bulk: BulkConnection | undefined

  /** @throws {NetError} ERR_INVALID_PARAMETER: the connection has started already. */
  constructor(
    id: number,
    connection: WebRTCPeerConnection,
    { userModes, lanes, budget, offersBulk }: RemotePeerSettings,
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
      return { channel, reliable: mode === TransferMode.Reliable }
    })
    const linkEvents: LinkEvents = {
      connected: () => {
        this.#wasConnected = true
        events.connected()
      },
      packet: (port, isValue, ordered, payload) => events.packet(port - 1, isValue, ordered, payload),
      drained: events.drained,
      progress: events.progress,
      bulkWaits: () => this.#bulk?.want() ?? false,
      signal: (payload) => this.#bulk?.signal(payload),
      rejected: (error) => {
        this.#lastError = error
        events.rejected(error)
      },
      ended: (reason) => this.#ended(reason),
    }
    this.link = new PeerLink({ channels, modes: userModes, lanes, budget, clock, events: linkEvents })
    if (offersBulk !== undefined) this.#bulk = this.#makeBulk(offersBulk)
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

  /** Says why, then closes. */
  async leave(reason: 'left' | 'kicked'): Promise<void> {
    await this.link.goodbye(reason === 'left' ? Goodbye.Left : Goodbye.Kicked)
    this.#closeConnections()
  }

  close(): void {
    this.link.close()
    this.#closeConnections()
  }

  /** How bulk travels: over a connection of its own, or over the one that it shares with everything else. */
  get bulkRoute(): 'own' | 'shared' {
    return this.#bulk?.state === 'open' ? 'own' : 'shared'
  }

  #closeConnections(): void {
    this.#bulk?.close()
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

  #ended(reason: LinkEnd): void {
    if (reason === 'left' || reason === 'disconnected_by_remote') {
      // The remote closes as soon as it has our answer; we wait for that, so that the answer gets out.
      this.#bulk?.close()
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
