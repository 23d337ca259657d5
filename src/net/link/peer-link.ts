// One remote peer above its data channels: greeting, packets, heartbeat, goodbye. Sans-IO: bytes and the clock come in,
// bytes and events go out. It does not know how the channels came to be, nor what the packets mean.

import { type CancelTimer, type Clock, every } from '../clock.ts'
import { NetError, toNetError } from '../errors.ts'
import { sumOf, type TrafficStats } from '../statistics.ts'
import {
  GOODBYE_TIMEOUT_MS,
  HEARTBEAT_MS,
  LINK_VERSION,
  MAX_BAD_MESSAGES,
  MAX_EARLY_MESSAGES,
  MAX_SILENCE_STEP_MS,
  RELIABLE_HIGH_WATER,
  SILENCE_TIMEOUT_MS,
} from './constants.ts'
import { reliableMessages, unreliableMessage } from './messages.ts'
import { type Counters, type Incoming, type LinkChannel, type Port, ReliablePort, UnreliablePort } from './port.ts'
import { RoundTripMeter } from './round-trip.ts'
import { Goodbye, Kind } from './wire.ts'

export type LinkEnd =
  | 'left'
  | 'disconnected_by_remote'
  | 'timeout'
  | 'connection_lost'
  | 'protocol_error'
  | 'buffer_overflow'

export interface LinkEvents {
  /** Both sides have every channel open. Comes before the first packet. */
  connected(): void
  /** A packet that arrived on channel `port`. */
  packet(port: number, isValue: boolean, ordered: boolean, payload: Uint8Array): void
  /** The remote sent something that cannot be understood. */
  rejected(error: NetError): void
  /** Over, from the remote's side or by failure; once. After `goodbye` or `close` it does not come. */
  ended(reason: LinkEnd): void
}

export interface LinkStats extends TrafficStats {
  readonly roundTripTimeMs: number | undefined
  readonly roundTripVariationMs: number | undefined
  readonly lossIn: number
  readonly lossOut: number
}

const NO_TRAFFIC: Counters = { bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0, dropped: 0, rejected: 0 }

const NOTHING = new Uint8Array(0)

export class PeerLink {
  readonly #clock: Clock
  readonly #events: LinkEvents
  readonly #ports: readonly (ReliablePort | UnreliablePort)[]
  readonly #greeting: Uint8Array
  readonly #silenceTimeoutMs: number
  /** Of each channel. */
  readonly #counters: readonly Counters[]
  readonly #roundTrip = new RoundTripMeter()
  #state: 'opening' | 'connected' | 'leaving' | 'over' = 'opening'
  #greeted = false
  #early: [port: number, incoming: Incoming][] = []
  #lossOut = 0
  #heard = false
  #silenceMs = 0
  #lastTick = 0
  #stopHeartbeat: CancelTimer | undefined
  #finishGoodbye: (() => void) | undefined

  /**
   * @param channels The reliable channel, the unreliable one, then the user channels.
   * @param modes One number for each user channel; both sides must have the same.
   * @param silenceTimeoutMs Silence after which the remote is gone, in ms.
   */
  constructor(
    channels: readonly { readonly channel: LinkChannel; readonly reliable: boolean }[],
    modes: readonly number[],
    clock: Clock,
    events: LinkEvents,
    silenceTimeoutMs = SILENCE_TIMEOUT_MS,
  ) {
    this.#silenceTimeoutMs = silenceTimeoutMs
    this.#clock = clock
    this.#events = events
    this.#greeting = Uint8Array.of(LINK_VERSION, ...modes)
    this.#counters = channels.map(() => ({ ...NO_TRAFFIC }))
    this.#ports = channels.map(({ channel, reliable }, port) =>
      reliable ? new ReliablePort(channel, this.#counters[port]!) : new UnreliablePort(channel, this.#counters[port]!),
    )
  }

  get connected(): boolean {
    return this.#state === 'connected'
  }

  get stats(): LinkStats {
    const unreliable = this.#ports[1] as UnreliablePort
    return {
      ...sumOf(this.channelStats),
      roundTripTimeMs: this.#roundTrip.smoothedMs,
      roundTripVariationMs: this.#roundTrip.variationMs,
      lossIn: unreliable.loss.loss,
      lossOut: this.#lossOut,
    }
  }

