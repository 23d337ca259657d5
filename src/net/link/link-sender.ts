// What a link sends: packets wait in the ports and in the stream, and go out at a flush, as far as the path takes them.
// Also what goes without being asked for: acknowledgements, questions, soundings of the path.

import type { CancelTimer } from '../clock.ts'
import type { LinkChannel } from './channel.ts'
import {
  BULK_FROM,
  BULK_STALL_MS,
  BULK_STALL_ROUND_TRIPS,
  INITIAL_WINDOW,
  LANE_HIGH_WATER,
  LANE_LOW_WATER,
  MAX_QUEUED,
  MAX_QUEUED_PACKETS,
  MIN_WINDOW,
  TRICKLE_WINDOW,
} from './constants.ts'
import { invalid } from './faults.ts'
import { u16At } from './frames.ts'
import { CONTROL_LANE, type LaneTable } from './lane-table.ts'
import type { OutgoingPacket, Sending } from './lanes.ts'
import type { LinkParts } from './link-parts.ts'
import { Pacer } from './pacer.ts'
import type { ReliablePort } from './reliable-port.ts'
import type { Receipt } from './sent-log.ts'
import { Stall } from './stall.ts'
import { StreamSender } from './stream.ts'
import type { UnreliablePort } from './unreliable-port.ts'
import { Kind } from './wire.ts'

