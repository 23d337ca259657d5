// Where what the user sends goes: to which peers, over which channel and lane, and when it is flushed; and whether there is
// room for more.

import { NetError } from '../net/errors.ts'
import { BULK_FROM } from '../net/link/constants.ts'
import { BULK_LANE, GAMEPLAY_LANE } from '../net/link/lane-table.ts'
import type { OutgoingPacket } from '../net/link/lanes.ts'
import { checkId, checkMode, checkSize } from './checks.ts'
import type { LaneName, LaneNames } from './lane-names.ts'
import { RelayedPeer } from './relay/relayed-peer.ts'
import type { Parcel, RelayedPeers } from './relay/relayed-peers.ts'
import type { RemotePeer } from './remote-peer.ts'
import { type SendOptions, TARGET_PEER_BROADCAST, TransferMode } from './types.ts'

export interface OutgoingParts {
  readonly remotes: ReadonlyMap<number, RemotePeer>
  readonly lanes: LaneNames
  relayed(): RelayedPeers
  /** The mode of each user channel. */
  channelModes(): readonly TransferMode[]
  isClient(): boolean
  /** The user knows this peer, which may be gone. */
  isAnnounced(id: number): boolean
  /** It is known what became of a packet. */
  receipt(tell: () => void): void
}

/** How a packet goes to each of its targets. */
interface Manner {
  readonly port: number
  readonly mode: TransferMode
  readonly lane: number
  readonly key: SendOptions['key']
  readonly receipt: SendOptions['receipt']
}

/** Resolved: what is hung on it runs at the end of the task. */
const NOW = Promise.resolve()

export class Outgoing {
  readonly #parts: OutgoingParts
  /** Peers to which something was sent since the last flush. */
  readonly #unflushed: RemotePeer[] = []
  #flushIsDue = false
  readonly #flushNow = () => this.flush()
  readonly #drainWaiters = new Set<() => void>()
  /** A packet is being put into its links. */
  #sending = false

  constructor(parts: OutgoingParts) {
    this.#parts = parts
  }

