// Peers over real WebRTC on the loopback interface, and witnesses of what they are told.

import { joinRoom } from '../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions, Room } from '../../src/multiplayer/room-types.ts'
import type { DisconnectReason, PacketValue, TransferMode } from '../../src/multiplayer/types.ts'
import { WebRTCMultiplayerPeer } from '../../src/multiplayer/webrtc-multiplayer-peer.ts'
import { ConnectionState } from '../../src/net/drivers/driver.ts'
import type { NetError } from '../../src/net/errors.ts'
import { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'
import '../../src/node.ts'

/** Connections that never leave this machine. */
export const LOOPBACK = { bindAddress: '127.0.0.1' }

const toClose = new Set<() => unknown>()

/** Closes everything that a test opened with the functions below. For `afterEach`. */
export async function closeAll(): Promise<void> {
  const closing = [...toClose].map((close) => close())
  toClose.clear()
  await Promise.all(closing)
}

/** Has `close` called at the end of the test. */
export function atEnd(close: () => unknown): void {
  toClose.add(close)
}

/** Resolves when `test` holds, which is looked at again and again: for what no event tells. */
export async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 2))
}

export function newConnection(): WebRTCPeerConnection {
  const connection = new WebRTCPeerConnection()
  connection.initialize({ node: LOOPBACK })
  atEnd(() => connection.close())
  return connection
}

/**
 * Carries the descriptions and candidates of two connections across. The candidates of the first, which offers, wait for
 * the answer: on a busy machine the native library may connect while it is still storing the answer, and then does not
 * know the other side's certificate.
 */
export function crossWire(offerer: WebRTCPeerConnection, answerer: WebRTCPeerConnection): void {
  const usable = (connection: WebRTCPeerConnection) => connection.connectionState !== ConnectionState.Closed
  let answered = false
  const waiting: (() => void)[] = []
  const carry = (to: WebRTCPeerConnection, media: string, index: number, name: string) => {
    if (usable(to)) to.addIceCandidate(media, index, name)
  }
  offerer.on('sessionDescriptionCreated', (type, sdp) => {
    if (!usable(offerer)) return
    offerer.setLocalDescription(type, sdp)
    if (usable(answerer)) answerer.setRemoteDescription(type, sdp)
  })
  answerer.on('sessionDescriptionCreated', (type, sdp) => {
    if (!usable(answerer)) return
    answerer.setLocalDescription(type, sdp)
    if (usable(offerer)) offerer.setRemoteDescription(type, sdp)
    answered = true
    for (const deliver of waiting.splice(0)) deliver()
  })
  offerer.on('iceCandidateCreated', (...candidate) => {
    if (answered) carry(answerer, ...candidate)
    else waiting.push(() => carry(answerer, ...candidate))
  })
  answerer.on('iceCandidateCreated', (...candidate) => carry(offerer, ...candidate))
}

/** Makes two multiplayer peers meet. The first one offers. */
export function connectPeers(a: WebRTCMultiplayerPeer, b: WebRTCMultiplayerPeer): void {
  const [toB, toA] = [newConnection(), newConnection()]
  crossWire(toB, toA)
  a.addPeer(toB, b.uniqueId)
  b.addPeer(toA, a.uniqueId)
  toB.createOffer()
}

export function newPeer(
  create: (peer: WebRTCMultiplayerPeer) => void,
  options: ConstructorParameters<typeof WebRTCMultiplayerPeer>[0] = {},
): WebRTCMultiplayerPeer {
  const peer = new WebRTCMultiplayerPeer(options)
  create(peer)
  atEnd(() => peer.close())
  return peer
}

/** Enters a room with connections on the loopback interface, and leaves it at the end of the test. */
export async function join(options: JoinRoomOptions): Promise<Room> {
  const room = await joinRoom({ node: LOOPBACK, ...options })
  atEnd(() => room.leave())
  return room
}

/** `count` members of one new room, all connected with those that they shall see. */
export async function joinMany(count: number, options: JoinRoomOptions): Promise<[Room, Witness][]> {
  const first = await join(options)
  const members: [Room, Witness][] = [[first, new Witness(first)]]
  for (let i = 1; i < count; i++) {
    const room = await join({ ...options, room: first.code })
    members.push([room, new Witness(room)])
  }
  // A client of a star is connected with its host before it can listen to events.
  await Promise.all(members.map(([room, witness]) => witness.until(() => room.peers.length === count - 1)))
  return members
}

export interface Heard {
  readonly value: PacketValue
  readonly from: number
  readonly mode: TransferMode
  readonly channel: number
}

/** The events that a room and a multiplayer peer have in common. */
type Observable = Pick<WebRTCMultiplayerPeer, 'on'>

/** Notes everything that a room or a multiplayer peer tells. */
export class Witness {
  /** Every event in its order, in words. */
  readonly log: string[] = []
  readonly connected: number[] = []
  readonly disconnected: [id: number, reason: DisconnectReason][] = []
  readonly packets: Heard[] = []
  readonly failed: [id: number, error: NetError][] = []
  readonly errors: NetError[] = []
  /** Why the room ended for this peer. */
  readonly ends: (NetError | undefined)[] = []
  readonly signalingLost: NetError[] = []
  readonly #waiting = new Set<() => void>()

  constructor(observed: Room | Observable, { packets = true } = {}) {
    const on = (observed as Observable).on.bind(observed) as Observable['on']
    on('peerConnected', (id) => this.#note(`connected ${id}`, this.connected, id))
    on('peerDisconnected', (id, reason) => this.#note(`disconnected ${id}`, this.disconnected, [id, reason]))
    on('connectionFailed', (id, error) => this.#note(`failed ${id}`, this.failed, [id, error]))
    on('error', (error) => this.#note('error', this.errors, error))
    if (packets) {
      on('packet', (value, from, mode, channel) =>
        this.#note(`packet ${from}`, this.packets, { value, from, mode, channel }),
      )
    }
    if (!('code' in observed)) return
    observed.on('closed', (error) => this.#note('closed', this.ends, error))
    observed.on('signalingLost', (error) => this.#note('signalingLost', this.signalingLost, error))
  }

  /** The values that came from a peer, in order. */
  values(from?: number): PacketValue[] {
    return this.packets.flatMap((packet) => (from === undefined || packet.from === from ? [packet.value] : []))
  }

  /** Resolves at the event with which `test` holds. */
  until(test: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!test()) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** Resolves when `count` peers have been connected. */
  met(count: number): Promise<void> {
    return this.until(() => this.connected.length >= count)
  }

  /** Resolves when `count` packets have come. */
  heard(count: number): Promise<void> {
    return this.until(() => this.packets.length >= count)
  }

  /** Resolves to the reason when `id` is gone. */
  async lost(id: number): Promise<DisconnectReason> {
    await this.until(() => this.disconnected.some(([gone]) => gone === id))
    return this.disconnected.find(([gone]) => gone === id)![1]
  }

  #note<T>(words: string, list: T[], entry: T): void {
    this.log.push(words)
    list.push(entry)
    for (const check of [...this.#waiting]) check()
  }
}
