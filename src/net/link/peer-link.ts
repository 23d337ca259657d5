// One remote peer above its data channels: greeting, packets in their lanes, acknowledgements, heartbeat, goodbye. Sans-IO:
// bytes and the clock come in, bytes and events go out. It does not know how the channels came to be, nor what the packets
// mean. What is sent goes out at `flush`, which its user calls at the end of a task or tick. It outlives its channels: over
// new ones (`move`) it goes on where it was, and nothing reliable is lost or doubled.

import type { CancelTimer, Clock } from '../clock.ts'
import { NetError, toNetError } from '../errors.ts'
import { systemRandom } from '../random.ts'
import { sumOf, type TrafficStats } from '../statistics.ts'
import { AckPace } from './ack-pace.ts'
import { Acknowledger } from './acknowledger.ts'
import type { LinkChannel, TrafficCounters } from './channel.ts'
import {
  BULK_FROM,
  GOODBYE_TIMEOUT_MS,
  GRACE_MS,
  INITIAL_WINDOW,
  LANE_HIGH_WATER,
  LANE_LOW_WATER,
  MAX_BAD_MESSAGES,
  MAX_EARLY_MESSAGES,
  MAX_MESSAGE,
  MAX_QUEUED,
  MAX_QUEUED_PACKETS,
  SUSPICION_MS,
  TAKEN_EVERY,
  TRICKLE_WINDOW,
} from './constants.ts'
import { u16At, u32At } from './frames.ts'
import { readTakenIn, type TakenIn, writeTakenIn } from './greeting.ts'
import { Heartbeat } from './heartbeat.ts'
import { UnfinishedBudget } from './joiner.ts'
import { CONTROL_LANE, splitLanes } from './lane-table.ts'
import type { OutgoingPacket } from './lanes.ts'
import type { LinkEnd, LinkEvents, LinkStats, PeerLinkOptions } from './link-types.ts'
import { News } from './news.ts'
import { ReliablePort } from './reliable-port.ts'
import type { Receipt } from './sent-log.ts'
import { Session } from './session.ts'
import { StreamReceiver, StreamSender } from './stream.ts'
import type { Frame, Tap } from './tap.ts'
import { UnreliablePort } from './unreliable-port.ts'
import { Goodbye, HAS_LANE, isGreetingKind, isPacketKind, KIND_MASK, Kind, LAST, type PacketKind } from './wire.ts'

export type { LinkEnd, LinkEvents, LinkStats, PeerLinkOptions }

type Port = ReliablePort | UnreliablePort

const NO_TRAFFIC: TrafficCounters = { bytesIn: 0, bytesOut: 0, packetsIn: 0, packetsOut: 0, dropped: 0, rejected: 0 }

const NOTHING = new Uint8Array(0)

export class PeerLink {
  readonly #clock: Clock
  readonly #events: LinkEvents
  readonly #ports: readonly Port[]
  readonly #first: ReliablePort
  readonly #unreliable: UnreliablePort
  readonly #streamOut: StreamSender
  readonly #streamIn: StreamReceiver
  readonly #acknowledger: Acknowledger
  /** Shows on further connections that both sides are the same as before. */
  readonly session: Session
  readonly #news = new News()
  readonly #heartbeat: Heartbeat
  readonly #pace: AckPace
  /** Of each channel. The stream counts with the first. */
  readonly #counters: readonly TrafficCounters[]
  /** Lanes that were told to be full. */
  readonly #full = new Set<number>()
  #state: 'opening' | 'connected' | 'leaving' | 'over' = 'opening'
  /** On the channels of now. */
  #greeted = false
  /** The channels are gone, or not greeted on yet: nothing is handed over. */
  #cut = false
  /** Why the remote is suspected. */
  #suspicion: 'timeout' | 'connection_lost' = 'timeout'
  #early: [port: number, kind: number, ordered: boolean, payload: Uint8Array][] = []
  #cancelProbe: CancelTimer | undefined
  /** Where the remote's stream ends, once it has said goodbye. */
  #streamEnd: number | undefined
  #goodbye: number = Goodbye.Left
  #finishGoodbye: (() => void) | undefined
  /** Channels that are to be used as soon as the remote has greeted on them. */
  #moved: readonly LinkChannel[] | undefined

