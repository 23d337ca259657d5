// One connection to a peer, with the channels of a link on it. A peer may have a second one for a while, when the first is
// in doubt.

import type { WebRTCDataChannel } from '../net/data-channel.ts'
import { ConnectionState } from '../net/drivers/driver.ts'
import { NetError } from '../net/errors.ts'
import { RELIABLE_HIGH_WATER, UNRELIABLE_HIGH_WATER } from '../net/link/constants.ts'
import type { WebRTCPeerConnection } from '../net/peer-connection.ts'
import { TransferMode } from './types.ts'

export interface WayEvents {
  opened(port: number): void
  packet(port: number, bytes: Uint8Array): void
  drained(port: number): void
  /** It failed, or was closed. */
  lost(): void
  error(error: NetError): void
}

export interface WayChannel {
  readonly channel: WebRTCDataChannel
  readonly mode: TransferMode
  readonly reliable: boolean
}

export class Way {
  readonly connection: WebRTCPeerConnection
  readonly channels: readonly WayChannel[]
  /** Who hears of it; nobody once it was given up. */
  events: WayEvents | undefined
  /** Ports whose channel is open on this side. */
  readonly open = new Set<number>()

  /** @throws {NetError} ERR_INVALID_PARAMETER: the connection has started already. */
  constructor(connection: WebRTCPeerConnection, userModes: readonly TransferMode[]) {
    if (connection.connectionState !== ConnectionState.New) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        'Add a connection before it starts: its channels must be there first.',
      )
    }
    this.connection = connection
    const modes = [TransferMode.Reliable, TransferMode.Unreliable, ...userModes]
    this.channels = modes.map((mode, port) => {
      const channel = connection.createDataChannel(['reliable', 'unreliable'][port] ?? String(port + 1), {
        negotiated: true,
        id: port + 1,
        // Ordered with no retransmission still waits for what is lost; order comes from sequence numbers instead.
        ...(mode === TransferMode.Reliable ? { ordered: true } : { ordered: false, maxRetransmits: 0 }),
      })
      return { channel, mode, reliable: mode === TransferMode.Reliable }
    })
    for (const [port, { channel, reliable }] of this.channels.entries()) this.#listen(port, channel, reliable)
    connection.on('error', (error) => this.events?.error(error))
    connection.on('connectionStateChanged', (state) => {
      if (state === ConnectionState.Failed || state === ConnectionState.Closed) this.events?.lost()
    })
  }

  /** All of its channels are open on this side. */
  get isOpen(): boolean {
    return this.open.size === this.channels.length
  }

  close(): void {
    this.events = undefined
    this.connection.close()
  }

  #listen(port: number, channel: WebRTCDataChannel, reliable: boolean): void {
    channel.drainThreshold = (reliable ? RELIABLE_HIGH_WATER : UNRELIABLE_HIGH_WATER) / 2
    channel.on('open', () => {
      this.open.add(port)
      this.events?.opened(port)
    })
    channel.on('packet', (packet) => this.events?.packet(port, packet))
    channel.on('drained', () => this.events?.drained(port))
    channel.on('closed', () => this.events?.lost())
  }
}
