// One data channel of a simulated connection.

import {
  ChannelState,
  type DataChannelOptions,
  type DriverChannel,
  type DriverChannelEvents,
} from '../drivers/driver.ts'
import { MAX_MESSAGE_SIZE, MAX_SEND_BUFFER } from './constants.ts'
import type { Association } from './sctp/association.ts'
import { RELIABLE } from './sctp/association.ts'
import type { Reliability } from './sctp/types.ts'

/** Of DCEP's messages without label and protocol (RFC 8832, 5), and of a reset request (RFC 6525, 4.1). */
const OPEN_BYTES = 12
const ACK_BYTES = 1
const RESET_BYTES = 20

/** Asks the other side to close a stream, when everything sent before has arrived. */
export function resetStream(association: Association, stream: number): void {
  association.send(stream, { type: 'reset' }, RESET_BYTES, { ordered: false })
}

/** What a channel needs of its connection. */
export interface ChannelHost {
  /** Runs it a moment later, unless the connection is closed by then. */
  later(action: () => void): void
  /** The channel is over. */
  ended(channel: SimulatedChannel): void
}

const encoder = new TextEncoder()

export class SimulatedChannel implements DriverChannel {
  readonly label: string
  readonly protocol: string
  readonly negotiated: boolean
  readonly ordered: boolean
  readonly maxRetransmits: number | undefined
  readonly maxPacketLifeTime: number | undefined
  readonly maxMessageSize = MAX_MESSAGE_SIZE
  id: number | undefined
  readyState: ChannelState = ChannelState.Connecting
  drainThreshold = 0
  events: DriverChannelEvents | undefined
  readonly #host: ChannelHost
  #association: Association | undefined
  /** `bufferedAmount` was above the threshold after a `send`. */
  #isAbove = false

  constructor(host: ChannelHost, label: string, options: DataChannelOptions) {
    this.#host = host
    this.label = label
    this.protocol = options.protocol ?? ''
    this.negotiated = options.negotiated ?? false
    this.id = options.id
    this.ordered = options.ordered ?? true
    this.maxRetransmits = options.maxRetransmits
    this.maxPacketLifeTime = options.maxPacketLifeTime
  }

  get bufferedAmount(): number {
    if (this.readyState === ChannelState.Closed || this.id === undefined) return 0
    return this.#association?.buffered(this.id) ?? 0
  }

  get isOpen(): boolean {
    return this.readyState === ChannelState.Open
  }

  send(data: Uint8Array | string): void {
    if (this.readyState !== ChannelState.Open || this.id === undefined) throw new Error('The channel is not open.')
    const isText = typeof data === 'string'
    const bytes = isText ? encoder.encode(data).length : data.length
    if (this.bufferedAmount + bytes > MAX_SEND_BUFFER) throw new Error('The send buffer is full.')
    // Not `slice`: of Node's Buffer that is a view of the same bytes.
    const copy = isText ? data : new Uint8Array(data)
    this.#association?.send(this.id, { type: 'data', data: copy }, bytes, this.#reliability)
    if (this.bufferedAmount > this.drainThreshold) this.#isAbove = true
  }

  close(): void {
    if (this.readyState === ChannelState.Closing || this.readyState === ChannelState.Closed) return
    this.readyState = ChannelState.Closing
    if (this.#association) this.#sendReset()
    else this.#host.later(() => this.#end())
  }

  /** The association stands: a negotiated channel is open now, another asks the remote first. */
  established(association: Association, id: number): void {
    if (this.readyState !== ChannelState.Connecting) return
    this.#association = association
    this.id = id
    if (this.negotiated) {
      this.opened()
      return
    }
    const { label, protocol } = this
    const bytes = OPEN_BYTES + encoder.encode(label).length + encoder.encode(protocol).length
    association.send(id, { type: 'open', label, protocol, reliability: this.#reliability }, bytes, RELIABLE)
  }

  /** The remote opened this channel. */
  accepted(association: Association, id: number): void {
    this.#association = association
    this.id = id
    this.readyState = ChannelState.Open
    association.send(id, { type: 'ack' }, ACK_BYTES, RELIABLE)
  }

  opened(): void {
    if (this.readyState !== ChannelState.Connecting) return
    this.readyState = ChannelState.Open
    this.events?.open()
  }

  /** A message arrived. */
  receive(data: Uint8Array | string): void {
    if (this.readyState === ChannelState.Open) this.events?.message(data)
  }

  /** Bytes may have left the queue. */
  progressed(): void {
    if (!this.#isAbove || this.bufferedAmount > this.drainThreshold) return
    this.#isAbove = false
    this.#host.later(() => {
      if (this.readyState === ChannelState.Open) this.events?.drained()
    })
  }

  /** The remote closed the channel, or answered that we did. What we had not sent is lost. */
  reset(): void {
    if (this.readyState !== ChannelState.Closing && this.id !== undefined) {
      this.#association?.clear(this.id)
      this.#sendReset()
    }
    this.#end()
  }

  /** The connection is over. */
  lost(): void {
    this.#end()
  }

  /** The connection was closed on this side: no more events. */
  silence(): void {
    this.readyState = ChannelState.Closed
  }

  get #reliability(): Reliability {
    const { ordered, maxRetransmits, maxPacketLifeTime } = this
    return { ordered, maxRetransmits, maxPacketLifeTime }
  }

  /** Goes out after what waits, and takes effect when everything before it has arrived. */
  #sendReset(): void {
    if (this.#association) resetStream(this.#association, this.id!)
  }

  #end(): void {
    if (this.readyState === ChannelState.Closed) return
    this.readyState = ChannelState.Closed
    this.#host.ended(this)
    this.events?.closed()
  }
}
