// One data channel (Godot: WebRTCDataChannel). Event-driven when somebody listens to `packet`, polled otherwise.

import { type Clock, systemClock } from './clock.ts'
import { decode, encode, type PacketValue } from './codec/codec.ts'
import { MAX_UNREAD_PACKETS, MAX_WAITING_BYTES } from './constants.ts'
import { ChannelState, type DriverChannel } from './drivers/driver.ts'
import { Emitter, type Off } from './emitter.ts'
import { NetError, toNetError } from './errors.ts'
import type { ChannelStateChange, ChannelStats } from './statistics.ts'

/** Godot: WebRTCDataChannel.WriteMode. */
export const WriteMode = { Text: 0, Binary: 1 } as const
export type WriteMode = (typeof WriteMode)[keyof typeof WriteMode]

/** What a data channel tells. */
export type DataChannelEvents = {
  open: () => void
  /** A packet. Text comes as its UTF-8 bytes with `isString` true. */
  packet: (packet: Uint8Array, isString: boolean) => void
  /** `bufferedAmount` fell to `drainThreshold` or below. */
  drained: () => void
  error: (error: NetError) => void
  /** Always the last event, once. */
  closed: () => void
}

const encoder = new TextEncoder()
// A byte order mark is a character like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** What Godot returns for a number that is not set or not known yet. */
const UNSET = 65_535

/** Made by WebRTCPeerConnection, never by hand. */
export class WebRTCDataChannel extends Emitter<DataChannelEvents> {
  readonly #channel: DriverChannel
  readonly #waiting: [packet: Uint8Array, isString: boolean][] = []
  #waitingBytes = 0
  #wasString = false
  #opened = false
  #ended = false
  readonly #clock: Clock
  readonly #history: ChannelStateChange[] = []
  readonly #counters = { bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0, dropped: 0, rejected: 0 }
  /** How `putPacket` sends bytes (Godot: write_mode). Default Binary. */
  writeMode: WriteMode = WriteMode.Binary

