// One remote peer above its data channels: greeting, packets in their lanes, acknowledgements, heartbeat, goodbye. Sans-IO:
// bytes and the clock come in, bytes and events go out. It does not know how the channels came to be, nor what the packets
// mean. What is sent goes out at `flush`, which its user calls at the end of a task or tick. It outlives its channels: over
// new ones (`move`) it goes on where it was, and nothing reliable is lost or doubled. Here are its life and what joins its
// parts: what it sends (link-sender.ts) and receives (link-receiver.ts), how it begins (handshake.ts) and ends (farewell.ts).

import type { NetError } from '../errors.ts'
import { systemRandom } from '../random.ts'
import { sumOf, type TrafficStats } from '../statistics.ts'
import { Acknowledger } from './acknowledger.ts'
import type { LinkChannel } from './channel.ts'
import { GRACE_MS, SUSPICION_MS } from './constants.ts'
import { Farewell } from './farewell.ts'
import { Faults, invalid } from './faults.ts'
import { Handshake } from './handshake.ts'
import { Heartbeat } from './heartbeat.ts'
import { UnfinishedBudget } from './joiner.ts'
import { splitLanes } from './lane-table.ts'
import type { OutgoingPacket } from './lanes.ts'
import { Life } from './life.ts'
import type { LinkParts } from './link-parts.ts'
import { LinkReceiver } from './link-receiver.ts'
import { LinkSender } from './link-sender.ts'
import type { LinkEnd, LinkEvents, LinkStats, PeerLinkOptions } from './link-types.ts'
import { News } from './news.ts'
import { Ports } from './ports.ts'
import { ReliablePort } from './reliable-port.ts'
import type { Receipt } from './sent-log.ts'
import { Session } from './session.ts'
import type { Frame, Tap } from './tap.ts'
import { UnreliablePort } from './unreliable-port.ts'
import { type Goodbye, isGreetingKind, isPacketKind, Kind, type PacketKind } from './wire.ts'

export type { LinkEnd, LinkEvents, LinkStats, PeerLinkOptions }

export class PeerLink {
  /** Shows on further connections that both sides are the same as before. */
  readonly session: Session
  readonly #link: LinkParts
  readonly #sender: LinkSender
  readonly #receiver: LinkReceiver
  readonly #handshake: Handshake
  readonly #farewell: Farewell
  readonly #heartbeat: Heartbeat
  /** Why the remote is suspected. */
  #suspicion: 'timeout' | 'connection_lost' = 'timeout'

