// One channel of a link: counting and sequence numbers outwards, sequence numbers and reassembly inwards.

import { NetError } from '../errors.ts'
import {
  MAX_FRAGMENTS,
  MAX_RELIABLE_BUFFERED,
  MAX_RELIABLE_PACKET,
  MAX_WAITING_UNRELIABLE,
  UNRELIABLE_HIGH_WATER,
} from './constants.ts'
import { LossMeter } from './loss-meter.ts'
import { stampSequence } from './messages.ts'
import { isNewer, KIND_MASK, MORE, ORDERED, RELIABLE_HEADER, UNRELIABLE_HEADER } from './wire.ts'

/** What a link needs of a data channel. */
export interface LinkChannel {
  readonly bufferedAmount: number
  /** @throws {Error} when it cannot take it. */
  putPacket(bytes: Uint8Array): void
}

export interface Counters {
  bytesIn: number
  bytesOut: number
  packetsIn: number
  packetsOut: number
  dropped: number
  rejected: number
}

export interface Incoming {
  readonly kind: number
  readonly ordered: boolean
  readonly payload: Uint8Array
}

/** What the packets of one channel are put through. */
export interface Port {
  readonly reliable: boolean
  open: boolean
  readonly bufferedAmount: number
  /** A complete packet, or `undefined` when there is none (yet). @throws {NetError} ERR_INVALID_DATA */
  receive(message: Uint8Array): Incoming | undefined
  drained(): void
}

export class ReliablePort implements Port {
  readonly reliable = true
  open = false
  /** The remote said on this channel that nothing follows. */
  ended = false
  readonly #channel: LinkChannel
  readonly #counters: Counters
  #fragments: Uint8Array[] = []
  #fragmentBytes = 0
  /** The rest of a packet that was refused is skipped. */
  #skipping = false

  constructor(channel: LinkChannel, counters: Counters) {
    this.#channel = channel
    this.#counters = counters
  }

  get bufferedAmount(): number {
    return this.#channel.bufferedAmount
  }

  /** @throws {NetError} ERR_OUT_OF_MEMORY: the remote does not take what is sent. */
  send(messages: readonly Uint8Array[]): void {
    let size = 0
    for (const message of messages) size += message.length
    if (this.#channel.bufferedAmount + size > MAX_RELIABLE_BUFFERED) {
      throw new NetError('ERR_OUT_OF_MEMORY', `More than ${MAX_RELIABLE_BUFFERED} bytes wait for this peer.`)
    }
    for (const message of messages) this.#channel.putPacket(message)
    this.#counters.bytesOut += size
  }

  receive(message: Uint8Array): Incoming | undefined {
    const head = message[0]
    if (head === undefined) throw new NetError('ERR_INVALID_DATA', 'An empty message.')
    if (head & ~(KIND_MASK | MORE)) throw new NetError('ERR_INVALID_DATA', `A reliable message began with ${head}.`)
    const more = (head & MORE) !== 0
    const payload = message.subarray(RELIABLE_HEADER)
    if (!more && this.#fragments.length === 0 && !this.#skipping) {
      return { kind: head & KIND_MASK, ordered: true, payload }
    }
    this.#fragmentBytes += payload.length
    // Also while skipping: whoever never ends a packet is reported for each such amount.
    if (this.#fragmentBytes > MAX_RELIABLE_PACKET) {
      this.#refuse(more, `A packet of more than ${MAX_RELIABLE_PACKET} bytes.`)
    }
    // Empty and tiny fragments would let a small packet grow a long list.
    if (payload.length === 0) this.#refuse(more, 'An empty fragment.')
    if (this.#skipping) {
      if (!more) this.#drop()
      return undefined
    }
    if (this.#fragments.length >= MAX_FRAGMENTS) this.#refuse(more, `A packet in more than ${MAX_FRAGMENTS} fragments.`)
    this.#fragments.push(payload)
    if (more) return undefined
    const whole = new Uint8Array(this.#fragmentBytes)
    let position = 0
    for (const fragment of this.#fragments) {
      whole.set(fragment, position)
      position += fragment.length
    }
    this.#drop()
    return { kind: head & KIND_MASK, ordered: true, payload: whole }
  }

  drained(): void {}

  /** The rest of the packet, if there is more, is skipped. */
  #refuse(more: boolean, message: string): never {
    this.#drop()
    this.#skipping = more
    throw new NetError('ERR_INVALID_DATA', message)
  }

  #drop(): void {
    this.#fragments = []
    this.#fragmentBytes = 0
    this.#skipping = false
  }
}

/** How far behind the newest message the last ordered one is remembered: half of what a comparison can tell. */
const ORDER_REACH = 0x4000

export class UnreliablePort implements Port {
  readonly reliable = false
  open = false
  readonly loss = new LossMeter()
  readonly #channel: LinkChannel
  readonly #counters: Counters
  readonly #waiting: Uint8Array[] = []
  #sequence = 0
  #newestOrdered: number | undefined

  constructor(channel: LinkChannel, counters: Counters) {
    this.#channel = channel
    this.#counters = counters
  }

  get bufferedAmount(): number {
    return this.#waiting.reduce((sum, message) => sum + message.length, this.#channel.bufferedAmount)
  }

  /** Sends now, or keeps the newest few for when the channel has drained. The bytes may be reused afterwards. */
  send(message: Uint8Array): void {
    stampSequence(message, this.#sequence)
    this.#sequence = (this.#sequence + 1) & 0xffff
    if (this.#waiting.length === 0 && this.#channel.bufferedAmount <= UNRELIABLE_HIGH_WATER) {
      this.#put(message)
      return
    }
    // Not `slice`: of Node's Buffer, which msgpackr returns, that is a view of the same bytes.
    this.#waiting.push(new Uint8Array(message))
    if (this.#waiting.length > MAX_WAITING_UNRELIABLE) {
      this.#waiting.shift()
      this.#counters.dropped += 1
    }
    this.drained()
  }

  drained(): void {
    while (this.#waiting.length > 0 && this.#channel.bufferedAmount <= UNRELIABLE_HIGH_WATER) {
      this.#put(this.#waiting.shift()!)
    }
  }

  receive(message: Uint8Array): Incoming | undefined {
    if (message.length < UNRELIABLE_HEADER) throw new NetError('ERR_INVALID_DATA', 'A message without its header.')
    const head = message[0]!
    if (head & ~(KIND_MASK | ORDERED))
      throw new NetError('ERR_INVALID_DATA', `An unreliable message began with ${head}.`)
    const sequence = message[1]! | (message[2]! << 8)
    const ordered = (head & ORDERED) !== 0
    if (!this.loss.note(sequence)) return undefined
    const late = this.#newestOrdered !== undefined && !isNewer(sequence, this.#newestOrdered)
    if (ordered && late) {
      this.#counters.dropped += 1
      return undefined
    }
    if (ordered) this.#newestOrdered = sequence
    else if (!late) this.#keepInReach(sequence)
    return { kind: head & KIND_MASK, ordered, payload: message.subarray(UNRELIABLE_HEADER) }
  }

  /** 32,768 unordered messages later, an ordered one would look older than the last ordered one. */
  #keepInReach(sequence: number): void {
    if (this.#newestOrdered === undefined || ((sequence - this.#newestOrdered) & 0xffff) <= ORDER_REACH) return
    this.#newestOrdered = (sequence - ORDER_REACH) & 0xffff
  }

  #put(message: Uint8Array): void {
    this.#channel.putPacket(message)
    this.#counters.bytesOut += message.length
  }
}
