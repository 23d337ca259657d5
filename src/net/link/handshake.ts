// The greeting on each set of channels. On the first set it says that the other side is there; on a further one, where
// both sides have shown that they come from the same session, what was lost with the channels before goes again.

import type { NetError } from '../errors.ts'
import type { LinkChannel } from './channel.ts'
import { MAX_EARLY_MESSAGES } from './constants.ts'
import { invalid } from './faults.ts'
import { readTakenIn, type TakenIn, writeTakenIn } from './greeting.ts'
import { CONTROL_LANE } from './lane-table.ts'
import type { LinkParts } from './link-parts.ts'
import type { LinkReceiver } from './link-receiver.ts'
import type { LinkSender } from './link-sender.ts'
import type { Session } from './session.ts'
import { HAS_LANE, Kind, LAST } from './wire.ts'

/** What overtook the greeting. */
export interface EarlyFrame {
  readonly port: number
  readonly kind: number
  readonly ordered: boolean
  readonly payload: Uint8Array
}

export interface HandshakeEvents {
  /** The other side is there. */
  met(): void
  /** The link goes on over further channels. */
  resumed(): void
}

export class Handshake {
  /** The other side has greeted on the channels of now. */
  isDone = false
  readonly #link: LinkParts
  readonly #sender: LinkSender
  readonly #receiver: LinkReceiver
  readonly #session: Session
  readonly #events: HandshakeEvents
  #early: EarlyFrame[] = []
  /** Channels that are to be used as soon as the remote has greeted on them. */
  #moved: readonly LinkChannel[] | undefined

  constructor(link: LinkParts, sender: LinkSender, receiver: LinkReceiver, session: Session, events: HandshakeEvents) {
    this.#link = link
    this.#sender = sender
    this.#receiver = receiver
    this.#session = session
    this.#events = events
  }

  /** Greets over other channels. */
  move(channels: readonly LinkChannel[]): void {
    this.#link.life.isCut = true
    this.isDone = false
    this.#moved = channels
    this.greet()
  }

  greet(): void {
    const { ports, faults } = this.#link
    const payload = this.#moved ? writeTakenIn(this.#takenIn) : this.#session.greeting()
    const message = Uint8Array.of((this.#moved ? Kind.Resume : Kind.Hello) | LAST | HAS_LANE, CONTROL_LANE, ...payload)
    const channel = this.#moved?.[0] ?? ports.first.channel
    ports.first.counters.bytesOut += message.length
    faults.guard(() => channel.putPacket(message))
  }

  /** A greeting of any kind, while none was heard on these channels. @throws {NetError} ERR_INVALID_DATA: it is of another kind. */
  hear(kind: number, payload: Uint8Array): void {
    if (kind === Kind.Hello && !this.#moved) this.#meet(payload)
    else if (kind === Kind.Resume && this.#moved) this.#resume(payload, this.#moved)
    // A proof is for somebody who was here before us: a greeting for us follows.
    else if (kind !== Kind.Proof || this.#moved) throw invalid(`A frame of kind ${kind} does not belong here.`)
  }

  /** What overtook the greeting waits for it. @throws {NetError} ERR_INVALID_DATA: nothing can have overtaken it there. */
  keepEarly(frame: EarlyFrame): void {
    const { port } = frame
    if (port === 0) throw invalid('A packet came before the greeting.')
    const each = this.#link.ports.all[port]!
    if (this.#early.length < MAX_EARLY_MESSAGES) this.#early.push(frame)
    else if (each.reliable) this.#link.faults.fail('buffer_overflow')
    else each.counters.dropped += 1
  }

  /** What waited. */
  takeEarly(): readonly EarlyFrame[] {
    return this.#early.splice(0)
  }

  close(): void {
    this.#early = []
  }

  get #takenIn(): TakenIn {
    return { messages: this.#link.ports.reliable.map(({ takenIn }) => takenIn), stream: this.#receiver.stream.next }
  }

  #meet(payload: Uint8Array): void {
    try {
      this.#session.meet(payload)
    } catch (error) {
      this.#link.events.rejected(error as NetError)
      this.#link.faults.fail('protocol_error')
      return
    }
    this.isDone = true
    this.#events.met()
  }

  /** Both sides know where they were: what was lost on the way goes again, over `channels`. */
  #resume(payload: Uint8Array, channels: readonly LinkChannel[]): void {
    const { ports, faults, acknowledger, life, clock } = this.#link
    let reliable = 0
    try {
      const { messages, stream } = readTakenIn(payload, ports.reliable.length)
      const fits = ports.all.every((port, index) =>
        port.reliable ? port.resume(channels[index]!, messages[reliable++]!) : port.resume(channels[index]!),
      )
      if (!fits || !this.#sender.stream.resume(stream)) throw invalid('A greeting from where the link never was.')
    } catch (error) {
      faults.reject(error as NetError, 0)
      faults.fail('protocol_error')
      return
    }
    this.isDone = true
    this.#sender.closeBulk()
    acknowledger.restart(clock.now())
    this.#moved = undefined
    life.isCut = false
    this.#events.resumed()
  }
}
