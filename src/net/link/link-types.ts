// What a link tells its user, and what it is made with.

import type { Clock } from '../clock.ts'
import type { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { TrafficStats } from '../statistics.ts'
import type { LinkChannel } from './channel.ts'
import type { UnfinishedBudget } from './joiner.ts'
import type { LaneTable } from './lane-table.ts'
import type { PacketKind } from './wire.ts'

export type LinkEnd =
  | 'left'
  | 'disconnected_by_remote'
  | 'timeout'
  | 'connection_lost'
  | 'protocol_error'
  | 'buffer_overflow'

export interface LinkEvents {
  /** Both sides have every channel open. Comes before the first packet. */
  connected(): void
  /** Nothing is heard of the remote any more, or the channels are gone. `reconnected` or `ended` follows. */
  reconnecting?(): void
  /** It is heard of again; nothing reliable was lost. */
  reconnected?(): void
  /** The link goes on over the channels that it was given by `move`. */
  moved?(): void
  /** A packet that arrived on channel `port`. */
  packet(port: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void
  /** A lane that was full takes more. */
  drained?(lane: number): void
  /** A large reliable packet is on its way. */
  progress?(direction: 'in' | 'out', lane: number, bytes: number, totalBytes: number): void
  /**
   * Much of the stream waits: a connection of its own is worth it. Asked again and again. True: one is on its way, until
   * when the stream keeps to a trickle.
   */
  bulkWaits?(): boolean
  /** The bulk connection took no more. */
  bulkRefused?(): void
  /** The bulk connection carries nothing, although the remote is heard. */
  bulkStalled?(): void
  /** The remote says something about the bulk connection. */
  signal?(payload: Uint8Array): void
  /** The remote sent something that cannot be understood. */
  rejected(error: NetError): void
  /** Over, from the remote's side or by failure; once. After `goodbye` or `close` it does not come. */
  ended(reason: LinkEnd): void
}

export interface LinkStats extends TrafficStats {
  readonly roundTripTimeMs: number | undefined
  readonly roundTripVariationMs: number | undefined
  readonly lossIn: number
  readonly lossOut: number
  readonly queueMs: number
  readonly capacityBytesPerSecond: number | undefined
}

export interface PeerLinkOptions {
  /** The reliable channel, the unreliable one, then the user channels. */
  readonly channels: readonly { readonly channel: LinkChannel; readonly reliable: boolean }[]
  /** One number for each user channel; both sides must have the same. */
  readonly modes: readonly number[]
  readonly clock: Clock
  readonly events: LinkEvents
  readonly lanes?: LaneTable
  readonly budget?: UnfinishedBudget
  /** Silence after which the remote is reconnecting, in ms. Default 1,000. */
  readonly suspicionMs?: number | undefined
  /** How long it may be so until it is gone, in ms. Default 15,000. */
  readonly graceMs?: number | undefined
  /**
   * SCTP beneath may keep its acknowledgement of a single packet for longer than Node's waits for it (200 ms each), which then takes
   * it for lost and has a congestion window of one packet. Something sent sooner takes the acknowledgement along. Default: no.
   */
  readonly acknowledgesLate?: boolean | undefined
  /** Draws the session. Default: the system's. */
  readonly random?: Random | undefined
}