  constructor(channel: DriverChannel, clock: Clock = systemClock) {
    super()
    this.#channel = channel
    this.#clock = clock
    this.#noteState()
    // A driver's events may still be on their way when the connection was closed.
    channel.events = {
      open: () => {
        // A page may tell it twice of a channel that the other side made.
        if (this.#ended || this.#opened) return
        this.#opened = true
        this.#noteState()
        this.emit('open')
      },
      message: (data) => {
        if (!this.#ended) this.#receive(data)
      },
      drained: () => {
        if (!this.#ended) this.emit('drained')
      },
      error: (error) => {
        if (!this.#ended) this.emit('error', error)
      },
      closed: () => this.#end(),
    }
  }

  get readyState(): ChannelState {
    return this.#ended ? ChannelState.Closed : this.#channel.readyState
  }
  get label(): string {
    return this.#channel.label
  }
  get protocol(): string {
    return this.#channel.protocol
  }
  /** 65535 until the transport has chosen one. */
  get id(): number {
    return this.#channel.id ?? UNSET
  }
  get ordered(): boolean {
    return this.#channel.ordered
  }
  get negotiated(): boolean {
    return this.#channel.negotiated
  }
  /** 65535 when not limited. */
  get maxRetransmits(): number {
    return this.#channel.maxRetransmits ?? UNSET
  }
  /** In ms; 65535 when not limited. */
  get maxPacketLifeTime(): number {
    return this.#channel.maxPacketLifeTime ?? UNSET
  }
  /** Bytes that wait on this side, as far as the platform tells: what SCTP has taken is not counted everywhere. */
  get bufferedAmount(): number {
    return this.#ended ? 0 : this.#channel.bufferedAmount
  }
  /** The largest packet in bytes. */
  get maxPacketSize(): number {
    return this.#channel.maxMessageSize
  }
  /** The level of `bufferedAmount` at which `drained` is emitted, in bytes. Default 0. */
  get drainThreshold(): number {
    return this.#channel.drainThreshold
  }
  set drainThreshold(bytes: number) {
    this.#channel.drainThreshold = bytes
  }

  /** A listener for `packet` first gets the packets that wait, in order. */
  override on<Name extends keyof DataChannelEvents>(event: Name, listener: DataChannelEvents[Name]): Off {
    const off = super.on(event, listener)
    if (event === 'packet') this.#flush()
    return off
  }

  /**
   * Sends a packet; the bytes may be reused afterwards. An empty packet is a packet.
   * @throws {NetError} ERR_UNCONFIGURED: not open. ERR_OUT_OF_MEMORY: larger than `maxPacketSize`, or the platform's
   * buffer is full. ERR_INVALID_PARAMETER: neither bytes nor text.
   */
  putPacket(packet: Uint8Array | string): void {
    if (this.readyState !== ChannelState.Open) {
      throw new NetError('ERR_UNCONFIGURED', `The channel "${this.label}" is not open: wait for its open event.`)
    }
    if (typeof packet !== 'string' && !(packet instanceof Uint8Array)) {
      throw new NetError('ERR_INVALID_PARAMETER', 'A packet is a Uint8Array or a string.')
    }
    const size = typeof packet === 'string' ? encoder.encode(packet).length : packet.length
    if (size > this.maxPacketSize) {
      this.#counters.rejected += 1
      throw new NetError('ERR_OUT_OF_MEMORY', `A packet of ${size} bytes; this channel takes ${this.maxPacketSize}.`)
    }
    const asText = this.writeMode === WriteMode.Text && typeof packet !== 'string'
    try {
      this.#channel.send(asText ? decoder.decode(packet) : packet)
    } catch (cause) {
      this.#counters.rejected += 1
      throw toNetError(cause, 'ERR_OUT_OF_MEMORY', `The channel "${this.label}" took no more: ${cause}`)
    }
    this.#counters.packetsOut += 1
    this.#counters.bytesOut += size
  }

  /** Takes the next waiting packet. @throws {NetError} ERR_UNAVAILABLE: none waits. */
  getPacket(): Uint8Array {
    const next = this.#waiting.shift()
    if (!next) throw new NetError('ERR_UNAVAILABLE', 'No packet waits: look at availablePacketCount first.')
    this.#waitingBytes -= next[0].length
    this.#wasString = next[1]
    return next[0]
  }

  get availablePacketCount(): number {
    return this.#waiting.length
  }

  /** Takes the next waiting packet and unpacks it. @throws {NetError} ERR_UNAVAILABLE, ERR_INVALID_DATA */
  getVar(): PacketValue {
    return decode(this.getPacket())
  }

  /** Packs a value (anything msgpack can carry) and sends it. Refused as by `encode` and `putPacket`. */
  putVar(value: PacketValue): void {
    this.putPacket(encode(value))
  }

  /** Figures about this channel. */
  get stats(): ChannelStats {
    const { label, id, bufferedAmount: bufferedBytes, availablePacketCount: waitingPackets } = this
    return { label, id, ...this.#counters, bufferedBytes, waitingPackets, history: [...this.#history] }
  }

  /** Whether the packet that `getPacket` returned last was sent as text. */
  wasStringPacket(): boolean {
    return this.#wasString
  }

  /** Does nothing: events come by themselves. For code that was written for Godot. */
  poll(): void {}

  close(): void {
    if (this.readyState === ChannelState.Closed) return
    this.#channel.close()
    this.#noteState()
  }

  /** Called by the connection when it closes: platforms differ in whether they tell the channels. */
  end(): void {
    this.#end()
  }

  #receive(data: Uint8Array | string): void {
    const isString = typeof data === 'string'
    const packet = isString ? encoder.encode(data) : data
    this.#counters.packetsIn += 1
    this.#counters.bytesIn += packet.length
    if (this.#waiting.length === 0 && this.listenerCount('packet') > 0) {
      this.emit('packet', packet, isString)
      return
    }
    if (this.#waiting.length >= MAX_UNREAD_PACKETS || this.#waitingBytes + packet.length > MAX_WAITING_BYTES) {
      this.#overflow()
      return
    }
    this.#waiting.push([packet, isString])
    this.#waitingBytes += packet.length
    this.#flush()
  }

  /** Nothing that was promised is lost silently: a reliable channel that nobody reads is closed. */
  #overflow(): void {
    this.#counters.dropped += 1
    const lossy = this.#channel.maxRetransmits !== undefined || this.#channel.maxPacketLifeTime !== undefined
    const what = lossy ? 'a packet was dropped' : 'the channel is closed'
    this.emit('error', new NetError('ERR_OUT_OF_MEMORY', `Nobody reads the channel "${this.label}": ${what}.`))
    if (!lossy) this.close()
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.listenerCount('packet') > 0) {
      const packet = this.getPacket()
      this.emit('packet', packet, this.#wasString)
    }
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#noteState()
    this.emit('closed')
  }

  #noteState(): void {
    const value = this.readyState
    const state = Object.entries(ChannelState).find(([, number]) => number === value)?.[0] ?? String(value)
    if (this.#history.at(-1)?.state !== state) this.#history.push({ state, atMs: this.#clock.now() })
  }
}