  /**
   * A send may find out that the peer is gone. Told at once, it would make the next send to that peer a mistake, in the midst
   * of whatever the game is doing.
   */
  afterSend(action: () => void): void {
    if (this.#sending) void NOW.then(action)
    else action()
  }

  /** @returns whether to go on. @throws {NetError} ERR_INVALID_PARAMETER, ERR_OUT_OF_MEMORY */
  send(packet: OutgoingPacket, options: SendOptions): boolean {
    const { to = TARGET_PEER_BROADCAST } = options
    const { port, mode } = this.#route(options)
    const size = packet.payload.length
    checkSize(size, mode)
    const reliable = mode === TransferMode.Reliable
    const lane = this.#lane(options.lane, port, reliable, size)
    const { key, receipt } = options
    if (reliable && (key !== undefined || receipt !== undefined)) {
      throw new NetError('ERR_INVALID_PARAMETER', 'Only unreliable packets have a key or a receipt.')
    }
    // Now, where the mistake is, and not when the packet has arrived.
    if (receipt !== undefined && typeof receipt !== 'function') {
      throw new NetError('ERR_INVALID_PARAMETER', 'A receipt is a function that is told whether the packet arrived.')
    }
    const manner = { port, mode, lane, key, receipt }
    this.#sending = true
    try {
      if (typeof to === 'object' || this.#parts.relayed().size > 0) return this.#sendOver(packet, to, manner)
      return this.#sendDirect(packet, to, manner)
    } finally {
      this.#sending = false
    }
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER, ERR_OUT_OF_MEMORY: a packet of this size cannot be sent so. */
  checkSize(bytes: number, options: SendOptions): void {
    checkSize(bytes, this.#route(options).mode)
  }

  /** Something was put into its link, which goes out at the end of the task. */
  touch(remote: RemotePeer): void {
    if (!remote.isUnflushed) {
      remote.isUnflushed = true
      this.#unflushed.push(remote)
    }
    if (this.#flushIsDue) return
    this.#flushIsDue = true
    void NOW.then(this.#flushNow)
  }

  flush(): void {
    this.#flushIsDue = false
    const remotes = this.#unflushed
    // A listener may send meanwhile.
    for (let i = 0; i < remotes.length; i++) {
      const remote = remotes[i]!
      remote.isUnflushed = false
      remote.link.flush()
    }
    remotes.length = 0
  }

  /**
   * Resolves when a lane takes more for those that `to` means, or when there is nobody any more.
   * @throws {NetError} ERR_INVALID_PARAMETER: no such lane.
   */
  drained(lane: LaneName, to: number): Promise<void> {
    const number = this.#parts.lanes.numberOf(lane)
    if (this.#isDrained(number, to)) return Promise.resolve()
    return new Promise((resolve) => {
      const check = () => {
        if (!this.#isDrained(number, to)) return
        this.#drainWaiters.delete(check)
        resolve()
      }
      this.#drainWaiters.add(check)
    })
  }

  /** There may be room again, or fewer peers to wait for. */
  checkDrained(): void {
    for (const check of [...this.#drainWaiters]) check()
  }

  #isDrained(lane: number, to: number): boolean {
    const isMeant = (id: number) => (to > 0 ? id === to : id !== -to)
    const { remotes, relayed } = this.#parts
    for (const { id, link } of remotes.values()) if (isMeant(id) && link.connected && !link.ready(lane)) return false
    return relayed().all.every(({ id, via, held }) => !isMeant(id) || (!held && via.link.ready(lane)))
  }

  /** Nobody is reached over another one. Makes no lists: it runs for every packet. */
  #sendDirect(packet: OutgoingPacket, to: number, manner: Manner): boolean {
    checkTarget(to)
    const { remotes } = this.#parts
    if (to > 0) {
      const remote = remotes.get(to)
      if (remote?.connected) return this.#put(remote, packet, manner)
      // Gone, or a mistake.
      this.#targets(to)
      return true
    }
    let ready = true
    for (const remote of remotes.values()) {
      if (remote.connected && remote.id !== -to && !this.#put(remote, packet, manner)) ready = false
    }
    return ready
  }

  #sendOver(packet: OutgoingPacket, to: number | readonly number[], manner: Manner): boolean {
    const { mode, receipt } = manner
    const reliable = mode === TransferMode.Reliable
    const direct: RemotePeer[] = []
    const relayed: RelayedPeer[] = []
    for (const target of this.#targets(to)) {
      if (target instanceof RelayedPeer) relayed.push(target)
      else direct.push(target)
    }
    if (receipt && relayed.length > 0) {
      const what = `Peer ${relayed[0]!.id} is reached through peer ${relayed[0]!.via.id}: there are no receipts of what is passed on.`
      throw new NetError('ERR_INVALID_PARAMETER', what)
    }
    let ready = !(reliable && relayed.some(({ held }) => held))
    const parcels =
      relayed.length === 0
        ? direct.map((remote): Parcel => ({ remote, packet }))
        : this.#parts.relayed().parcels(packet, manner, direct, relayed, this.#parts.isClient())
    const { key } = manner
    for (const { remote, packet, only } of parcels) {
      const own = key === undefined || only === undefined ? manner : { ...manner, key: `${only} ${typeof key} ${key}` }
      if (!this.#put(remote, packet, own)) ready = false
    }
    return ready
  }

  /** Puts a packet into one peer's link. Returns whether more may follow. */
  #put(remote: RemotePeer, packet: OutgoingPacket, { port, mode, lane, key, receipt }: Manner): boolean {
    const { link } = remote
    this.touch(remote)
    if (mode === TransferMode.Reliable) {
      link.sendReliable(port, packet, lane)
      return link.ready(lane)
    }
    const tell = receipt && this.#teller(receipt, remote.id)
    link.sendUnreliable(port, packet, mode === TransferMode.UnreliableOrdered, key, tell)
    return link.unreliableReady(port)
  }

  #teller(receipt: NonNullable<SendOptions['receipt']>, id: number): (delivered: boolean) => void {
    return (delivered) => this.#parts.receipt(() => receipt(delivered, id))
  }

  #lane(name: LaneName | undefined, port: number, reliable: boolean, size: number): number {
    if (name === undefined) return reliable && port === 0 && size >= BULK_FROM ? BULK_LANE : GAMEPLAY_LANE
    if (reliable && port === 0) return this.#parts.lanes.numberOf(name)
    throw new NetError('ERR_INVALID_PARAMETER', 'Lanes are for reliable packets on channel 0.')
  }

  #route({ mode, channel = 0 }: SendOptions): { port: number; mode: TransferMode } {
    if (mode !== undefined) checkMode(mode)
    if (channel === 0) {
      const chosen = mode ?? TransferMode.Reliable
      return { port: chosen === TransferMode.Reliable ? 0 : 1, mode: chosen }
    }
    const modes = this.#parts.channelModes()
    const own = modes[channel - 1]
    if (own === undefined) {
      throw new NetError('ERR_INVALID_PARAMETER', `There is no channel ${channel}: ${modes.length} were set up.`)
    }
    if (mode !== undefined && mode !== own) {
      throw new NetError('ERR_INVALID_PARAMETER', `Channel ${channel} was set up with mode ${own}, not ${mode}.`)
    }
    return { port: channel + 1, mode: own }
  }

  #targets(to: number | readonly number[]): (RemotePeer | RelayedPeer)[] {
    if (typeof to === 'object') return to.flatMap((id) => this.#targets(checked(id)))
    checkTarget(to)
    const { remotes, relayed, isAnnounced } = this.#parts
    if (to > 0) {
      const target = remotes.get(to)
      if (target?.connected) return [target]
      const passedOn = relayed().get(to)
      if (passedOn) return [passedOn]
      // Gone, but the user has not been told yet: not a mistake.
      if (isAnnounced(to)) return []
      throw new NetError('ERR_INVALID_PARAMETER', `Peer ${to} is not connected.`)
    }
    const targets: (RemotePeer | RelayedPeer)[] = []
    for (const remote of remotes.values()) if (remote.connected && remote.id !== -to) targets.push(remote)
    for (const each of relayed().all) if (each.id !== -to) targets.push(each)
    return targets
  }
}

function checkTarget(to: number): void {
  if (!Number.isInteger(to)) throw new NetError('ERR_INVALID_PARAMETER', `A target is a whole number, not ${to}.`)
}

/** One of a list of targets. */
function checked(id: number): number {
  checkId(id)
  return id
}
