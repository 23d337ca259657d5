// One end of an SCTP association (RFC 9260, 3758, 8831): streams over datagrams that may be lost. Sans-IO: packets and
// messages come in, packets and messages go out. What it leaves out: the handshake (see ../handshake.ts), heartbeats
// (ICE consent notices silence first), chunks larger than a segment put beside others, and TSNs that wrap.

import type { Clock } from '../../clock.ts'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import type { Message, Packet, Payload, Persistence, Reliability } from './types.ts'

export interface AssociationEvents {
  transmit(packet: Packet): void
  message(stream: number, payload: Payload): void
  /** Bytes left the queue of some stream. */
  progressed(): void
  /** The other side does not answer. */
  failed(): void
}

export const RELIABLE: Reliability = { ordered: true }

export class Association {
  readonly #clock: Clock
  readonly #sender: Sender
  readonly #receiver: Receiver
  #closed = false

  constructor(clock: Clock, persistence: Persistence, events: AssociationEvents) {
    this.#clock = clock
    this.#receiver = new Receiver(clock, {
      message: ({ stream, payload }) => events.message(stream, payload),
      report: () => events.transmit({ sack: this.#receiver.takeReport(), chunks: [] }),
    })
    this.#sender = new Sender(clock, persistence, {
      transmit: (chunks, forward) => events.transmit({ sack: this.#receiver.takeReport(), forward, chunks }),
      progressed: () => events.progressed(),
      failed: () => {
        this.close()
        events.failed()
      },
    })
  }

  /** Bytes of a stream that have not been sent once. */
  buffered(stream: number): number {
    return this.#sender.buffered(stream)
  }

  /** Bytes that arrived and wait for something that is missing. */
  get held(): number {
    return this.#receiver.held
  }

  /** @param bytes The size of the payload on the wire. */
  send(stream: number, payload: Payload, bytes: number, reliability: Reliability): void {
    const { ordered, maxRetransmits, maxPacketLifeTime } = reliability
    const message: Message = {
      stream,
      payload,
      bytes: Math.max(1, bytes),
      ordered,
      sequence: 0,
      maxRetransmits: maxRetransmits ?? Number.POSITIVE_INFINITY,
      expiresAt: maxPacketLifeTime === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() + maxPacketLifeTime,
      sentBytes: 0,
      firstTsn: -1,
      lastTsn: -1,
      abandoned: false,
    }
    this.#sender.send(message)
  }

  /** Drops what waits to be sent in a stream. */
  clear(stream: number): void {
    this.#sender.clear(stream)
  }

  receive({ sack, forward, chunks }: Packet): void {
    if (this.#closed) return
    if (sack) this.#sender.acknowledge(sack)
    this.#receiver.receive(chunks, forward)
  }

  close(): void {
    this.#closed = true
    this.#sender.close()
    this.#receiver.close()
  }
}
