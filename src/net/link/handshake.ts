// The greeting on each set of channels. On the first set it says that the other side is there; on a further one, where
// both sides come from the same session, what was lost with the channels before goes again.

import type { NetError } from '../errors.ts'
import type { LinkChannel } from './channel.ts'
import { MAX_EARLY_MESSAGES } from './constants.ts'
import { invalid } from './faults.ts'
import type { TakenIn } from './greeting.ts'
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
    const messages = ports.reliable.map(({ takenIn }) => takenIn)
    const takenIn = this.#moved && { messages, stream: this.#receiver.stream.next }
    const message = Uint8Array.of(Kind.Hello | LAST | HAS_LANE, CONTROL_LANE, ...this.#session.greeting(takenIn))
    const channel = this.#moved?.[0] ?? ports.first.channel
    ports.first.counters.bytesOut += message.length
    faults.guard(() => channel.putPacket(message))
  }

  hear(payload: Uint8Array): void {
    const { events, faults } = this.#link
    let takenIn: TakenIn | undefined
    try {
      const meeting = this.#session.meet(payload)
      // It means somebody who was here before: a greeting for us follows.
      if (meeting.who === 'not us') return
      if (meeting.who === 'stranger') {
        events.stranger?.()
        faults.fail('connection_lost')
        return
      }
      takenIn = meeting.takenIn
    } catch (error) {
      events.rejected(error as NetError)
      faults.fail('protocol_error')
      return
    }
    this.isDone = true
    if (takenIn) this.#resume(takenIn)
    else this.#events.met()
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

  /** Both sides know where they were: what was lost on the way goes again. */
  #resume({ messages, stream }: TakenIn): void {
    const { ports, faults, acknowledger, life, clock } = this.#link
    const channels = this.#moved!
    let reliable = 0
    const fits = ports.all.every((port, index) =>
      port.reliable ? port.resume(channels[index]!, messages[reliable++]!) : port.resume(channels[index]!),
    )
    if (!fits || this.#sender.stream.taken(stream) < 0) {
      faults.reject(invalid('A greeting that takes in what was never sent.'), 0)
      faults.fail('protocol_error')
      return
    }
    this.#sender.closeBulk()
    acknowledger.restart(clock.now())
    this.#moved = undefined
    life.isCut = false
    this.#events.resumed()
  }
}
