// A peer that is reached through another one. It has no connection here: what it sends comes over that of the peer between.

import type { NetError } from '../../net/errors.ts'
import { MAX_BAD_MESSAGES } from '../../net/link/constants.ts'
import type { PacketSource } from '../inbox.ts'
import type { RemotePeer } from '../remote-peer.ts'
import type { DisconnectReason, PeerStats } from '../types.ts'
import type { Seal } from './seal.ts'

/** What seals the packets from and to a peer, and what both sides' public keys for that are called. */
export interface PeerSeal {
  readonly seal: Seal
  readonly localName: string
  readonly remoteName: string
}

export interface RelayedPeerEvents {
  rejected(error: NetError): void
  /** This side wants no more of it. */
  unwanted(peer: RelayedPeer, reason: DisconnectReason): void
}

export class RelayedPeer implements PacketSource {
  readonly id: number
  /** Who passes on. */
  readonly via: RemotePeer
  readonly waiting = { packets: 0, bytes: 0 }
  readonly traffic = { bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0, rejected: 0 }
  /** There is to be a seal, and is none yet: nobody knows of the peer. */
  isMeeting = false
  seal: PeerSeal | undefined
  /** Whoever passes on changed what is sealed, or withheld the keys: of one that is no key the peer may be to blame. */
  isSpoiled = false
  /** Much waits for it: reliable packets should be held back. */
  held = false
  /** Reliable packets of it that have come. */
  received = 0
  /** Reliable packets that were sent to it. */
  sent = 0
  /** There is a connection with it now: this way ends when everything that was sent over it is there. */
  superseded = false
  /** It is gone, once so many reliable packets of it have come. */
  ending: { readonly count: number; readonly reason: DisconnectReason } | undefined
  readonly #events: RelayedPeerEvents

  constructor(id: number, via: RemotePeer, events: RelayedPeerEvents) {
    this.id = id
    this.via = via
    this.#events = events
  }

  /** The error is its own, not that of the peer between, who does not look into packets. */
  reject(error: NetError): void {
    this.traffic.rejected += 1
    this.#events.rejected(error)
    if (this.traffic.rejected >= MAX_BAD_MESSAGES) this.#events.unwanted(this, 'protocol_error')
  }

  fail(reason: 'buffer_overflow'): void {
    this.#events.unwanted(this, reason)
  }

  /** What can be known of it from here: what it sends and is sent, and how the way to the peer between is. */
  get stats(): PeerStats {
    const { link } = this.via
    const { queueMs, capacityBytesPerSecond } = link.stats
    return {
      id: this.id,
      state: link.reconnecting ? 'reconnecting' : 'connected',
      via: this.via.id,
      ...this.traffic,
      bufferedBytes: 0,
      dropped: 0,
      history: [],
      route: undefined,
      roundTripTimeMs: undefined,
      roundTripVariationMs: undefined,
      lossIn: undefined,
      lossOut: undefined,
      queueMs,
      bulkRoute: 'shared',
      capacityBytesPerSecond,
      channels: [],
    }
  }
}