export class LinkSender {
  readonly stream: StreamSender
  readonly #link: LinkParts
  /** Lanes that were told to be full. */
  readonly #full = new Set<number>()
  /** Of the stream's own connection, while it has one. */
  #stall: Stall | undefined
  /** Bytes of the stream that may be on their way while it waits for that: as few as can be until it is seen that they arrive. */
  #trickle = MIN_WINDOW
  readonly #pacer: Pacer
  #cancelPace: CancelTimer | undefined
  readonly #paced = () => {
    this.#cancelPace = undefined
    this.flush()
  }
  #cancelProbe: CancelTimer | undefined
  readonly #probeAgain = () => {
    this.#cancelProbe = undefined
    this.flush()
  }

  /** @param bulk The lanes that travel in the stream. */
  constructor(link: LinkParts, bulk: LaneTable, sending: Sending) {
    this.#link = link
    const { first } = link.ports
    this.#pacer = new Pacer(link.acknowledger.path)
    this.stream = new StreamSender(bulk, first.channel, (message) => first.putStream(message), sending)
  }

  /** Bytes on their way, on all channels. */
  get flight(): number {
    const { acknowledger, ports } = this.#link
    return acknowledger.sent.flight + ports.first.flight + this.stream.flight
  }

  /** Whether a lane takes more at the moment. */
  ready(lane: number): boolean {
    if (this.#waiting(lane) < LANE_HIGH_WATER) return true
    this.#full.add(lane)
    return false
  }

  /** Queues a reliable packet. */
  addReliable(port: number, packet: OutgoingPacket, lane: number): void {
    const { life, ports } = this.#link
    if (life.phase !== 'connected') return
    const each = ports.all[port] as ReliablePort
    each.counters.packetsOut += 1
    const lanes = port === 0 && this.stream.lanes.has(lane) ? this.stream.lanes : each.lanes
    lanes.add(lane, packet)
    this.#bound()
  }

  /** Takes an unreliable packet; of what waits the newest wins. */
  addUnreliable(port: number, packet: OutgoingPacket, ordered: boolean, key?: string | number, told?: Receipt): void {
    const { life, ports, faults, clock } = this.#link
    if (life.phase !== 'connected') {
      told?.(false)
      return
    }
    const each = ports.all[port] as UnreliablePort
    each.counters.packetsOut += 1
    try {
      each.send(packet, ordered, clock.now(), key, told)
    } catch (error) {
      faults.refused(error)
    }
  }

  /** Hands over what waits, as far as the path takes it. */
  flush(): void {
    if (!this.#link.life.flows) return
    try {
      this.#flush()
    } catch (error) {
      this.#link.faults.refused(error)
    }
    this.#link.news.tell()
  }

  /** Hands over everything: there is no later. */
  flushAll(): void {
    const now = this.#link.clock.now()
    for (const port of this.#link.ports.all) {
      if (port.reliable) port.flushAll()
      else port.flush(now)
    }
    this.stream.flushAll()
  }

  /** The stream goes over this channel from now on: a connection of its own. */
  openBulk(channel: LinkChannel): void {
    const { news, events, ports, acknowledger, clock } = this.#link
    const put = (message: Uint8Array) => {
      try {
        channel.putPacket(message)
      } catch {
        // The game's own channels may be well.
        news.add(() => events.bulkRefused?.())
      }
      ports.first.counters.bytesOut += message.length
    }
    this.stream.use(channel, put, false)
    this.#stall = new Stall()
    this.#stall.over(clock.now())
    // SCTP begins anew there, and what is more than it takes would leave all at once when it does.
    acknowledger.path.restart(INITIAL_WINDOW)
    this.flush()
  }

  /** The stream goes on over the first channel, with what may be lost. */
  closeBulk(): void {
    const { first } = this.#link.ports
    this.#stall = undefined
    this.stream.use(first.channel, (message) => first.putStream(message), true)
  }

  /** A message of the link's own, at once. */
  control(kind: Kind, payload: Uint8Array): void {
    const { ports, life, faults } = this.#link
    ports.first.lanes.add(CONTROL_LANE, { kind, payload })
    this.#bound()
    if (life.isCut || life.phase === 'over') return
    faults.guard(() => ports.first.flush(Number.POSITIVE_INFINITY))
  }

  /** Tells what was taken in on a reliable user channel, when it is `least` messages more than was told last. */
  tellTaken(port: number, least: number): void {
    const each = this.#link.ports.all[port] as ReliablePort
    const { takenIn } = each
    if (((takenIn - each.toldTakenIn) & 0xffff) < least || !this.#link.life.flows) return
    each.toldTakenIn = takenIn
    this.control(Kind.Taken, Uint8Array.of(port, takenIn, takenIn >>> 8))
  }

  /** The other side tells so of ours. @throws {NetError} ERR_INVALID_DATA */
  hearTaken(payload: Uint8Array): void {
    const port = payload[0]!
    const each = port > 0 ? this.#link.ports.all[port] : undefined
    if (!each?.reliable || each.taken(u16At(payload, 1)) < 0) {
      throw invalid('An acknowledgement of what was never sent.')
    }
  }

  /** The other side has taken in so much of the first channel and of the stream. Returns whether that is news. @throws {NetError} ERR_INVALID_DATA */
  hearProgress(reliable: number, stream: number): boolean {
    const { flight } = this
    const { ports, acknowledger, clock } = this.#link
    const now = clock.now()
    const first = ports.first.taken(reliable)
    const bulk = this.stream.taken(stream)
    if (first < 0 || bulk < 0) throw invalid('An acknowledgement of what was never sent.')
    if (first + bulk > 0) acknowledger.path.delivered(first + bulk, flight, now)
    this.#trickle = this.stream.flight === 0 && !this.stream.waits ? MIN_WINDOW : this.#trickle + bulk
    if (bulk > 0 || this.stream.flight === 0) this.#stall?.over(now)
    else if (this.#stall) this.#tryStall(this.#stall.heard(now))
    return first + bulk > 0
  }

  /** With packets that wait for the end of the task, or alone. */
  acknowledge(): void {
    const { life, faults, clock, ports, acknowledger } = this.#link
    if (!life.flows) return
    faults.guard(() => {
      const now = clock.now()
      ports.unreliable.flush(now)
      if (acknowledger.owes) ports.unreliable.sendNow(now, false)
    })
  }

  /** A sign of life, which is answered: heartbeat and measurement. */
  ask(): void {
    const { life, faults, clock, ports, acknowledger } = this.#link
    if (life.phase === 'over') return
    if (life.isCut) {
      this.#expire()
      return
    }
    for (const [port, { reliable }] of ports.all.entries()) if (port > 0 && reliable) this.tellTaken(port, 1)
    // Whatever was not heard of for so long: an acknowledgement may have been lost.
    acknowledger.madeProgress()
    acknowledger.sent.expire(clock.now())
    faults.guard(() => ports.unreliable.sendNow(clock.now(), true))
    this.flush()
  }

  /** Nothing goes out: whoever waits for a receipt gets it all the same. */
  #expire(): void {
    const { acknowledger, ports, clock, news } = this.#link
    acknowledger.sent.expire(clock.now())
    for (const port of ports.all) if (!port.reliable) port.giveUp(clock.now())
    news.tell()
  }

  stopTimers(): void {
    this.#cancelProbe?.()
    this.#cancelPace?.()
  }

  /** Some of the stream is on its way, and for so long nothing of it has arrived. */
  #tryStall(ms: number): void {
    const { news, events, acknowledger } = this.#link
    const longest = Math.max(BULK_STALL_MS, BULK_STALL_ROUND_TRIPS * (acknowledger.roundTrip.smoothedMs ?? 0))
    if (ms < longest) return
    this.#stall = undefined
    news.add(() => events.bulkStalled?.())
  }

  /** Of what waits for this peer, whoever caused it, there is no more than a limit. */
  #bound(): void {
    const { ports, faults } = this.#link
    let { bytes, packets } = this.stream.lanes
    bytes += ports.first.flight
    for (let i = 0; i < ports.all.length; i++) {
      const port = ports.all[i]!
      if (!port.reliable) continue
      bytes += port.lanes.bytes
      packets += port.lanes.packets
    }
    if (bytes > MAX_QUEUED || packets > MAX_QUEUED_PACKETS) faults.fail('buffer_overflow')
  }

  #waiting(lane: number): number {
    const { lanes, flight } = this.stream
    if (lanes.has(lane)) return lanes.waiting(lane) + flight
    const { first, all } = this.#link.ports
    let waiting = first.flight
    for (const port of all) if (port.reliable) waiting += port.lanes.waiting(lane)
    return waiting
  }

  #flush(): void {
    const { clock, events, acknowledger } = this.#link
    const { all, first } = this.#link.ports
    const now = clock.now()
    const { window } = acknowledger.path
    acknowledger.path.isShared = this.stream.flight > 0 || this.stream.waits
    // By index, here and below: this runs with every message, and an iterator is garbage.
    for (let i = 0; i < all.length; i++) {
      const port = all[i]!
      if (!port.reliable && port.hasWork) port.flush(now)
    }
    for (let i = 0; i < all.length; i++) {
      const port = all[i]!
      if (!port.reliable || !port.hasWork) continue
      port.flush(i === 0 ? Math.max(window, INITIAL_WINDOW) : Number.POSITIVE_INFINITY)
    }
    if (this.stream.waits) {
      const { sent } = acknowledger
      const others = sent.flight + first.flight
      const waits = this.stream.lanes.bytes > BULK_FROM && events.bulkWaits?.() === true
      // On the game's association a transfer is felt in the game: what SCTP does not take at once waits in front of it. That may
      // be all but one packet, where its timer rang before: Chromium acknowledges a single one after 200 ms.
      const before = Math.min(window, sent.loss > 0 ? TRICKLE_WINDOW : INITIAL_WINDOW) - others
      const room = waits ? Math.min(before, this.#trickle) : window - others
      // Nobody takes in the stream and not the channel that carries it.
      if (!first.isFull) this.#flushStream(room, now)
      this.#probe(now)
    } else if (this.stream.flight > 0) this.#probe(now)
    if (this.#full.size === 0) return
    for (const lane of this.#full) {
      if (this.#waiting(lane) > LANE_LOW_WATER) continue
      this.#full.delete(lane)
      events.drained?.(lane)
    }
  }

  /** The stream at the pace of its window, which is for all that is on its way. */
  #flushStream(window: number, now: number): void {
    const { stream } = this
    const { flight } = stream
    const allowance = this.#pacer.allowance(now)
    stream.flush(Math.min(window, flight + allowance))
    const left = stream.flight - flight
    this.#pacer.left(left)
    // Otherwise an acknowledgement or the channel says when there is room.
    if (stream.waits && left >= allowance && stream.flight < window) {
      this.#cancelPace ??= this.#link.clock.setTimeout(this.#paced, this.#pacer.waitMs)
    }
  }

  /** While the stream flows, the delay of the path is measured often, whatever the game sends. */
  #probe(now: number): void {
    const { life, ports, acknowledger, clock } = this.#link
    if (!life.flows) return
    const { probeMs } = acknowledger.path
    if (now - acknowledger.lastSentAt >= probeMs) ports.unreliable.sendNow(now, true)
    this.#cancelProbe ??= clock.setTimeout(this.#probeAgain, probeMs)
  }
}
