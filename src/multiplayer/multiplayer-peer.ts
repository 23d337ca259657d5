// What every multiplayer peer has (Godot: MultiplayerPeer and PacketPeer): ids, targets, modes, sending and the polled
// style of reading. How packets travel is up to the subclass.

import { decode } from '../net/codec/codec.ts'
import { Emitter } from '../net/emitter.ts'
import { NetError } from '../net/errors.ts'
import { type Random, systemRandom } from '../net/random.ts'
import { MAX_PEER_ID } from './constants.ts'
import type { WaitingPacket } from './inbox.ts'
import type { LaneName } from './lane-names.ts'
import {
  type ConnectionStatus,
  type DisconnectReason,
  type PacketValue,
  type SendOptions,
  TARGET_PEER_BROADCAST,
  TransferMode,
  type TransferProgress,
} from './types.ts'

/** What a multiplayer peer tells. */
export type MultiplayerPeerEvents = {
  /** A peer can be sent to. Never after one of its packets. */
  peerConnected: (id: number) => void
  /**
   * Nothing is heard of a peer that is connected. It is tried to reach it again: what is sent reliably waits meanwhile, what
   * is not is dropped. `peerReconnected` or `peerDisconnected` follows.
   */
  peerReconnecting: (id: number) => void
  /** It is there again, and nothing reliable was lost. */
  peerReconnected: (id: number) => void
  /** A peer that was connected is gone. */
  peerDisconnected: (id: number, reason: DisconnectReason) => void
  /** A packet. With no listener packets wait for `getPacket` or `getVar`. */
  packet: (value: PacketValue, from: number, mode: TransferMode, channel: number) => void
  /** A message between the services above, such as RPC: for MultiplayerAPI. */
  service: (bytes: Uint8Array, from: number, mode: TransferMode, channel: number) => void
  /** A peer that was added could not be connected to. */
  connectionFailed: (id: number, error: NetError) => void
  /** A large reliable packet is on its way: every 64 KiB of it. */
  progress: (progress: TransferProgress) => void
  /** Something that is not fatal, such as a packet that could not be understood. */
  error: (error: NetError) => void
}

/** One end of many connections (Godot: MultiplayerPeer). Extend it to bring packets across in a way of your own. */
export abstract class MultiplayerPeer extends Emitter<MultiplayerPeerEvents> {
  /** An id at random, 2 to 2^31 - 1 (Godot: generate_unique_id). */
  static generateUniqueId(random: Random = systemRandom): number {
    for (;;) {
      const id = random() & MAX_PEER_ID
      if (id > 1) return id
    }
  }

  /** Where `putPacket` and `putVar` send: 0 everyone, n that peer, -n everyone but that peer. */
  targetPeer: number = TARGET_PEER_BROADCAST
  /** How `putPacket` and `putVar` send. */
  transferMode: TransferMode = TransferMode.Reliable
  /** On which channel `putPacket` and `putVar` send: 0, or the number of a user channel. */
  transferChannel = 0
  /** New peers are refused: `addPeer` throws ERR_UNAUTHORIZED. */
  refuseNewConnections = false

  abstract readonly connectionStatus: ConnectionStatus
  /** This peer's id; 0 while disconnected. */
  abstract readonly uniqueId: number

