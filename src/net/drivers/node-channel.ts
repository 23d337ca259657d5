// A data channel in Node: node-datachannel's, with its events in the order of a browser's.

import type * as ndc from 'node-datachannel'
import { reportUncaught } from '../emitter.ts'
import { NetError } from '../errors.ts'
import { ChannelState, type DataChannelOptions, type DriverChannel, type DriverChannelEvents } from './driver.ts'
import { alive, guarded } from './node-native.ts'

export class NodeChannel implements DriverChannel {
  readonly #channel: ndc.DataChannel
  readonly negotiated: boolean
  readonly ordered: boolean
  readonly maxRetransmits: number | undefined
  readonly maxPacketLifeTime: number | undefined
  readonly label: string
  readonly protocol: string
  readyState: ChannelState
  events: DriverChannelEvents | undefined
  onEnd: (() => void) | undefined
  onOpening: (() => void) | undefined
  /** The native library may deliver messages before it tells that the channel is open: they wait for that. */
  #early: (Uint8Array | string)[] | undefined = []
  #drainThreshold = 0
  #lastId: number
  #lastMaxMessageSize: number
  /** The library said that it queued something. Until then there is nothing to ask it: a native call costs time. */
  #queued = false

  constructor(channel: ndc.DataChannel, options: DataChannelOptions) {
    this.#channel = channel
    // What the remote chose for a channel that it opened cannot be read back.
    this.negotiated = options.negotiated ?? false
    this.ordered = options.ordered ?? true
    this.maxRetransmits = options.maxRetransmits
    this.maxPacketLifeTime = options.maxPacketLifeTime
    this.label = channel.getLabel()
    this.protocol = channel.getProtocol()
    this.#lastId = channel.getId()
    this.#lastMaxMessageSize = channel.maxMessageSize()
    this.readyState = channel.isOpen() ? ChannelState.Open : ChannelState.Connecting
    alive.add(this)
    // The native library tells of one that the remote opened only when it is open already.
    if (this.readyState === ChannelState.Open) void Promise.resolve().then(() => this.#tellOpen())
    // All at once: a channel that nobody reads blocks the native library's shared workers after 1,024 messages.
    // Written out instead of `guarded`, because this one runs for every message.
    channel.onMessage((data) => {
      try {
        if (typeof data === 'string') this.#receive(data)
        else if (data instanceof ArrayBuffer) this.#receive(new Uint8Array(data))
        else this.#receive(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength))
      } catch (error) {
        reportUncaught(error)
      }
    })
    channel.onOpen(
      guarded(() => {
        if (this.readyState !== ChannelState.Connecting) return
        this.readyState = ChannelState.Open
        this.#remember()
        this.onOpening?.()
        this.#tellOpen()
      }),
    )
    channel.onClosed(
      guarded(() => {
        alive.delete(this)
        this.onEnd?.()
        if (this.readyState === ChannelState.Closed) return
        this.readyState = ChannelState.Closed
        this.events?.closed()
      }),
    )
    channel.onError(
      guarded((message) => {
        this.events?.error(new NetError('ERR_CONNECTION_ERROR', `The data channel failed: ${message}`))
      }),
    )
    channel.onBufferedAmountLow(
      guarded(() => {
        // It may have filled again meanwhile; then another event follows.
        if (this.bufferedAmount <= this.#drainThreshold) this.events?.drained()
      }),
    )
  }

  get id(): number | undefined {
    const id = this.#isLive() ? this.#channel.getId() : this.#lastId
    return id === 65_535 ? undefined : id
  }

  get bufferedAmount(): number {
    if (!this.#queued || this.readyState !== ChannelState.Open) return 0
    const amount = this.#channel.bufferedAmount()
    this.#queued = amount > 0
    return amount
  }

  get maxMessageSize(): number {
    // Settled once the channel is open.
    return this.readyState === ChannelState.Connecting ? this.#channel.maxMessageSize() : this.#lastMaxMessageSize
  }

  get drainThreshold(): number {
    return this.#drainThreshold
  }
  set drainThreshold(bytes: number) {
    this.#drainThreshold = bytes
    if (this.#isLive()) this.#channel.setBufferedAmountLowThreshold(bytes)
  }

  send(data: Uint8Array | string): void {
    try {
      const sent = typeof data === 'string' ? this.#channel.sendMessage(data) : this.#channel.sendMessageBinary(data)
      // `false` means "queued", not "lost".
      if (!sent) this.#queued = true
    } catch (cause) {
      // The core has checked the size, and the library's buffer has no limit: what is left is a connection that ended,
      // and the event that says so is still on its way.
      throw new NetError('ERR_UNCONFIGURED', `The channel "${this.label}" is closed.`, { cause })
    }
  }

  close(): void {
    if (this.readyState === ChannelState.Closing || this.readyState === ChannelState.Closed) return
    this.readyState = ChannelState.Closing
    this.#channel.close()
  }
  /** A native channel that was closed takes no more questions. */
  #isLive(): boolean {
    return this.readyState === ChannelState.Connecting || this.readyState === ChannelState.Open
  }

  #receive(data: Uint8Array | string): void {
    if (this.#early) this.#early.push(data)
    else this.events?.message(data)
  }

  #tellOpen(): void {
    if (this.readyState !== ChannelState.Open || !this.#early) return
    this.events?.open()
    const early = this.#early
    this.#early = undefined
    for (const data of early) this.events?.message(data)
  }

  #remember(): void {
    this.#lastId = this.#channel.getId()
    this.#lastMaxMessageSize = this.#channel.maxMessageSize()
  }
}