  /** The counters of each channel, in their order. */
  get channelStats(): TrafficStats[] {
    return this.#ports.map(({ bufferedAmount }, port) => ({ ...this.#counters[port]!, bufferedBytes: bufferedAmount }))
  }

  /** The channel is open on this side. */
  opened(port: number): void {
    this.#ports[port]!.open = true
    if (this.#state !== 'opening' || !this.#ports.every((each) => each.open)) return
    this.#guard(() => this.#reliable(0).send(reliableMessages(Kind.Hello, this.#greeting)))
    this.#tryConnect()
  }

  drained(port: number): void {
    this.#guard(() => this.#ports[port]!.drained())
  }

  /** Whether the remote takes more at the moment. False: hold back what can wait. */
  get ready(): boolean {
    let buffered = 0
    for (const port of this.#ports) if (port.reliable) buffered += port.bufferedAmount
    return buffered < RELIABLE_HIGH_WATER
  }

  /** Sends the messages of a packet that were made for a reliable channel. */
  sendReliable(port: number, messages: readonly Uint8Array[]): void {
    if (this.#state !== 'connected') return
    this.#counters[port]!.packetsOut += 1
    this.#guard(() => this.#reliable(port).send(messages))
  }

  /** Sends a packet that was made for an unreliable channel. Stamps it; the bytes may be reused afterwards. */
  sendUnreliable(port: number, message: Uint8Array): void {
    if (this.#state !== 'connected') return
    this.#counters[port]!.packetsOut += 1
    try {
      ;(this.#ports[port] as UnreliablePort).send(message)
    } catch (error) {
      this.#refused(error)
    }
  }

  /** A message arrived. Never throws. */
  receive(port: number, message: Uint8Array): void {
    if (this.#state === 'over') return
    this.#heard = true
    this.#counters[port]!.bytesIn += message.length
    try {
      const incoming = this.#ports[port]!.receive(message)
      if (incoming) this.#take(port, incoming)
    } catch (error) {
      this.#misunderstood(port, error)
    }
  }

  /** Counts something bad that the remote sent over channel `port`; after a few the link ends. */
  reject(error: NetError, port = 0): void {
    if (this.#state === 'over') return
    this.#counters[port]!.rejected += 1
    this.#events.rejected(error)
    if (this.#counters.reduce((sum, { rejected }) => sum + rejected, 0) >= MAX_BAD_MESSAGES) this.fail('protocol_error')
  }

  /** Says goodbye, and resolves when the remote has everything that was sent before, or does not answer in time. */
  goodbye(reason: Goodbye): Promise<void> {
    if (this.#state !== 'connected') {
      this.close()
      return Promise.resolve()
    }
    this.#state = 'leaving'
    this.#stopHeartbeat?.()
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimeout(() => this.close(), GOODBYE_TIMEOUT_MS)
      this.#finishGoodbye = () => {
        cancel()
        resolve()
      }
      this.#sayGoodbye(reason)
    })
  }

  /** Ends the link because something failed. */
  fail(reason: LinkEnd): void {
    if (this.#state === 'over') return
    const leaving = this.#state === 'leaving'
    this.close()
    if (!leaving) this.#events.ended(reason)
  }

  /** Ends the link without a word. */
  close(): void {
    this.#state = 'over'
    this.#stopHeartbeat?.()
    this.#early = []
    this.#finishGoodbye?.()
  }

  #reliable(port: number): ReliablePort {
    return this.#ports[port] as ReliablePort
  }

  #take(port: number, incoming: Incoming): void {
    const { kind, payload } = incoming
    if (kind === Kind.Hello && port === 0 && !this.#greeted) {
      this.#checkGreeting(payload)
      this.#greeted = true
      this.#tryConnect()
      return
    }
    if (this.#state === 'opening') {
      this.#keepEarly(port, incoming)
      return
    }
    const reliable = this.#ports[port]!.reliable
    if (kind === Kind.Value || kind === Kind.Bytes) {
      if (this.#state !== 'connected') return
      this.#counters[port]!.packetsIn += 1
      this.#events.packet(port, kind === Kind.Value, incoming.ordered, payload)
    } else if (kind === Kind.Goodbye && reliable && payload.length === 1) this.#hearGoodbye(port, payload[0]!)
    else if (kind === Kind.GoodbyeAck && port === 0) this.#hearAnswer()
    else if ((kind === Kind.Ping || kind === Kind.Pong) && port === 1 && payload.length === 3) {
      this.#hearPing(kind, payload)
    } else throw new NetError('ERR_INVALID_DATA', `A message of kind ${kind} does not belong here.`)
  }

  #checkGreeting(payload: Uint8Array): void {
    const mine = this.#greeting
    if (payload.length === mine.length && payload.every((byte, i) => byte === mine[i])) return
    const what =
      payload[0] === mine[0]
        ? `its user channels have the modes [${payload.subarray(1, 65)}], ours [${mine.subarray(1)}]`
        : `it speaks version ${payload[0]} of the wire format, we speak ${mine[0]}`
    this.#events.rejected(new NetError('ERR_INVALID_DATA', `The peer does not fit this one: ${what}.`))
    this.fail('protocol_error')
  }

  #tryConnect(): void {
    if (this.#state !== 'opening' || !this.#greeted || !this.#ports.every((port) => port.open)) return
    this.#state = 'connected'
    this.#heard = true
    this.#lastTick = this.#clock.now()
    this.#stopHeartbeat = every(this.#clock, HEARTBEAT_MS, () => this.#heartbeat())
    const early = this.#early
    this.#early = []
    this.#events.connected()
    this.#ping()
    for (const [port, incoming] of early) this.#checked(port, () => this.#take(port, incoming))
  }

  /** What overtook the greeting waits for it. */
  #keepEarly(port: number, incoming: Incoming): void {
    if (port === 0) throw new NetError('ERR_INVALID_DATA', 'A packet came before the greeting.')
    if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push([port, incoming])
    else if (this.#ports[port]!.reliable) this.fail('buffer_overflow')
    else this.#counters[port]!.dropped += 1
  }

  #heartbeat(): void {
    const now = this.#clock.now()
    // A timer that comes late says that we were asleep, not that the remote was silent.
    const step = Math.min(now - this.#lastTick, MAX_SILENCE_STEP_MS)
    this.#lastTick = now
    this.#silenceMs = this.#heard ? 0 : this.#silenceMs + step
    this.#heard = false
    if (this.#silenceMs >= this.#silenceTimeoutMs) this.fail('timeout')
    else this.#ping()
  }

  #ping(): void {
    this.#sendPing(Kind.Ping, this.#roundTrip.ping(this.#clock.now()))
  }

  #sendPing(kind: Kind, nonce: number): void {
    const unreliable = this.#ports[1] as UnreliablePort
    const payload = Uint8Array.of(nonce & 0xff, nonce >>> 8, Math.round(unreliable.loss.loss * 255))
    this.#guard(() => unreliable.send(unreliableMessage(kind, false, payload)))
  }

  #hearPing(kind: Kind, payload: Uint8Array): void {
    const nonce = payload[0]! | (payload[1]! << 8)
    this.#lossOut = payload[2]! / 255
    if (kind === Kind.Pong) this.#roundTrip.pong(nonce, this.#clock.now())
    else this.#sendPing(Kind.Pong, nonce)
  }

  #sayGoodbye(reason: Goodbye): void {
    const messages = reliableMessages(Kind.Goodbye, Uint8Array.of(reason))
    this.#guard(() => {
      for (const port of this.#ports) if (port.reliable) (port as ReliablePort).send(messages)
    })
  }

  #hearGoodbye(port: number, reason: number): void {
    this.#reliable(port).ended = true
    if (!this.#ports.every((each: Port) => !each.reliable || (each as ReliablePort).ended)) return
    this.#guard(() => this.#reliable(0).send(reliableMessages(Kind.GoodbyeAck, NOTHING)))
    this.fail(reason === Goodbye.Kicked ? 'disconnected_by_remote' : 'left')
  }

  #hearAnswer(): void {
    if (this.#state === 'leaving') this.close()
  }

  /** What the remote sent wrongly is counted; it never throws into the channel beneath. */
  #checked(port: number, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#misunderstood(port, error)
    }
  }

  #misunderstood(port: number, error: unknown): void {
    this.reject(toNetError(error, 'ERR_INVALID_DATA', 'A message could not be understood.'), port)
  }

  /** What a channel refuses ends the link; it never throws into the caller, who may be sending to many peers. */
  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#refused(error)
    }
  }

  #refused(error: unknown): void {
    const full = error instanceof NetError && error.code === 'ERR_OUT_OF_MEMORY'
    this.fail(full ? 'buffer_overflow' : 'connection_lost')
  }
}