  /**
   * Packs a value and sends it.
   * @returns whether to go on: false when a target's buffer is filling.
   * @throws {NetError} ERR_UNCONFIGURED: not connected. ERR_INVALID_PARAMETER: no such target or channel, a mode that
   * contradicts the channel, or a value that cannot be packed. ERR_OUT_OF_MEMORY: too large.
   */
  abstract send(value: PacketValue, options?: SendOptions): boolean
  /** The same for bytes, which arrive as a Uint8Array. */
  abstract sendBytes(bytes: Uint8Array, options?: SendOptions): boolean
  /**
   * Sends a message between the services above, apart from the game's packets: it comes as `service`. For MultiplayerAPI; a
   * peer of your own that has no such messages cannot be used there.
   * @throws {NetError} As `sendBytes`. ERR_UNAVAILABLE: this peer carries none.
   */
  sendService(_bytes: Uint8Array, _options?: SendOptions): boolean {
    throw new NetError('ERR_UNAVAILABLE', 'This peer carries no service messages: it has to override sendService.')
  }
  /** What goes to and from others by way of a third is sealed. Then `fingerprints` are those of the keys for that. */
  readonly sealsRelayed: boolean = false
  /**
   * Of the certificates at both ends of the connection to a peer; `undefined`: there is none, or another peer passes on what it
   * says. For MultiplayerAPI.
   */
  fingerprints(
    _id: number,
  ): { readonly localFingerprints: readonly string[]; readonly remoteFingerprints: readonly string[] } | undefined {
    return undefined
  }
  /** Asked of each packet when it would be delivered; false: it is dropped. For MultiplayerAPI. */
  accepts: ((packet: WaitingPacket) => boolean) | undefined
  /** Asked of a service message by its first byte; true: it does not wait for `poll`. For MultiplayerAPI. */
  isUrgent: ((service: number) => boolean) | undefined
  /** Delivers a packet that `accepts` held back. For MultiplayerAPI. */
  redeliver(_packet: WaitingPacket): void {}
  /** A peer was let in: a server that relays makes it known to the others, and passes packets on. For MultiplayerAPI. */
  admit(_id: number): void {}
  /** Through whom a peer is reached; `undefined`: there is a connection to it. */
  viaOf(_id: number): number | undefined {
    return undefined
  }
  /** Counts something bad that a peer sent; after a few the connection to it ends. For MultiplayerAPI. */
  reject(_id: number, error: NetError): void {
    this.emit('error', error)
  }
  /** Sends now what otherwise goes at the end of the task. */
  flush(): void {}
  /**
   * Resolves when a lane takes more, after `send` returned false: for everyone, or for the peers that `to` means, as in
   * `send`. Default lane: `gameplay`. Peers that are gone are not waited for.
   * @throws {NetError} ERR_INVALID_PARAMETER: no such lane. ERR_UNCONFIGURED: not connected.
   */
  drained(_lane?: LaneName, _to?: number): Promise<void> {
    return Promise.resolve()
  }
  /** Sends what waits to go out, and delivers what waits, where it does not come by itself. */
  abstract poll(): void
  /** Tells everyone, closes everything; resolves when done. No events follow. */
  abstract close(): Promise<void>
  /** Ends the connection to a peer, which is told. `force`: without a `peerDisconnected` here. */
  abstract disconnectPeer(id: number, force?: boolean): void

  /** The ids of the connected peers, ascending. */
  get connectedPeers(): readonly number[] {
    return []
  }
  /** Whether packets and events come by themselves, or wait for `poll`. */
  get autoPoll(): boolean {
    return true
  }
  /** Whether this is a client of a star, which has the server as its only peer. */
  get isClient(): boolean {
    return false
  }

  /** How many packets wait to be read. */
  abstract readonly availablePacketCount: number
  protected abstract peekPacket(): WaitingPacket | undefined
  protected abstract takePacket(): WaitingPacket | undefined

  /** Whether a server passes packets on between its clients (Godot: is_server_relay_supported). */
  isServerRelaySupported(): boolean {
    return false
  }

  get isServer(): boolean {
    return this.uniqueId === 1
  }

  /** Sends bytes by `targetPeer`, `transferMode` and `transferChannel`. An empty packet is a packet. */
  putPacket(bytes: Uint8Array): boolean {
    return this.sendBytes(bytes, this.#defaults())
  }

  /** Sends a value by `targetPeer`, `transferMode` and `transferChannel`. */
  putVar(value: PacketValue): boolean {
    return this.send(value, this.#defaults())
  }

  /** The next waiting packet; one that was sent as a value comes packed. @throws {NetError} ERR_UNAVAILABLE */
  getPacket(): Uint8Array {
    return this.#take().payload
  }

  /** The next waiting packet, unpacked. @throws {NetError} ERR_UNAVAILABLE, ERR_INVALID_DATA */
  getVar(): PacketValue {
    return decode(this.#take().payload)
  }

  /** Who sent the packet that `getPacket` returns next. @throws {NetError} ERR_UNAVAILABLE */
  get packetPeer(): number {
    return this.#next().from
  }
  /** How the packet that `getPacket` returns next was sent. @throws {NetError} ERR_UNAVAILABLE */
  get packetMode(): TransferMode {
    return this.#next().mode
  }
  /** The channel of the packet that `getPacket` returns next. @throws {NetError} ERR_UNAVAILABLE */
  get packetChannel(): number {
    return this.#next().channel
  }

  #defaults(): SendOptions {
    const { targetPeer, transferMode, transferChannel } = this
    // A user channel has a mode of its own.
    return transferChannel === 0
      ? { to: targetPeer, mode: transferMode, channel: 0 }
      : { to: targetPeer, channel: transferChannel }
  }

  #take(): WaitingPacket {
    return this.takePacket() ?? noPacket()
  }

  #next(): WaitingPacket {
    return this.peekPacket() ?? noPacket()
  }
}

function noPacket(): never {
  throw new NetError('ERR_UNAVAILABLE', 'No packet waits: look at availablePacketCount first.')
}
