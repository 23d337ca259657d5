// From the way over a third to a connection of two peers' own, when there is one: nothing reliable is lost, doubled or
// reordered. Each says how many reliable packets it sent the other way; what comes over the connection waits until they are here.

import type { CancelTimer, Clock } from '../../net/clock.ts'
import type { RemotePeer } from '../remote-peer.ts'
import { HANDOVER_TIMEOUT_MS, MAX_FLOW_BYTES, MAX_FLOW_PACKETS } from './constants.ts'
import type { RelayedPeer } from './relayed-peer.ts'
import { Command, writeCommand } from './wire.ts'

interface Handover {
  /** The peer as it is reached over the third; `undefined`: this side has not heard of that yet. */
  peer: RelayedPeer | undefined
  /** How many reliable packets the other side sent that way. */
  expected: number | undefined
  /** Everything that was sent that way is here. */
  complete: boolean
  /** The same on the other side. */
  otherComplete: boolean
  held: (() => void)[]
  heldBytes: number
  cancel: CancelTimer
}

export interface HandoverParts {
  readonly clock: Clock
  say(remote: RemotePeer, payload: Uint8Array): void
  /** The way over the third is not needed any more. */
  over(peer: RelayedPeer): void
  /** Reliable packets were lost with the third. */
  broken(remote: RemotePeer): void
}

export class Handovers {
  readonly #parts: HandoverParts
  readonly #under = new Map<RemotePeer, Handover>()
  /** Those that were told how many packets went the other way. */
  readonly #told = new WeakSet<RemotePeer>()

  constructor(parts: HandoverParts) {
    this.#parts = parts
  }

  /** There is a connection with a peer that is reached over a third. */
  begin(remote: RemotePeer, peer: RelayedPeer): void {
    peer.superseded = true
    const handover = this.#under.get(remote) ?? this.#start(remote)
    handover.peer = peer
    this.#tell(remote, peer.sent)
    this.#tryComplete(remote, handover)
  }

  /** Whether the other side sent over a third, of which this side has not heard yet. */
  expects(remote: RemotePeer): boolean {
    const handover = this.#under.get(remote)
    return handover !== undefined && handover.peer === undefined
  }

  /** The other side sent so many reliable packets over the third. */
  heard(remote: RemotePeer, count: number): void {
    const handover = this.#under.get(remote)
    this.#tell(remote, 0)
    if (handover) {
      handover.expected ??= count
      this.#tryComplete(remote, handover)
    } else if (count === 0) this.#parts.say(remote, writeCommand(Command.Done))
    else this.#start(remote).expected = count
  }

  /** The other side has everything that this one sent over the third. */
  done(remote: RemotePeer): void {
    const handover = this.#under.get(remote)
    if (!handover) return
    handover.otherComplete = true
    this.#tryEnd(remote, handover)
  }

  /** A reliable packet came over the third. */
  progressed(peer: RelayedPeer): void {
    for (const [remote, handover] of this.#under) if (handover.peer === peer) this.#tryComplete(remote, handover)
  }

  /** Nothing more comes over the third. */
  ended(peer: RelayedPeer): void {
    for (const [remote, handover] of [...this.#under]) if (handover.peer === peer) this.#giveUp(remote, handover)
  }

  /** Whether packets that come over the connection wait. */
  holds(remote: RemotePeer): boolean {
    return this.#under.get(remote)?.complete === false
  }

  /** One of them. */
  hold(remote: RemotePeer, bytes: number, deliver: () => void): void {
    const handover = this.#under.get(remote)!
    handover.heldBytes += bytes
    if (handover.held.length >= MAX_FLOW_PACKETS || handover.heldBytes > MAX_FLOW_BYTES) {
      remote.link.fail('buffer_overflow')
    } else handover.held.push(deliver)
  }

  /** The connection is gone. */
  lost(remote: RemotePeer): void {
    const handover = this.#under.get(remote)
    if (!handover) return
    handover.cancel()
    this.#under.delete(remote)
    if (handover.peer) this.#parts.over(handover.peer)
  }

  close(): void {
    for (const { cancel } of this.#under.values()) cancel()
    this.#under.clear()
  }

  #start(remote: RemotePeer): Handover {
    const handover: Handover = {
      ...{ peer: undefined, expected: undefined, complete: false, otherComplete: false, held: [], heldBytes: 0 },
      cancel: this.#parts.clock.setTimeout(() => this.#giveUp(remote, handover), HANDOVER_TIMEOUT_MS),
    }
    this.#under.set(remote, handover)
    return handover
  }

  #tell(remote: RemotePeer, count: number): void {
    if (this.#told.has(remote)) return
    this.#told.add(remote)
    this.#parts.say(remote, writeCommand(Command.Switch, count))
  }

  #tryComplete(remote: RemotePeer, handover: Handover): void {
    const { expected, peer, complete } = handover
    if (complete || expected === undefined || (peer?.received ?? 0) < expected) return
    this.#complete(handover)
    this.#parts.say(remote, writeCommand(Command.Done))
    this.#tryEnd(remote, handover)
  }

  #complete(handover: Handover): void {
    handover.complete = true
    for (const deliver of handover.held.splice(0)) deliver()
  }

  #tryEnd(remote: RemotePeer, handover: Handover): void {
    if (!handover.complete || !handover.otherComplete) return
    handover.cancel()
    this.#under.delete(remote)
    if (handover.peer) this.#parts.over(handover.peer)
  }

  /** What has not come over the third by now does not come any more. */
  #giveUp(remote: RemotePeer, handover: Handover): void {
    handover.cancel()
    this.#under.delete(remote)
    if (handover.peer) this.#parts.over(handover.peer)
    if (handover.complete) return
    this.#parts.broken(remote)
    this.#complete(handover)
  }
}