  constructor(options: PeerLinkOptions) {
    const { channels, modes, clock, events, lanes } = options
    const budget = new UnfinishedBudget(options.budget ?? new UnfinishedBudget())
    this.#counters = channels.map(() => ({ ...NO_TRAFFIC }))
    this.#clock = clock
    this.#events = events
    this.session = new Session(modes, options.random ?? systemRandom)
    this.#acknowledger = new Acknowledger({
      flight: () => this.#flight,
      progress: (reliable, stream) => this.#hearProgress(reliable, stream),
    })
    this.#pace = new AckPace(clock, this.#acknowledger, () => this.#acknowledge())
    const { suspicionMs = SUSPICION_MS, graceMs = GRACE_MS } = options
    this.#heartbeat = new Heartbeat(
      clock,
      { suspicionMs, graceMs },
      {
        beat: () => this.#ask(),
        suspected: () => this.#suspected(),
        back: () => this.#back(),
        gone: () => this.fail(this.#suspicion),
      },
    )
    const { urgent, bulk } = splitLanes(lanes)
    const sending = (lane: number, bytes: number, total: number) =>
      this.#news.add(() => events.progress?.('out', lane, bytes, total))
    const receiving = (lane: number, bytes: number, total: number) => events.progress?.('in', lane, bytes, total)
    this.#ports = channels.map(({ channel, reliable }, port) =>
      reliable
        ? new ReliablePort(channel, urgent, budget, this.#counters[port]!, sending, receiving)
        : new UnreliablePort(channel, this.#acknowledger, this.#counters[port]!),
    )
    this.#first = this.#ports[0] as ReliablePort
    this.#unreliable = this.#ports[1] as UnreliablePort
    this.#streamOut = new StreamSender(bulk, this.#first.channel, (message) => this.#first.putStream(message), sending)
    this.#streamIn = new StreamReceiver(budget, receiving)
  }

  get connected(): boolean {
    return this.#state === 'connected'
  }

  /** Connected, but nothing is heard of the remote. What is reliable waits, what is not is dropped. */
  get reconnecting(): boolean {
    return this.#state === 'connected' && this.#heartbeat.suspected
  }

  get stats(): LinkStats {
    const { received, sent, roundTrip, path } = this.#acknowledger
    return {
      ...sumOf(this.channelStats),
      roundTripTimeMs: roundTrip.smoothedMs,
      roundTripVariationMs: roundTrip.variationMs,
      lossIn: received.loss.loss,
      lossOut: sent.loss,
      queueMs: path.queueMs(this.#clock.now()),
      capacityBytesPerSecond: path.capacity || undefined,
    }
  }

  /** The counters of each channel, in their order. */
  get channelStats(): TrafficStats[] {
    return this.#ports.map(({ bufferedBytes }, port) => ({
      ...this.#counters[port]!,
      bufferedBytes: port === 0 ? bufferedBytes + this.#streamOut.lanes.bytes : bufferedBytes,
    }))
  }

  /** Hears of every frame in and out; one listener, `undefined` for none. */
  set tap(tap: Tap | undefined) {
    const hearer = (direction: 'in' | 'out', port: number, reliable: boolean) =>
      tap &&
      ((frame: Frame) => {
        const at = this.#clock.now()
        this.#news.add(() => tap({ ...frame, direction, at, port, reliable }))
      })
    for (const [port, { reader, writer, reliable }] of this.#ports.entries()) {
      reader.onFrame = hearer('in', port, reliable)
      writer.onFrame = hearer('out', port, reliable)
    }
    this.#streamIn.reader.onFrame = hearer('in', 0, true)
    this.#streamOut.writer.onFrame = hearer('out', 0, true)
  }

  /** The channel is open on this side. */
  opened(port: number): void {
    this.#ports[port]!.open = true
    if (this.#state !== 'opening' || !this.#ports.every((each) => each.open)) return
    this.#greet()
    this.#tryConnect()
  }

  /** The channels are gone, or will not carry anything any more. */
  lost(): void {
    if (this.#state !== 'connected') {
      this.fail('connection_lost')
      return
    }
    this.#cut = true
    if (!this.#heartbeat.suspected) this.#suspicion = 'connection_lost'
    this.#heartbeat.suspect()
  }

  /**
   * Goes on over other channels, which are open, of the same kinds in the same order, and on which both sides have shown that
   * they are of the session. What comes over the old ones must not reach the link any more.
   */
  move(channels: readonly LinkChannel[]): void {
    if (this.#state !== 'connected') return
    this.#cut = true
    this.#greeted = false
    this.#moved = channels
    this.#greet()
  }

  /** The channel takes more. */
  drained(_port: number): void {
    this.flush()
  }

  /** Whether a lane takes more at the moment. False: hold back what can wait. */
  ready(lane: number): boolean {
    const waiting = this.#waiting(lane)
    if (waiting < LANE_HIGH_WATER) return true
    this.#full.add(lane)
    return false
  }

  /** Whether an unreliable channel takes more at the moment. False: what is sent may be replaced by what comes later. */
  unreliableReady(port: number): boolean {
    return (this.#ports[port] as UnreliablePort).ready
  }

  /** Queues a reliable packet, which must not change any more. It goes at the next `flush`. */
  sendReliable(port: number, packet: OutgoingPacket, lane: number): void {
    if (this.#state !== 'connected') return
    this.#counters[port]!.packetsOut += 1
    const first = port === 0
    const lanes =
      first && this.#streamOut.lanes.has(lane) ? this.#streamOut.lanes : (this.#ports[port] as ReliablePort).lanes
    lanes.add(lane, packet)
    if (lanes.bytes + this.#first.flight > MAX_QUEUED || lanes.packets > MAX_QUEUED_PACKETS)
      this.fail('buffer_overflow')
  }

  /** Sends an unreliable packet, which must not change any more, at the next `flush` or sooner. */
  sendUnreliable(
    port: number,
    packet: OutgoingPacket,
    ordered: boolean,
    key?: string | number,
    receipt?: Receipt,
  ): void {
    const told = receipt && ((delivered: boolean) => this.#news.add(() => receipt(delivered)))
    if (this.#state === 'connected') {
      this.#counters[port]!.packetsOut += 1
      try {
        ;(this.#ports[port] as UnreliablePort).send(packet, ordered, this.#clock.now(), key, told)
      } catch (error) {
        this.#refused(error)
      }
    } else told?.(false)
    this.#news.tell()
  }

  /** Says something about the bulk connection to the remote. */
  sendSignal(payload: Uint8Array): void {
    if (this.#state === 'connected') this.#control(Kind.Signal, payload)
  }

  /** Hands over what waits, as far as the path takes it. */
  flush(): void {
    if (this.#state !== 'connected' || this.#cut) return
    try {
      this.#flush()
    } catch (error) {
      this.#refused(error)
    }
    this.#news.tell()
  }

  /** The stream goes over this channel from now on: a connection of its own. */
  openBulk(channel: LinkChannel): void {
    const put = (message: Uint8Array) => {
      try {
        channel.putPacket(message)
      } catch {
        // The game's own channels may be well.
        this.#news.add(() => this.#events.bulkRefused?.())
      }
      this.#counters[0]!.bytesOut += message.length
    }
    this.#streamOut.use(channel, put, false)
    this.#acknowledger.path.restart()
    this.flush()
  }

  /** That connection is gone: the stream goes on over the first channel, with what may be lost. */
  closeBulk(): void {
    if (this.#state === 'over') return
    this.#streamOut.use(this.#first.channel, (message) => this.#first.putStream(message), true)
    if (this.#state === 'leaving') this.#guard(() => this.#streamOut.flushAll())
    this.flush()
  }

  /** A message arrived on the bulk connection. Never throws. */
  receiveBulk(message: Uint8Array): void {
    if (this.#state === 'over') return
    // That the bulk connection lives says nothing of the game's once that is in doubt.
    if (!this.#heartbeat.suspected) this.#heartbeat.hear()
    this.#counters[0]!.bytesIn += message.length
    this.#checked(0, () => {
      checkLength(message)
      if ((byteOf(message) & KIND_MASK) !== Kind.Stream) throw invalid('Only the stream goes over this channel.')
      this.#receiveStream(message)
    })
  }

  /** A message arrived. Never throws. */
  receive(port: number, message: Uint8Array): void {
    if (this.#state === 'over') return
    if (!this.#cut) this.#heartbeat.hear()
    this.#counters[port]!.bytesIn += message.length
    try {
      checkLength(message)
      const each = this.#ports[port]!
      if (each.reliable) this.#receiveReliable(port, each as ReliablePort, message)
      else this.#receiveUnreliable(port, each as UnreliablePort, message)
    } catch (error) {
      this.#misunderstood(port, error)
    }
    this.#news.tell()
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
    if (this.#state !== 'connected' || this.#cut) {
      this.close()
      return Promise.resolve()
    }
    this.#state = 'leaving'
    this.#stopTimers()
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
    this.#stopTimers()
    this.#early = []
    for (const port of this.#ports) port.close()
    this.#streamOut.close()
    this.#streamIn.close()
    this.#acknowledger.sent.close()
    this.#finishGoodbye?.()
    this.#news.tell()
  }

  /** Bytes on their way, on all channels. */
  get #flight(): number {
    return this.#acknowledger.sent.flight + this.#first.flight + this.#streamOut.flight
  }

  #waiting(lane: number): number {
    const { lanes, flight } = this.#streamOut
    if (lanes.has(lane)) return lanes.waiting(lane) + flight
    let waiting = this.#first.flight
    for (const port of this.#ports) if (port.reliable) waiting += (port as ReliablePort).lanes.waiting(lane)
    return waiting
  }

  #flush(): void {
    const now = this.#clock.now()
    const { window } = this.#acknowledger.path
    // By index, here and below: this runs with every message, and an iterator is garbage.
    for (let i = 0; i < this.#ports.length; i++) {
      const port = this.#ports[i]!
      if (!port.reliable && port.hasWork) (port as UnreliablePort).flush(now)
    }
    for (let i = 0; i < this.#ports.length; i++) {
      const port = this.#ports[i]!
      if (!port.reliable || !port.hasWork) continue
      ;(port as ReliablePort).flush(i === 0 ? Math.max(window, INITIAL_WINDOW) : Number.POSITIVE_INFINITY)
    }
    const { lanes } = this.#streamOut
    if (this.#streamOut.waits) {
      // Where packets are lost, a transfer on the game's association is felt in the game.
      const waits = lanes.bytes > BULK_FROM && this.#events.bulkWaits?.() === true
      const most = waits && this.#acknowledger.sent.loss > 0 ? Math.min(window, TRICKLE_WINDOW) : window
      this.#streamOut.flush(most - this.#acknowledger.sent.flight - this.#first.flight)
      this.#probe(now)
    } else if (this.#streamOut.flight > 0) this.#probe(now)
    if (this.#full.size === 0) return
    for (const lane of this.#full) {
      if (this.#waiting(lane) > LANE_LOW_WATER) continue
      this.#full.delete(lane)
      this.#events.drained?.(lane)
    }
  }

  /** While the stream flows, the delay of the path is measured often, whatever the game sends. */
  #probe(now: number): void {
    if (this.#state !== 'connected' || this.#cut) return
    const { probeMs } = this.#acknowledger.path
    if (now - this.#acknowledger.lastSentAt >= probeMs) this.#unreliable.sendNow(now, true)
    this.#cancelProbe ??= this.#clock.setTimeout(() => {
      this.#cancelProbe = undefined
      this.flush()
    }, probeMs)
  }

  #receiveReliable(port: number, each: ReliablePort, message: Uint8Array): void {
    // Greetings do not count: each set of channels has its own.
    if (!isGreetingKind(byteOf(message) & KIND_MASK)) each.takenIn = (each.takenIn + 1) & 0xffff
    if (port > 0) this.#countTaken(port, each, TAKEN_EVERY)
    else {
      this.#acknowledger.reliableIn = each.takenIn
      this.#acknowledger.madeProgress()
      if ((byteOf(message) & KIND_MASK) === Kind.Stream) {
        this.#receiveStream(message)
        return
      }
      this.#pace.reliable()
    }
    if (message.length === 0) throw invalid('An empty message.')
    const { reader, joiner } = each
    reader.open(message, 0)
    while (this.#state !== 'over' && reader.next()) {
      const { kind, lane } = reader
      const payload = reader.isPiece ? joiner.add(lane, kind, reader.payload) : reader.payload
      if (payload) this.#take(port, kind, true, payload)
    }
  }

  #receiveStream(message: Uint8Array): void {
    this.#streamIn.receive(message, (each) => this.#checked(0, () => this.#takeStream(each)))
    this.#acknowledger.streamIn = this.#streamIn.next
    this.#acknowledger.madeProgress()
    this.#pace.stream()
    this.#tryEnd()
  }

  #takeStream(message: Uint8Array): void {
    const { reader, joiner } = this.#streamIn
    reader.open(message, 5)
    while (this.#state !== 'over' && reader.next()) {
      const { kind, lane } = reader
      if (!isPacketKind(kind)) throw invalid(`A frame of kind ${kind} does not belong here.`)
      const payload = reader.isPiece ? joiner.add(lane, kind, reader.payload) : reader.payload
      if (!payload) continue
      if (this.#state === 'opening') throw invalid('A packet came before the greeting.')
      // The bulk connection may bring it while the link moves: its position tells that it is no copy.
      this.#takePacket(0, kind, true, payload)
    }
  }

  #receiveUnreliable(port: number, each: UnreliablePort, message: Uint8Array): void {
    const acknowledger = this.#acknowledger
    const now = this.#clock.now()
    const start = acknowledger.read(message, now)
    if (start < 0) return
    const { number, asked } = acknowledger
    this.#pace.unreliable(asked, start < message.length)
    // What waited for room may go now.
    if (start > 3) this.flush()
    const { reader } = each
    reader.open(message, start)
    while (this.#state !== 'over' && reader.next()) {
      const { kind, ordered } = reader
      const payload = each.take(number, now)
      if (payload) this.#take(port, kind, ordered, payload)
    }
  }

  #take(port: number, kind: number, ordered: boolean, payload: Uint8Array): void {
    if (port === 0 && !this.#greeted && isGreetingKind(kind)) {
      if (kind === Kind.Hello && !this.#moved) this.#hearGreeting(payload)
      else if (kind === Kind.Resume && this.#moved) this.#hearReturn(payload, this.#moved)
      // A proof is for somebody who was here before us: a greeting for us follows.
      else if (kind !== Kind.Proof || this.#moved) throw invalid(`A frame of kind ${kind} does not belong here.`)
      return
    }
    if (this.#state === 'opening' || !this.#greeted) {
      this.#keepEarly(port, kind, ordered, payload)
      return
    }
    if (isPacketKind(kind)) this.#takePacket(port, kind, ordered, payload)
    else if (kind === Kind.Goodbye && this.#ports[port]!.reliable && payload.length === (port === 0 ? 5 : 1)) {
      this.#hearGoodbye(port, payload)
    } else if (kind === Kind.GoodbyeAck && port === 0) this.#hearAnswer()
    else if (kind === Kind.Signal && port === 0) {
      if (this.#state === 'connected') this.#events.signal?.(payload)
    } else if (kind === Kind.Taken && port === 0 && payload.length === 3) this.#hearTaken(payload)
    else throw invalid(`A frame of kind ${kind} does not belong here.`)
  }

  #takePacket(port: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void {
    if (this.#state !== 'connected') return
    this.#counters[port]!.packetsIn += 1
    this.#events.packet(port, kind, ordered, payload)
  }

  #greet(): void {
    const payload = this.#moved ? writeTakenIn(this.#takenIn) : this.session.greeting()
    const kind = this.#moved ? Kind.Resume : Kind.Hello
    const message = Uint8Array.of(kind | LAST | HAS_LANE, CONTROL_LANE, ...payload)
    const channel = this.#moved?.[0] ?? this.#first.channel
    this.#counters[0]!.bytesOut += message.length
    this.#guard(() => channel.putPacket(message))
  }

  get #takenIn(): TakenIn {
    const messages = this.#ports.flatMap((port) => (port.reliable ? [(port as ReliablePort).takenIn] : []))
    return { messages, stream: this.#streamIn.next }
  }

  #hearGreeting(payload: Uint8Array): void {
    try {
      this.session.meet(payload)
    } catch (error) {
      this.#events.rejected(error as NetError)
      this.fail('protocol_error')
      return
    }
    this.#greeted = true
    this.#tryConnect()
  }

  /** Both sides know where they were: what was lost on the way goes again, over `channels`. */
  #hearReturn(payload: Uint8Array, channels: readonly LinkChannel[]): void {
    let reliable = 0
    try {
      const { messages, stream } = readTakenIn(payload, this.#takenIn.messages.length)
      const fits = this.#ports.every((port, index) =>
        port.reliable
          ? (port as ReliablePort).resume(channels[index]!, messages[reliable++]!)
          : (port as UnreliablePort).resume(channels[index]!),
      )
      if (!fits || this.#streamOut.taken(stream) < 0) throw invalid('A greeting that takes in what was never sent.')
    } catch (error) {
      this.reject(error as NetError)
      this.fail('protocol_error')
      return
    }
    this.#greeted = true
    this.#streamOut.use(this.#first.channel, (message) => this.#first.putStream(message), true)
    this.#acknowledger.restart()
    this.#moved = undefined
    this.#cut = false
    this.#events.moved?.()
    this.#heartbeat.hear()
    this.#takeEarly()
    this.#ask()
  }

  #suspected(): void {
    this.#acknowledger.isHushed = true
    this.#events.reconnecting?.()
  }

  #back(): void {
    this.#acknowledger.isHushed = false
    this.#suspicion = 'timeout'
    this.#events.reconnected?.()
    this.flush()
  }

  /** Tells what was taken in on a reliable user channel, when it is `least` messages more than was told last. */
  #countTaken(port: number, each: ReliablePort, least: number): void {
    const { takenIn } = each
    if (((takenIn - each.toldTakenIn) & 0xffff) < least || this.#cut || this.#state !== 'connected') return
    each.toldTakenIn = takenIn
    this.#control(Kind.Taken, Uint8Array.of(port, takenIn, takenIn >>> 8))
  }

  #hearTaken(payload: Uint8Array): void {
    const port = payload[0]!
    const each = port > 0 ? this.#ports[port] : undefined
    if (!each?.reliable || (each as ReliablePort).taken(u16At(payload, 1)) < 0) {
      throw invalid('An acknowledgement of what was never sent.')
    }
  }

  #tryConnect(): void {
    if (this.#state !== 'opening' || !this.#greeted || !this.#ports.every((port) => port.open)) return
    this.#state = 'connected'
    this.#heartbeat.start()
    this.#events.connected()
    this.#ask()
    this.#takeEarly()
  }

  #takeEarly(): void {
    const early = this.#early
    this.#early = []
    for (const [port, kind, ordered, payload] of early)
      this.#checked(port, () => this.#take(port, kind, ordered, payload))
  }

  /** What overtook the greeting waits for it. */
  #keepEarly(port: number, kind: number, ordered: boolean, payload: Uint8Array): void {
    if (port === 0) throw invalid('A packet came before the greeting.')
    if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push([port, kind, ordered, payload])
    else if (this.#ports[port]!.reliable) this.fail('buffer_overflow')
    else this.#counters[port]!.dropped += 1
  }

  /** A sign of life, which is answered: heartbeat and measurement. */
  #ask(): void {
    if (this.#state === 'over' || this.#cut) return
    for (const [port, each] of this.#ports.entries()) {
      if (port > 0 && each.reliable) this.#countTaken(port, each as ReliablePort, 1)
    }
    // Whatever was not heard of for so long: an acknowledgement may have been lost.
    this.#acknowledger.madeProgress()
    this.#acknowledger.sent.expire(this.#clock.now())
    this.#guard(() => this.#unreliable.sendNow(this.#clock.now(), true))
    this.flush()
  }

  /** With packets that wait for the end of the task, or alone. */
  #acknowledge(): void {
    if (this.#state !== 'connected' || this.#cut) return
    this.#guard(() => {
      const now = this.#clock.now()
      this.#unreliable.flush(now)
      if (this.#acknowledger.owes) this.#unreliable.sendNow(now, false)
    })
  }

  #hearProgress(reliable: number, stream: number): void {
    const flight = this.#flight
    const first = this.#first.taken(reliable)
    const bulk = this.#streamOut.taken(stream)
    if (first < 0 || bulk < 0) throw invalid('An acknowledgement of what was never sent.')
    if (first + bulk > 0) this.#acknowledger.path.delivered(first + bulk, flight, this.#clock.now())
  }

  #control(kind: Kind, payload: Uint8Array): void {
    this.#first.lanes.add(CONTROL_LANE, { kind, payload })
    if (this.#cut) return
    this.#guard(() => this.#first.flush(Number.POSITIVE_INFINITY))
  }

  #sayGoodbye(reason: Goodbye): void {
    this.#guard(() => {
      const now = this.#clock.now()
      for (const port of this.#ports) {
        if (port.reliable) (port as ReliablePort).flushAll()
        else (port as UnreliablePort).flush(now)
      }
      this.#streamOut.flushAll()
      const end = this.#streamOut.next
      const payload = Uint8Array.of(reason, end, end >>> 8, end >>> 16, end >>> 24)
      for (const [index, port] of this.#ports.entries()) {
        if (!port.reliable) continue
        const said = { kind: Kind.Goodbye, payload: index === 0 ? payload : payload.subarray(0, 1) }
        ;(port as ReliablePort).say(CONTROL_LANE, said)
      }
    })
  }

  #hearGoodbye(port: number, payload: Uint8Array): void {
    ;(this.#ports[port] as ReliablePort).ended = true
    this.#goodbye = payload[0]!
    if (port === 0) this.#streamEnd = u32At(payload, 1)
    this.#tryEnd()
  }

  /** Over, when everything that was sent before the goodbye is here. */
  #tryEnd(): void {
    if (this.#streamEnd !== this.#streamIn.next || this.#state === 'over') return
    if (!this.#ports.every((port) => !port.reliable || (port as ReliablePort).ended)) return
    this.#guard(() => this.#first.say(CONTROL_LANE, { kind: Kind.GoodbyeAck, payload: NOTHING }))
    this.fail(this.#goodbye === Goodbye.Kicked ? 'disconnected_by_remote' : 'left')
  }

  #hearAnswer(): void {
    if (this.#state === 'leaving') this.close()
  }

  #stopTimers(): void {
    this.#heartbeat.stop()
    this.#pace.stop()
    this.#cancelProbe?.()
  }

  /** What the remote sent wrongly is counted; it never throws into the channel beneath. */
  #checked(port: number, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#misunderstood(port, error)
    }
    this.#news.tell()
  }

  #misunderstood(port: number, error: unknown): void {
    const known = toNetError(error, 'ERR_INVALID_DATA', 'A message could not be understood.')
    if (known.code === 'ERR_OUT_OF_MEMORY') {
      this.#events.rejected(known)
      this.fail('buffer_overflow')
    } else this.reject(known, port)
  }

  /** What a channel refuses ends the link; it never throws into the caller, who may be sending to many peers. */
  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#refused(error)
    }
    this.#news.tell()
  }

  #refused(error: unknown): void {
    if (error instanceof NetError && error.code === 'ERR_OUT_OF_MEMORY') this.fail('buffer_overflow')
    else this.lost()
  }
}

/** Nobody who keeps to the format makes a larger one; whoever does would have us keep it, early or as a piece. */
function checkLength({ length }: Uint8Array): void {
  if (length > MAX_MESSAGE) throw invalid(`A message of ${length} bytes; ${MAX_MESSAGE} are possible.`)
}

function byteOf(message: Uint8Array): number {
  return message[0] ?? 0
}

function invalid(message: string): NetError {
  return new NetError('ERR_INVALID_DATA', message)
}
