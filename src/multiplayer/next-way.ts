// A connection that may take the place of the one to a peer. Before anything else both sides show on it that they are the ones
// of the first connection (net/link/session.ts): signaling made them meet, and whoever has signaling could stand in between.
// Until that is shown nothing of the present connection is given up.

import { KIND_MASK, Kind } from '../net/link/wire.ts'
import { MAX_EARLY_ON_NEXT_WAY } from './constants.ts'
import type { Way } from './way.ts'

export interface NextWayParts {
  /** The message that shows who this side is. */
  prove(): Uint8Array
  /** Whether a message shows that the other side is the peer. */
  isProvedBy(message: Uint8Array): boolean
  /** There is news of it: see `stranger` and `isReady`. */
  changed(): void
  /** It is no use any more, and closed. `refused`: whoever is at the other end is not the peer. */
  ended(refused: boolean): void
}

export class NextWay {
  readonly way: Way
  /** This side decides whether the connection is needed; the other one follows. */
  readonly leads: boolean
  /** What came before the link goes over to it. */
  readonly early: [port: number, bytes: Uint8Array][] = []
  /** The greeting of somebody who does not know the link: the peer, after it began anew. */
  stranger: Uint8Array | undefined
  readonly #parts: NextWayParts
  #isProved = false

  constructor(way: Way, leads: boolean, parts: NextWayParts) {
    this.way = way
    this.leads = leads
    this.#parts = parts
    way.events = {
      opened: () => {
        if (way.isOpen) this.#prove()
      },
      packet: (port, bytes) => this.#receive(port, bytes),
      drained: () => {},
      lost: () => this.#end(false),
      error: () => {},
    }
  }

  /** The other side has shown that it is the peer; and, where it leads, that it needs the connection. */
  get isReady(): boolean {
    return this.way.isOpen && this.#isProved && (this.leads || this.early.some(([port]) => port === 0))
  }

  close(): void {
    this.way.close()
  }

  #prove(): void {
    try {
      this.way.channels[0]!.channel.putPacket(this.#parts.prove())
    } catch {
      this.#end(false)
      return
    }
    this.#parts.changed()
  }

  #receive(port: number, bytes: Uint8Array): void {
    if (port > 0 || this.#isProved) {
      if (this.early.length < MAX_EARLY_ON_NEXT_WAY) this.early.push([port, bytes])
    } else if (((bytes[0] ?? 0) & KIND_MASK) === Kind.Hello) this.stranger ??= bytes
    else if (!this.stranger && this.#parts.isProvedBy(bytes)) this.#isProved = true
    else {
      this.#end(true)
      return
    }
    this.#parts.changed()
  }

  #end(refused: boolean): void {
    this.close()
    this.#parts.ended(refused)
  }
}
