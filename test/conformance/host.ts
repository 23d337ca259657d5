// The side of the suite that touches the library: makes connections, runs commands on them and keeps a log of their
// events. It runs in this process or in a page; what goes in and out is JSON in either case.

import type { PacketValue } from '../../src/net/codec/codec.ts'
import type { WebRTCDataChannel, WriteMode } from '../../src/net/data-channel.ts'
import type { Diagnosis } from '../../src/net/diagnosis.ts'
import type {
  ChannelState,
  ConnectionConfiguration,
  ConnectionState,
  DataChannelOptions,
  GatheringState,
  SelectedRoute,
  SignalingState,
} from '../../src/net/drivers/driver.ts'
import { NetError } from '../../src/net/errors.ts'
import { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'
import type { ChannelStats, ConnectionStats } from '../../src/net/statistics.ts'
import { type Packet, toBase64, toPayload } from './packet.ts'

export type Json = string | number | boolean | null | undefined | { readonly [key: string]: Json } | readonly Json[]

export interface States {
  readonly connection: ConnectionState
  readonly gathering: GatheringState
  readonly signaling: SignalingState
}

export interface ChannelSnapshot {
  readonly readyState: ChannelState
  readonly label: string
  readonly protocol: string
  readonly id: number
  readonly ordered: boolean
  readonly negotiated: boolean
  readonly maxRetransmits: number
  readonly maxPacketLifeTime: number
  readonly bufferedAmount: number
  readonly maxPacketSize: number
  readonly drainThreshold: number
  readonly writeMode: WriteMode
  readonly availablePacketCount: number
}

export interface Entry {
  /** The connection or channel that told it. */
  readonly object: number
  readonly name: string
  readonly args: readonly Json[]
  /** The states of its connection, as they were inside the callback. */
  readonly states: States
}

export interface Found {
  readonly entries: readonly Entry[]
  /** Where to look for later ones. */
  readonly next: number
}

export type ConnectionEventName =
  | 'sessionDescriptionCreated'
  | 'iceCandidateCreated'
  | 'dataChannelReceived'
  | 'connectionStateChanged'
  | 'error'
export type ChannelEventName = 'open' | 'packet' | 'drained' | 'error' | 'closed'

/** A command that is run inside a callback. `'$0'` stands for the event's first argument. */
export type Reaction = readonly [method: keyof Host, ...args: Json[]]

interface Held<T> {
  readonly it: T
  readonly connection: WebRTCPeerConnection
  readonly reactions: [event: string, reaction: Reaction][]
}

export class Host {
  #next = 1
  readonly #connections = new Map<number, Held<WebRTCPeerConnection>>()
  readonly #channels = new Map<number, Held<WebRTCDataChannel>>()
  #log: Entry[] = []
  #waiting: (() => void)[] = []

  create(configuration: ConnectionConfiguration | null): number {
    const connection = new WebRTCPeerConnection()
    const id = this.#next++
    this.#connections.set(id, { it: connection, connection, reactions: [] })
    connection.on('sessionDescriptionCreated', (...args) => this.#note(id, 'sessionDescriptionCreated', args))
    connection.on('iceCandidateCreated', (...args) => this.#note(id, 'iceCandidateCreated', args))
    connection.on('connectionStateChanged', (...args) => this.#note(id, 'connectionStateChanged', args))
    connection.on('error', ({ code, message }) => this.#note(id, 'error', [code, message]))
    if (configuration) connection.initialize(configuration)
    return id
  }

  /** Returns where in the log the new beginning is. */
  initialize(id: number, configuration: ConnectionConfiguration): number {
    this.#connection(id).initialize(configuration)
    // No event tells it, but the order of the states begins anew.
    this.#note(id, 'initialized', [])
    return this.#log.length
  }

  /** From now on in-band channels are accepted (for a connection), or packets are taken by an event (for a channel). */
  listen(id: number): void {
    const connection = this.#connections.get(id)
    if (!connection) {
      this.#channel(id).on('packet', (packet, isString) => this.#note(id, 'packet', [toBase64(packet), isString]))
      return
    }
    connection.it.on('dataChannelReceived', (channel) =>
      this.#note(id, 'dataChannelReceived', [this.#hold(channel, connection.it)]),
    )
  }

  /** Runs `reaction` inside every later callback of `event`, after it was noted. */
  react(id: number, event: ConnectionEventName | ChannelEventName, reaction: Reaction): void {
    this.#held(id).reactions.push([event, reaction])
  }

  createDataChannel(id: number, label: string, options: DataChannelOptions): number {
    const connection = this.#connection(id)
    return this.#hold(connection.createDataChannel(label, options), connection)
  }

  createOffer(id: number): void {
    this.#connection(id).createOffer()
  }

  setLocalDescription(id: number, type: string, sdp: Json): void {
    this.#connection(id).setLocalDescription(type as 'offer', sdp as string)
  }

  setRemoteDescription(id: number, type: string, sdp: Json): void {
    this.#connection(id).setRemoteDescription(type as 'offer', sdp as string)
  }

  addIceCandidate(id: number, media: string, index: number, name: string): void {
    this.#connection(id).addIceCandidate(media, index, name)
  }

  restartIce(id: number): boolean {
    return this.#connection(id).restartIce()
  }

  selectedRoute(id: number): Promise<SelectedRoute | undefined> {
    return this.#connection(id).selectedRoute()
  }

  fingerprints(id: number): { local: readonly string[]; remote: readonly string[] } {
    const { localFingerprints, remoteFingerprints } = this.#connection(id)
    return { local: localFingerprints, remote: remoteFingerprints }
  }

  stats(id: number): Promise<ConnectionStats> {
    return this.#connection(id).stats()
  }

  diagnose(id: number): Diagnosis {
    return this.#connection(id).diagnose()
  }

  channelStats(id: number): ChannelStats {
    return this.#channel(id).stats
  }

  putVar(id: number, value: Json): void {
    this.#channel(id).putVar(value as PacketValue)
  }

  getVar(id: number): Json {
    return this.#channel(id).getVar() as Json
  }

  states(id: number): States {
    return statesOf(this.#held(id).connection)
  }

  /** `poll()` of a connection or a channel. */
  poll(id: number): void {
    this.#held(id).it.poll()
  }

  /** `close()` of a connection or a channel. */
  close(id: number): void {
    this.#held(id).it.close()
  }

  /** Closes the connection that a channel belongs to. */
  closeConnectionOf(id: number): void {
    this.#held(id).connection.close()
  }

  look(id: number): ChannelSnapshot {
    return snapshot(this.#channel(id))
  }

  put(id: number, packet: Packet): void {
    this.#channel(id).putPacket(toPayload(packet))
  }

  /** What is no packet at all. */
  putAnything(id: number, value: Json): void {
    this.#channel(id).putPacket(value as string)
  }

  /** Sends bytes and overwrites them at once. */
  putAndReuse(id: number, packet: Packet): void {
    const bytes = toPayload(packet)
    this.#channel(id).putPacket(bytes)
    if (typeof bytes !== 'string') bytes.fill(0xee)
  }

  /** Sends many packets of one size in one go. Returns the largest `bufferedAmount` that was seen. */
  flood(id: number, count: number, size: number): number {
    const channel = this.#channel(id)
    let most = 0
    for (let n = 0; n < count; n += 1) {
      channel.putPacket(new Uint8Array(size).fill(n))
      most = Math.max(most, channel.bufferedAmount)
    }
    return most
  }

  get(id: number): Packet {
    const channel = this.#channel(id)
    const base64 = toBase64(channel.getPacket())
    return { base64, isString: channel.wasStringPacket() }
  }

  /** Takes all packets that wait. Returns the first byte of each. */
  takeFirstBytes(id: number): number[] {
    const channel = this.#channel(id)
    return Array.from({ length: channel.availablePacketCount }, () => channel.getPacket()[0] ?? -1)
  }

  setWriteMode(id: number, mode: WriteMode): void {
    this.#channel(id).writeMode = mode
  }

  setDrainThreshold(id: number, bytes: number): void {
    this.#channel(id).drainThreshold = bytes
  }

  /** The whole log, in order. */
  log(): readonly Entry[] {
    return this.#log
  }

  /**
   * The entries of `object` with that name, from `from` on; waits for one if there is none. `undefined`: the host was
   * reset meanwhile.
   */
  async wait(object: number, name: string, from: number): Promise<Found | undefined> {
    const log = this.#log
    while (log === this.#log) {
      const entries = log.slice(from).filter((entry) => entry.object === object && entry.name === name)
      if (entries.length > 0) return { entries, next: log.length }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return undefined
  }

  /** Closes everything and forgets it. */
  reset(): void {
    for (const { it, reactions } of this.#connections.values()) {
      reactions.length = 0
      it.close()
    }
    this.#connections.clear()
    this.#channels.clear()
    this.#log = []
    this.#wake()
  }

  #hold(channel: WebRTCDataChannel, connection: WebRTCPeerConnection): number {
    const id = this.#next++
    this.#channels.set(id, { it: channel, connection, reactions: [] })
    channel.on('open', () => this.#note(id, 'open', []))
    channel.on('drained', () => this.#note(id, 'drained', []))
    channel.on('error', ({ code, message }) => this.#note(id, 'error', [code, message]))
    channel.on('closed', () => this.#note(id, 'closed', []))
    return id
  }

  #note(object: number, name: string, args: readonly Json[]): void {
    const held = this.#connections.get(object) ?? this.#channels.get(object)
    if (!held) return
    this.#log.push({ object, name, args, states: statesOf(held.connection) })
    for (const [event, [method, ...rest]] of [...held.reactions]) {
      if (event !== name) continue
      const filled = rest.map((arg) => (arg === '$0' ? args[0] : arg))
      const reply = attempt(this, method, filled)
      if (reply.error) this.#log.push({ ...this.#log.at(-1)!, name: 'refused', args: [method, reply.error.code] })
    }
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #held(id: number): Held<WebRTCPeerConnection> | Held<WebRTCDataChannel> {
    const held = this.#connections.get(id) ?? this.#channels.get(id)
    if (!held) throw new Error(`The test uses the object ${id}, which is gone.`)
    return held
  }

  #connection(id: number): WebRTCPeerConnection {
    return (this.#held(id) as Held<WebRTCPeerConnection>).it
  }

  #channel(id: number): WebRTCDataChannel {
    return (this.#held(id) as Held<WebRTCDataChannel>).it
  }
}

/** The answer to a command, as JSON. */
export interface Reply {
  readonly value?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

/** Runs one command. The value may be a promise. */
export function attempt(host: Host, method: keyof Host, args: readonly Json[]): Reply {
  try {
    return { value: (host[method] as (...args: readonly Json[]) => unknown)(...args) }
  } catch (error) {
    return { error: describeError(error) }
  }
}

export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof NetError) return { code: error.code, message: error.message }
  return { code: 'not a NetError', message: error instanceof Error ? String(error.stack) : String(error) }
}

function statesOf(connection: WebRTCPeerConnection): States {
  return {
    connection: connection.connectionState,
    gathering: connection.gatheringState,
    signaling: connection.signalingState,
  }
}

function snapshot(channel: WebRTCDataChannel): ChannelSnapshot {
  return {
    readyState: channel.readyState,
    label: channel.label,
    protocol: channel.protocol,
    id: channel.id,
    ordered: channel.ordered,
    negotiated: channel.negotiated,
    maxRetransmits: channel.maxRetransmits,
    maxPacketLifeTime: channel.maxPacketLifeTime,
    bufferedAmount: channel.bufferedAmount,
    maxPacketSize: channel.maxPacketSize,
    drainThreshold: channel.drainThreshold,
    writeMode: channel.writeMode,
    availablePacketCount: channel.availablePacketCount,
  }
}
