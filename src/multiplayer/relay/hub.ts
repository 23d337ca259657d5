// Passes packets on between peers that this one is connected with: the host of a star between its clients. The sender's id is
// that of the connection over which a packet came, whatever it says. Sans-IO: it puts packets into links, and no more.

import {
  LANE_HIGH_WATER,
  LANE_LOW_WATER,
  MAX_RELIABLE_PACKET,
  MAX_UNRELIABLE_PACKET,
} from '../../net/link/constants.ts'
import { BULK_LANE, CONTROL_LANE, FIRST_USER_LANE, type LaneTable } from '../../net/link/lane-table.ts'
import { Kind } from '../../net/link/wire.ts'
import type { RemotePeer } from '../remote-peer.ts'
import type { DisconnectReason } from '../types.ts'
import { MAX_RELAYED_PAIRS, SEAL_OVERHEAD } from './constants.ts'
import { type Flow, FlowBudget, newFlow } from './flow.ts'
import { Command, checkLane, invalid, type ToOthers, writeCommand, writeFromOther, writeRemove } from './wire.ts'

/** A peer from and to which packets are passed on. */
interface Member {
  readonly remote: RemotePeer
  /** To whom it may send, by id. */
  readonly flows: Map<number, Flow>
  /** What waits for it. */
  readonly budget: FlowBudget
}

export interface HubParts {
  readonly lanes: LaneTable
  /** Something was put into its link. */
  touch(remote: RemotePeer): void
}

export class RelayHub {
  readonly #parts: HubParts
  readonly #members = new Map<number, Member>()

  constructor(parts: HubParts) {
    this.#parts = parts
  }

  /** Takes a peer in for whom packets may be passed on. */
  join(remote: RemotePeer): void {
    if (!this.#members.has(remote.id)) this.#member(remote)
  }

  /** Takes a peer in, and makes it known to all others here, and them to it. */
  introduce(remote: RemotePeer): void {
    if (this.#members.has(remote.id)) return
    const others = [...this.#members.values()]
    const member = this.#member(remote)
    for (const other of others) connect(member, other)
    if (others.length > 0) this.#say(member, writeCommand(Command.Add, ...others.map(({ remote: { id } }) => id)))
    for (const other of others) this.#say(other, writeCommand(Command.Add, remote.id))
  }

  /**
   * Passes a packet on. Returns whether it is meant for this peer, `self`, too.
   * @throws {NetError} ERR_INVALID_DATA
   */
  forward(
    from: RemotePeer,
    self: number,
    port: number,
    mode: 'reliable' | 'ordered' | 'unreliable',
    message: ToOthers,
  ) {
    const source = this.#members.get(from.id)
    if (source?.remote !== from) throw invalid(`Nothing is passed on for peer ${from.id} here.`)
    const { kind, lane, target, packet, sealed } = message
    checkLane(lane, mode === 'reliable' ? port : 1)
    // Larger ones come only from who does not keep to the format, and could not be passed on.
    const most = (mode === 'reliable' ? MAX_RELIABLE_PACKET : MAX_UNRELIABLE_PACKET) + (sealed ? SEAL_OVERHEAD : 0)
    if (packet.length > most) {
      throw invalid(`A packet of ${packet.length} bytes is to be passed on.`)
    }
    const payload = writeFromOther(kind, lane, from.id, packet, sealed)
    for (const [id, flow] of source.flows) {
      if (!isMeant(id, target)) continue
      const other = this.#members.get(id)!
      if (mode === 'reliable') this.#reliable(source, other, flow, port, lane, payload)
      else {
        const unreliable = { kind: Kind.Relay, payload, source: from.id }
        other.remote.link.sendUnreliable(port, unreliable, mode === 'ordered')
      }
      this.#parts.touch(other.remote)
    }
    return isMeant(self, target)
  }

  /** Whether packets can be passed on between two. */
  mayOpen(from: RemotePeer, id: number): boolean {
    const source = this.#members.get(from.id)
    if (source?.remote !== from || !this.#members.has(id) || id === from.id || source.flows.has(id)) return false
    let flows = 0
    for (const member of this.#members.values()) flows += member.flows.size
    return flows / 2 < MAX_RELAYED_PAIRS
  }

  /** Passes packets on between two from now on. Returns whether it does. */
  open(from: RemotePeer, id: number): boolean {
    if (!this.mayOpen(from, id)) return false
    const [one, other] = [this.#members.get(from.id)!, this.#members.get(id)!]
    connect(one, other)
    this.#say(one, writeCommand(Command.Add, id))
    this.#say(other, writeCommand(Command.Add, from.id))
    return true
  }

  /** Passes nothing on any more between two peers, as one of them wants. */
  part(from: RemotePeer, id: number): void {
    const source = this.#members.get(from.id)
    const other = this.#members.get(id)
    if (source?.remote !== from || !other) return
    this.#disconnect(source, other, 'disconnected_by_remote')
    this.#disconnect(other, source, 'kicked')
  }

  /** A peer is gone. */
  remove(remote: RemotePeer, reason: DisconnectReason): void {
    const member = this.#members.get(remote.id)
    if (member?.remote !== remote) return
    this.#members.delete(remote.id)
    for (const id of member.flows.keys()) {
      const other = this.#members.get(id)!
      this.#disconnect(member, other, reason)
      other.flows.delete(remote.id)
    }
  }

  clear(): void {
    this.#members.clear()
  }

  #member(remote: RemotePeer): Member {
    const member = { remote, flows: new Map<number, Flow>(), budget: new FlowBudget() }
    this.#members.set(remote.id, member)
    return member
  }

  /** `to` hears that `from` is gone, after what it sent. */
  #disconnect(from: Member, to: Member, reason: DisconnectReason): void {
    const flow = from.flows.get(to.remote.id)
    if (!flow) return
    from.flows.delete(to.remote.id)
    this.#say(to, writeRemove(from.remote.id, reason, flow.forwarded))
  }

  #reliable(source: Member, target: Member, flow: Flow, port: number, lane: number, payload: Uint8Array): void {
    const size = payload.length
    if (!target.budget.add(flow, size, this.#members.size)) {
      // Not here and now: the loop above goes over its flows.
      void Promise.resolve().then(() => source.remote.link.fail('buffer_overflow'))
      return
    }
    const gone = () => {
      target.budget.remove(flow, size)
      if (!flow.held || flow.bytes > LANE_LOW_WATER) return
      flow.held = false
      if (source.flows.get(target.remote.id) === flow)
        this.#say(source, writeCommand(Command.Release, target.remote.id))
    }
    target.remote.link.sendReliable(port, { kind: Kind.Relay, payload, gone }, this.#laneHere(lane))
    if (flow.held || flow.bytes <= LANE_HIGH_WATER) return
    flow.held = true
    this.#say(source, writeCommand(Command.Hold, target.remote.id))
  }

  /** A lane that only the other side has travels in bulk: each lane keeps its order there. */
  #laneHere(lane: number): number {
    return lane < FIRST_USER_LANE || this.#parts.lanes.has(lane) ? lane : BULK_LANE
  }

  #say({ remote }: Member, payload: Uint8Array): void {
    remote.link.sendReliable(0, { kind: Kind.Relay, payload }, CONTROL_LANE)
    this.#parts.touch(remote)
  }
}

function connect(one: Member, other: Member): void {
  one.flows.set(other.remote.id, newFlow())
  other.flows.set(one.remote.id, newFlow())
}

function isMeant(id: number, target: ToOthers['target']): boolean {
  if (typeof target !== 'number') return target.includes(id)
  return target > 0 ? id === target : id !== -target
}
