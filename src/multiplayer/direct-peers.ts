// The peers to which this side has a connection of its own, connected or not yet: who they are, and to whom goes what happens
// with them. Those that are reached over another peer: relay/relayed-peers.ts.

import type { Clock } from '../net/clock.ts'
import { NetError } from '../net/errors.ts'
import { UnfinishedBudget } from '../net/link/joiner.ts'
import { Kind, type PacketKind } from '../net/link/wire.ts'
import type { Random } from '../net/random.ts'
import type { Delivery } from './delivery.ts'
import type { LaneNames } from './lane-names.ts'
import type { Outgoing } from './outgoing.ts'
import type { Relay } from './relay/relay.ts'
import { RemotePeer } from './remote-peer.ts'
import type { Role } from './role.ts'
import { type DisconnectReason, TransferMode } from './types.ts'
import type { Way } from './way.ts'
import type { ConnectionHooks } from './webrtc-multiplayer-peer-types.ts'

export interface DirectPeersParts {
  readonly clock: Clock
  readonly random: Random
  readonly patience: { readonly suspicionMs: number; readonly graceMs: number }
  readonly lanes: LaneNames
  readonly bulkConnection: boolean
  readonly role: Role
  readonly hooks: ConnectionHooks
  readonly delivery: Delivery
  outgoing(): Outgoing
  relay(): Relay
  /** It was connected and is gone. */
  gone(id: number, reason: DisconnectReason): void
}

export class DirectPeers {
  readonly #parts: DirectPeersParts
  readonly #all = new Map<number, RemotePeer>()
  readonly #budget = new UnfinishedBudget()

  constructor(parts: DirectPeersParts) {
    this.#parts = parts
  }

  get all(): ReadonlyMap<number, RemotePeer> {
    return this.#all
  }

  /** @throws {NetError} ERR_DOES_NOT_EXIST */
  known(id: number): RemotePeer {
    const remote = this.#all.get(id)
    if (!remote) throw new NetError('ERR_DOES_NOT_EXIST', `There is no peer ${id}.`)
    return remote
  }

  add(id: number, way: Way): RemotePeer {
    const { clock, random, patience, lanes, bulkConnection, role, hooks, delivery } = this.#parts
    const { outgoing, relay } = this.#parts
    const settings = {
      localId: role.id,
      userModes: role.channelModes,
      lanes: lanes.table,
      budget: this.#budget,
      ...patience,
      repairs: hooks.reconnecting !== undefined,
      random,
      iceServers: () => hooks.iceServers?.(),
      offersBulk: bulkConnection ? role.id < id : undefined,
    }
    const remote = new RemotePeer(id, way, settings, clock, {
      connected: () => {
        hooks.connected?.(id)
        if (!relay().connected(remote)) delivery.tell({ type: 'connected', id })
        else if (delivery.isAdmitted(id)) relay().admit(remote)
      },
      packet: (channel, kind, ordered, payload) => this.#receive(remote, channel, kind, ordered, payload),
      drained: () => outgoing().checkDrained(),
      reconnecting: () => {
        delivery.tell({ type: 'reconnecting', id })
        hooks.reconnecting?.(id)
      },
      reconnected: () => {
        hooks.settled?.(id)
        delivery.tell({ type: 'reconnected', id })
      },
      replaced: (replacing, greeting) => {
        // Whoever is told of the new one was told before that the old one is gone.
        outgoing().afterSend(() => {
          if (role.kind !== 'none' && !this.#all.has(id)) this.add(id, replacing).greetedBy(greeting)
          else replacing.close()
        })
      },
      progress: (direction, lane, bytes, totalBytes) => {
        if (!delivery.wantsProgress) return
        const progress = { peer: id, direction, lane: lanes.nameOf(lane), bytes, totalBytes }
        delivery.tell({ type: 'progress', progress })
      },
      rejected: (error) => {
        if (this.#all.get(id) === remote) delivery.tell({ type: 'error', error })
      },
      ended: (reason) => this.#ended(remote, reason),
      failed: (error) => this.#failed(remote, error),
    })
    this.#all.set(id, remote)
    delivery.join(remote)
    return remote
  }

  /** Closing its connection, with or without a word, is up to the caller. */
  forget(remote: RemotePeer, reason: DisconnectReason): void {
    this.#all.delete(remote.id)
    this.#parts.hooks.settled?.(remote.id)
    this.#parts.relay().lost(remote, reason)
    this.#parts.delivery.leave(remote)
  }

  /** Forgets them all, without a word to anybody here. */
  clear(): RemotePeer[] {
    const remotes = [...this.#all.values()]
    this.#all.clear()
    return remotes
  }

  #receive(remote: RemotePeer, channel: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void {
    const { role, relay, delivery } = this.#parts
    const mode = role.modeOf(channel, ordered)
    const { handovers } = relay()
    if (kind === Kind.Relay) relay().receive(remote, channel + 1, mode, payload)
    else if (mode !== TransferMode.Reliable || !handovers.holds(remote)) {
      delivery.receive(remote, channel, mode, kind, payload)
    } else {
      // Until what it sent by way of a third is here.
      handovers.hold(remote, payload.length, () => delivery.receive(remote, channel, mode, kind, payload))
    }
  }

  #ended(remote: RemotePeer, reason: DisconnectReason): void {
    if (this.#all.get(remote.id) !== remote) return
    this.forget(remote, reason)
    this.#parts.outgoing().checkDrained()
    this.#parts.gone(remote.id, reason)
  }

  #failed(remote: RemotePeer, error: NetError): void {
    if (this.#all.get(remote.id) !== remote) return
    this.forget(remote, 'connection_lost')
    if (this.#parts.hooks.failed?.(remote.id, error)) return
    this.#parts.delivery.tell({ type: 'failed', id: remote.id, error })
  }
}
