// Peers that reach each other through memory, message by message: what RPCs do is looked at without a network beneath.

import { MultiplayerAPI } from '../../../src/multiplayer/api/multiplayer-api.ts'
import type { MultiplayerAPIOptions } from '../../../src/multiplayer/api/multiplayer-api-types.ts'
import { MultiplayerPeer } from '../../../src/multiplayer/multiplayer-peer.ts'
import type { RpcDefinitions } from '../../../src/multiplayer/rpc/types.ts'
import { ConnectionStatus, type SendOptions, TransferMode } from '../../../src/multiplayer/types.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import type { NetError } from '../../../src/net/errors.ts'

interface Parcel {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
  readonly mode: TransferMode
  readonly channel: number
}

export class HubPeer extends MultiplayerPeer {
  connectionStatus: ConnectionStatus = ConnectionStatus.Connected
  readonly uniqueId: number
  readonly availablePacketCount = 0
  /** What was held against whom. */
  readonly rejections: { readonly from: number; readonly error: NetError }[] = []
  readonly #hub: Hub
  readonly #polled: boolean
  #waiting: (() => void)[] = []

  constructor(hub: Hub, id: number, polled: boolean) {
    super()
    this.#hub = hub
    this.uniqueId = id
    this.#polled = polled
  }

  override get autoPoll(): boolean {
    return !this.#polled
  }

  override get connectedPeers(): readonly number[] {
    return this.#hub.others(this.uniqueId)
  }

  override sendService(
    bytes: Uint8Array,
    { to = 0, mode = TransferMode.Reliable, channel = 0 }: SendOptions = {},
  ): boolean {
    const targets = typeof to === 'object' ? to : to > 0 ? [to] : this.connectedPeers.filter((id) => id !== 0 - to)
    for (const id of targets) this.#hub.post({ from: this.uniqueId, to: id, bytes: bytes.slice(), mode, channel })
    return true
  }

  override reject(from: number, error: NetError): void {
    this.rejections.push({ from, error })
    this.emit('error', error)
  }

  deliver({ bytes, from, mode, channel }: Omit<Parcel, 'to'>): void {
    const tell = () => this.emit('service', bytes, from, mode, channel)
    if (this.#polled) this.#waiting.push(tell)
    else tell()
  }

  meet(id: number): void {
    this.emit('peerConnected', id)
  }
  part(id: number): void {
    this.emit('peerDisconnected', id, 'left')
  }

  send(): boolean {
    return true
  }
  sendBytes(): boolean {
    return true
  }
  poll(): void {
    for (const tell of this.#waiting.splice(0)) tell()
  }
  async close(): Promise<void> {
    this.connectionStatus = ConnectionStatus.Disconnected
  }
  disconnectPeer(): void {}
  protected peekPacket(): undefined {}
  protected takePacket(): undefined {}
}

export class Member {
  readonly peer: HubPeer
  readonly api: MultiplayerAPI
  readonly errors: NetError[] = []
  readonly mismatches: { readonly peer: number; readonly differences: readonly string[] }[] = []

  constructor(peer: HubPeer, options: MultiplayerAPIOptions) {
    this.peer = peer
    this.api = new MultiplayerAPI({ multiplayerPeer: peer, ...options })
    this.api.on('error', (error) => this.errors.push(error))
    this.api.on('rpcMismatch', (id, differences) => this.mismatches.push({ peer: id, differences }))
  }

  get id(): number {
    return this.peer.uniqueId
  }
  get codes(): string[] {
    return this.errors.map(({ code }) => code)
  }
}

export class Hub {
  readonly clock = new VirtualClock(1_000)
  /** The room's host. */
  host = 1
  /** The time in the room. */
  time: () => number | undefined = () => this.clock.now()
  /** Everything that was sent, in order. */
  readonly sent: Parcel[] = []
  #parcels: Parcel[] = []
  readonly #members = new Map<number, Member>()

  add(id: number, { polled = false } = {}): Member {
    const peer = new HubPeer(this, id, polled)
    const options = { clock: this.clock, host: () => this.host, time: () => this.time() }
    const member = new Member(peer, options)
    for (const other of this.#members.values()) {
      // A peer hears of those that were there when it was made through `connectedPeers`.
      other.peer.meet(id)
    }
    this.#members.set(id, member)
    return member
  }

  remove(id: number): void {
    this.#members.delete(id)
    this.#parcels = this.#parcels.filter((parcel) => parcel.to !== id && parcel.from !== id)
    for (const other of this.#members.values()) other.peer.part(id)
  }

  others(id: number): number[] {
    return [...this.#members.keys()].filter((other) => other !== id).sort((a, b) => a - b)
  }

  post(parcel: Parcel): void {
    this.#parcels.push(parcel)
    this.sent.push(parcel)
  }

  /** Forgets what is under way. */
  lose(): void {
    this.#parcels = []
  }

  /** Delivers everything, and what is sent in reply, also by those that answer later. */
  async flush(): Promise<void> {
    do {
      for (let parcel = this.#parcels.shift(); parcel; parcel = this.#parcels.shift()) {
        this.#members.get(parcel.to)?.peer.deliver(parcel)
      }
      for (let turn = 0; turn < 20; turn++) await undefined
    } while (this.#parcels.length > 0)
  }
}

/** Peers 1, 2 … with the same RPCs, which have agreed. */
export async function agreed<D extends RpcDefinitions>(count: number, define: (member: Member) => D) {
  const hub = new Hub()
  const members = Array.from({ length: count }, (_, i) => hub.add(i + 1))
  const rpcs = members.map((member) => member.api.rpcs(define(member)))
  await hub.flush()
  hub.sent.length = 0
  return { hub, members, rpcs }
}