  constructor(options: PeerLinkOptions) {
    const { channels, modes, clock, events, random = systemRandom } = options
    const { suspicionMs = SUSPICION_MS, graceMs = GRACE_MS, acknowledgesLate = false } = options
    const budget = new UnfinishedBudget(options.budget ?? new UnfinishedBudget(), () => this.#giveUpUnfinished())
    const { urgent, bulk } = splitLanes(options.lanes)
    const life = new Life()
    const news = new News()
    const sending = (lane: number, bytes: number, total: number) =>
      news.add(() => events.progress?.('out', lane, bytes, total))
    const receiving = (lane: number, bytes: number, total: number) => events.progress?.('in', lane, bytes, total)
    const acknowledger = new Acknowledger({
      flight: () => this.#sender.flight,
      progress: (reliable, stream) => this.#sender.hearProgress(reliable, stream),
    })
    const ports = channels.map(({ channel, reliable }) =>
      reliable
        ? new ReliablePort(channel, urgent, budget, sending, receiving)
        : new UnreliablePort(channel, acknowledger, (error) => news.add(() => faults.refused(error))),
    )
    const fail = (reason: LinkEnd) => this.fail(reason)
    const faults = new Faults({ life, news, events, ports, fail, lost: () => this.lost() })
    this.#link = { clock, events, news, life, faults, ports: new Ports(ports), acknowledger, acknowledgesLate }
    this.#sender = new LinkSender(this.#link, bulk, sending)
    this.#receiver = new LinkReceiver(this.#link, this.#sender, budget, receiving, {
      take: (port, kind, ordered, payload) => this.#take(port, kind, ordered, payload),
      takePacket: (port, kind, ordered, payload) => this.#takePacket(port, kind, ordered, payload),
      streamed: () => this.#farewell.tryEnd(),
    })
    this.session = new Session(modes, random)
    this.#handshake = new Handshake(this.#link, this.#sender, this.#receiver, this.session, {
      met: () => this.#tryConnect(),
      resumed: () => this.#resumed(),
    })
    this.#farewell = new Farewell(this.#link, this.#sender, this.#receiver)
    this.#heartbeat = new Heartbeat(
      clock,
      { suspicionMs, graceMs },
      {
        beat: () => this.#sender.ask(),
        suspected: () => this.#suspected(),
        back: () => this.#back(),
        gone: () => this.fail(this.#suspicion),
      },
    )
  }

  get connected(): boolean {
    return this.#link.life.phase === 'connected'
  }

  /** Connected, but nothing is heard of the remote. What is reliable waits, what is not is dropped. */
  get reconnecting(): boolean {
    return this.connected && this.#heartbeat.suspected
  }

  /** Why it is reconnecting: it fell silent, or its channels are gone. `undefined`: it is not. */
  get suspicion(): 'timeout' | 'connection_lost' | undefined {
    return this.reconnecting ? this.#suspicion : undefined
  }

  get stats(): LinkStats {
    const { clock, acknowledger } = this.#link
    const { received, sent, roundTrip, path } = acknowledger
    return {
      ...sumOf(this.channelStats),
      roundTripTimeMs: roundTrip.smoothedMs,
      roundTripVariationMs: roundTrip.variationMs,
      lossIn: received.loss.loss,
      lossOut: sent.loss,
      queueMs: path.queueMs(clock.now()),
      capacityBytesPerSecond: path.capacity || undefined,
    }
  }

  /** The counters of each channel, in their order. The stream counts with the first. */
  get channelStats(): TrafficStats[] {
    return this.#link.ports.all.map(({ counters, bufferedBytes }, port) => ({
      ...counters,
      bufferedBytes: port === 0 ? bufferedBytes + this.#sender.stream.lanes.bytes : bufferedBytes,
    }))
  }

  /** Hears of every frame in and out; one listener, `undefined` for none. */
  set tap(tap: Tap | undefined) {
    const { clock, news, ports } = this.#link
    const hearer = (direction: 'in' | 'out', port: number, reliable: boolean) =>
      tap &&
      ((frame: Frame) => {
        const at = clock.now()
        news.add(() => tap({ ...frame, direction, at, port, reliable }))
      })
    for (const [port, { reader, writer, reliable }] of ports.all.entries()) {
      reader.onFrame = hearer('in', port, reliable)
      writer.onFrame = hearer('out', port, reliable)
    }
    this.#receiver.stream.reader.onFrame = hearer('in', 0, true)
    this.#sender.stream.writer.onFrame = hearer('out', 0, true)
  }

  /** The channel is open on this side. */
  opened(port: number): void {
    const { ports, life } = this.#link
    ports.all[port]!.open = true
    if (life.phase !== 'opening' || !ports.areOpen) return
    this.#handshake.greet()
    this.#tryConnect()
  }

  /** The channels are gone, or will not carry anything any more. */
  lost(): void {
    if (!this.connected) {
      this.fail('connection_lost')
      return
    }
    this.#link.life.isCut = true
    if (!this.#heartbeat.suspected) this.#suspicion = 'connection_lost'
    this.#heartbeat.suspect()
  }

  /**
   * Goes on over other channels, which are open, of the same kinds in the same order, and on which both sides have shown that
   * they are of the session. What comes over the old ones must not reach the link any more.
   */
  move(channels: readonly LinkChannel[]): void {
    if (this.connected) this.#handshake.move(channels)
  }

  /** The channel takes more. */
  drained(_port: number): void {
    this.flush()
  }

  /** Whether a lane takes more at the moment. False: hold back what can wait. */
  ready(lane: number): boolean {
    return this.#sender.ready(lane)
  }

  /** Whether an unreliable channel takes more at the moment. False: what is sent may be replaced by what comes later. */
  unreliableReady(port: number): boolean {
    return (this.#link.ports.all[port] as UnreliablePort).ready
  }

  /** Queues a reliable packet, which must not change any more. It goes at the next `flush`. */
  sendReliable(port: number, packet: OutgoingPacket, lane: number): void {
    this.#sender.addReliable(port, packet, lane)
  }

  /** Sends an unreliable packet, which must not change any more, at the next `flush` or sooner. */
  sendUnreliable(
    port: number,
    packet: OutgoingPacket,
    ordered: boolean,
    key?: string | number,
    receipt?: Receipt,
  ): void {
    this.#sender.addUnreliable(port, packet, ordered, key, receipt && later(this.#link.news, receipt))
    this.#link.news.tell()
  }

  /** Says something about the bulk connection to the remote. */
  sendSignal(payload: Uint8Array): void {
    if (this.connected) this.#sender.control(Kind.Signal, payload)
  }

  /** Hands over what waits, as far as the path takes it. */
  flush(): void {
    this.#sender.flush()
  }

  /** The stream goes over this channel from now on: a connection of its own. */
  openBulk(channel: LinkChannel): void {
    this.#sender.openBulk(channel)
  }

  /** That connection is gone: the stream goes on over the first channel, with what may be lost. */
  closeBulk(): void {
    const { life, faults } = this.#link
    if (life.phase === 'over') return
    this.#sender.closeBulk()
    if (life.phase === 'leaving') faults.guard(() => this.#sender.stream.flushAll())
    this.flush()
  }

  /** A message arrived on the bulk connection. Never throws. */
  receiveBulk(message: Uint8Array): void {
    if (this.#link.life.phase === 'over') return
    // That the bulk connection lives says nothing of the game's once that is in doubt.
    if (!this.#heartbeat.suspected) this.#heartbeat.hear()
    this.#receiver.receiveBulk(message)
  }

  /** A message arrived. Never throws. */
  receive(port: number, message: Uint8Array): void {
    const { life } = this.#link
    if (life.phase === 'over') return
    if (!life.isCut) this.#heartbeat.hear()
    this.#receiver.receive(port, message)
  }

  /** Counts something bad that the remote sent over channel `port`; after a few the link ends. */
  reject(error: NetError, port = 0): void {
    this.#link.faults.reject(error, port)
  }

  /** Says goodbye, and resolves when the remote has everything that was sent before, or does not answer in time. */
  goodbye(reason: Goodbye): Promise<void> {
    const { life } = this.#link
    if (!life.flows) {
      this.close()
      return Promise.resolve()
    }
    life.phase = 'leaving'
    this.#stopTimers()
    return this.#farewell.say(reason, () => this.close())
  }

  /** Ends the link because something failed. */
  fail(reason: LinkEnd): void {
    const { life, events } = this.#link
    if (life.phase === 'over') return
    const leaving = life.phase === 'leaving'
    this.close()
    if (!leaving) events.ended(reason)
  }

  /** Ends the link without a word. */
  close(): void {
    const { life, ports, acknowledger, news } = this.#link
    life.phase = 'over'
    this.#stopTimers()
    this.#handshake.close()
    for (const port of ports.all) port.close()
    this.#sender.stream.close()
    this.#receiver.stream.close()
    acknowledger.sent.close()
    this.#farewell.over()
    news.tell()
  }

  #take(port: number, kind: number, ordered: boolean, payload: Uint8Array): void {
    const { life, ports, events } = this.#link
    if (port === 0 && !this.#handshake.isDone && isGreetingKind(kind)) this.#handshake.hear(kind, payload)
    else if (life.phase === 'opening' || !this.#handshake.isDone) {
      this.#handshake.keepEarly({ port, kind, ordered, payload })
    } else if (isPacketKind(kind)) this.#takePacket(port, kind, ordered, payload)
    else if (kind === Kind.Goodbye && ports.all[port]!.reliable && payload.length === (port === 0 ? 5 : 1)) {
      this.#farewell.hear(port, payload)
    } else if (kind === Kind.GoodbyeAck && port === 0) {
      if (life.phase === 'leaving') this.close()
    } else if (kind === Kind.Signal && port === 0) {
      if (life.phase === 'connected') events.signal?.(payload)
    } else if (kind === Kind.Taken && port === 0 && payload.length === 3) this.#sender.hearTaken(payload)
    else throw invalid(`A frame of kind ${kind} does not belong here.`)
  }

  #takePacket(port: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void {
    const { life, ports, events } = this.#link
    if (life.phase !== 'connected') return
    ports.all[port]!.counters.packetsIn += 1
    events.packet(port, kind, ordered, payload)
  }

  #tryConnect(): void {
    const { life, ports, events } = this.#link
    if (life.phase !== 'opening' || !this.#handshake.isDone || !ports.areOpen) return
    life.phase = 'connected'
    this.#heartbeat.start()
    events.connected()
    this.#sender.ask()
    this.#takeEarly()
  }

  #resumed(): void {
    this.#link.events.moved?.()
    this.#heartbeat.hear()
    this.#takeEarly()
    this.#sender.ask()
  }

  #takeEarly(): void {
    for (const { port, kind, ordered, payload } of this.#handshake.takeEarly()) {
      this.#link.faults.checked(port, () => this.#take(port, kind, ordered, payload))
    }
  }

  /** Too much of all that is unfinished is this remote's. */
  #giveUpUnfinished(): void {
    for (const { joiner } of this.#link.ports.reliable) joiner.clear()
    this.#receiver.stream.joiner.clear()
    // Another link is at work: its user hears of this one later.
    this.#link.news.add(() => this.fail('buffer_overflow'))
  }

  #suspected(): void {
    const { acknowledger, events } = this.#link
    acknowledger.isHushed = true
    events.reconnecting?.()
  }

  #back(): void {
    const { acknowledger, events } = this.#link
    acknowledger.isHushed = false
    this.#suspicion = 'timeout'
    events.reconnected?.()
    this.flush()
  }

  #stopTimers(): void {
    this.#heartbeat.stop()
    this.#receiver.stopTimers()
    this.#sender.stopTimers()
  }
}

/** Tells it when nothing of ours is half done. */
function later(news: News, receipt: Receipt): Receipt {
  return (delivered) => news.add(() => receipt(delivered))
}
