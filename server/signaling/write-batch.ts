// What is sent during one turn of the event loop leaves together: messages come in bursts (an offer with its candidates),
// and a write of its own for each of them is most of what relaying costs.

import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { textFrames } from './text-frames.ts'

/** Texts on their way to one socket. Written past it, each frame whole: so its own pings and closings may come between. */
export class Outbox {
  readonly #batch: WriteBatch
  readonly #socket: WebSocket
  readonly #stream: Duplex
  #texts: string[] = []
  #length = 0

  /** @param stream Under `socket`. */
  constructor(batch: WriteBatch, socket: WebSocket, stream: Duplex) {
    this.#batch = batch
    this.#socket = socket
    this.#stream = stream
  }

  /** UTF-16 units that wait here. */
  get length(): number {
    return this.#length
  }

  add(text: string): void {
    if (this.#texts.length === 0) this.#batch.add(this)
    this.#texts.push(text)
    this.#length += text.length
  }

  /** Writes what waits. Nothing follows a close frame. */
  flush(): void {
    const texts = this.#texts
    if (texts.length === 0) return
    this.#texts = []
    this.#length = 0
    if (this.#socket.readyState === this.#socket.OPEN) this.#stream.write(textFrames(texts))
  }
}

export class WriteBatch {
  #waiting: Outbox[] = []
  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const outbox of waiting) outbox.flush()
  }

  /** Flushes `outbox` when everything that this turn of the event loop brought is worked off. */
  add(outbox: Outbox): void {
    if (this.#waiting.length === 0) setImmediate(this.#flush)
    this.#waiting.push(outbox)
  }
}
