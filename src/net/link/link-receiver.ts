// What a link receives: messages of each channel become frames, pieces become packets, and what came is noted for the
// acknowledgements.

import { AckPace } from './ack-pace.ts'
import { MAX_MESSAGE, TAKEN_EVERY } from './constants.ts'
import { invalid } from './faults.ts'
import type { Receiving, UnfinishedBudget } from './joiner.ts'
import { LateSack } from './late-sack.ts'
import type { LinkParts } from './link-parts.ts'
import type { LinkSender } from './link-sender.ts'
import type { ReliablePort } from './reliable-port.ts'
import { StreamReceiver } from './stream.ts'
import type { UnreliablePort } from './unreliable-port.ts'
import { isGreetingKind, isPacketKind, KIND_MASK, Kind, type PacketKind } from './wire.ts'

/** Who gets what came. */
export interface Taker {
  /** A whole frame, or the packet that its piece was the last of. @throws {NetError} ERR_INVALID_DATA */
  take(port: number, kind: number, ordered: boolean, payload: Uint8Array): void
  takePacket(port: number, kind: PacketKind, ordered: boolean, payload: Uint8Array): void
  /** The stream went on. */
  streamed(): void
}

export class LinkReceiver {
  readonly stream: StreamReceiver
  readonly #link: LinkParts
  readonly #sender: LinkSender
  readonly #taker: Taker
  readonly #pace: AckPace
  readonly #lateSack: LateSack | undefined

  constructor(link: LinkParts, sender: LinkSender, budget: UnfinishedBudget, receiving: Receiving, taker: Taker) {
    this.#link = link
    this.#sender = sender
    this.#taker = taker
    this.stream = new StreamReceiver(budget, receiving)
    const acknowledge = () => sender.acknowledge()
    this.#pace = new AckPace(link.clock, link.acknowledger, acknowledge)
    if (link.acknowledgesLate) this.#lateSack = new LateSack(link.clock, link.acknowledger, acknowledge)
  }

  /** A message arrived. Never throws. */
  receive(port: number, message: Uint8Array): void {
    const { ports, faults, news } = this.#link
    const each = ports.all[port]!
    each.counters.bytesIn += message.length
    try {
      checkLength(message)
      if (each.reliable) this.#receiveReliable(port, each, message)
      else this.#receiveUnreliable(port, each, message)
    } catch (error) {
      faults.misunderstood(port, error)
    }
    news.tell()
  }

  /** A message arrived on the bulk connection. Never throws. */
  receiveBulk(message: Uint8Array): void {
    this.#link.ports.first.counters.bytesIn += message.length
    this.#link.faults.checked(0, () => {
      checkLength(message)
      if (kindOf(message) !== Kind.Stream) throw invalid('Only the stream goes over this channel.')
      this.#receiveStream(message)
    })
  }

  stopTimers(): void {
    this.#pace.stop()
    this.#lateSack?.stop()
  }

  get #isOver(): boolean {
    return this.#link.life.phase === 'over'
  }

  #receiveReliable(port: number, each: ReliablePort, message: Uint8Array): void {
    const { acknowledger } = this.#link
    // Greetings do not count: each set of channels has its own.
    if (!isGreetingKind(kindOf(message))) each.takenIn = (each.takenIn + 1) & 0xffff
    this.#lateSack?.heard()
    if (port > 0) this.#sender.tellTaken(port, TAKEN_EVERY)
    else {
      acknowledger.reliableIn = each.takenIn
      acknowledger.madeProgress()
      if (kindOf(message) === Kind.Stream) {
        this.#receiveStream(message)
        return
      }
      this.#pace.reliable()
    }
    if (message.length === 0) throw invalid('An empty message.')
    const { reader, joiner } = each
    reader.open(message, 0)
    while (!this.#isOver && reader.next()) {
      const { kind, lane } = reader
      const payload = reader.isPiece ? joiner.add(lane, kind, reader.payload) : reader.payload
      if (payload) this.#taker.take(port, kind, true, payload)
    }
  }

  #receiveStream(message: Uint8Array): void {
    const { acknowledger, faults } = this.#link
    this.stream.receive(message, (each) => faults.checked(0, () => this.#takeStream(each)))
    acknowledger.streamIn = this.stream.next
    acknowledger.madeProgress()
    this.#pace.stream()
    this.#taker.streamed()
  }

  #takeStream(message: Uint8Array): void {
    const { reader, joiner } = this.stream
    reader.open(message, 5)
    while (!this.#isOver && reader.next()) {
      const { kind, lane } = reader
      if (!isPacketKind(kind)) throw invalid(`A frame of kind ${kind} does not belong here.`)
      const payload = reader.isPiece ? joiner.add(lane, kind, reader.payload) : reader.payload
      if (!payload) continue
      if (this.#link.life.phase === 'opening') throw invalid('A packet came before the greeting.')
      // The bulk connection may bring it while the link moves: its position tells that it is no copy.
      this.#taker.takePacket(0, kind, true, payload)
    }
  }

  #receiveUnreliable(port: number, each: UnreliablePort, message: Uint8Array): void {
    const { acknowledger, clock } = this.#link
    const now = clock.now()
    const start = acknowledger.read(message, now)
    if (start < 0) return
    const { number, asked } = acknowledger
    const hasFrames = start < message.length
    this.#pace.unreliable(asked, hasFrames)
    if (hasFrames || acknowledger.taught) this.#lateSack?.heard()
    // What waited for room may go now.
    if (start > 3) this.#sender.flush()
    const { reader } = each
    reader.open(message, start)
    while (!this.#isOver && reader.next()) {
      const { kind, ordered } = reader
      const payload = each.take(number, now)
      if (payload) this.#taker.take(port, kind, ordered, payload)
    }
  }
}

/** Nobody who keeps to the format makes a larger one; whoever does would have us keep it, early or as a piece. */
function checkLength({ length }: Uint8Array): void {
  if (length > MAX_MESSAGE) throw invalid(`A message of ${length} bytes; ${MAX_MESSAGE} are possible.`)
}

function kindOf(message: Uint8Array): number {
  return (message[0] ?? 0) & KIND_MASK
}
