// Messages that have not been sent yet: first in, first out in each stream; the streams take turns, message by message.

import { MAX_SEGMENT } from '../constants.ts'
import type { Message } from './types.ts'

interface Stream {
  readonly messages: Message[]
  bytes: number
  nextSequence: number
}

export class SendQueue {
  readonly #streams = new Map<number, Stream>()
  /** Streams with messages, in the order of their turns. */
  readonly #turns: number[] = []

  /** Bytes of a stream that have not been sent once. */
  buffered(stream: number): number {
    return this.#streams.get(stream)?.bytes ?? 0
  }

  get isEmpty(): boolean {
    return this.#turns.length === 0
  }

  add(message: Message): void {
    const stream = this.#stream(message.stream)
    if (stream.messages.length === 0) this.#turns.push(message.stream)
    stream.messages.push(message)
    stream.bytes += message.bytes
  }

  /** The message whose turn it is, and how many of its bytes come next. */
  peek(): Message | undefined {
    const turn = this.#turns[0]
    return turn === undefined ? undefined : this.#streams.get(turn)!.messages[0]
  }

  /** Takes the next piece of the message that `peek` gave. A message that is done gives the turn to the next stream. */
  take(message: Message): number {
    const stream = this.#streams.get(message.stream)!
    if (message.sentBytes === 0 && message.ordered) message.sequence = stream.nextSequence++
    const bytes = pieceBytes(message)
    message.sentBytes += bytes
    stream.bytes -= bytes
    if (message.sentBytes === message.bytes) this.#finish(stream)
    return bytes
  }

  /** Drops what is left of a message; only the first of its stream can have been sent in part. */
  drop(message: Message): void {
    const stream = this.#streams.get(message.stream)
    if (stream?.messages[0] !== message) return
    stream.bytes -= message.bytes - message.sentBytes
    this.#finish(stream)
  }

  /** Drops everything that waits in a stream, but what has begun is ended. */
  clear(id: number): void {
    const stream = this.#streams.get(id)
    const first = stream?.messages[0]
    if (!stream || !first) return
    if (first.sentBytes > 0) {
      stream.messages.length = 1
      stream.bytes = first.bytes - first.sentBytes
      return
    }
    stream.messages.length = 0
    stream.bytes = 0
    this.#turns.splice(this.#turns.indexOf(id), 1)
  }

  #stream(id: number): Stream {
    let stream = this.#streams.get(id)
    if (!stream) {
      stream = { messages: [], bytes: 0, nextSequence: 0 }
      this.#streams.set(id, stream)
    }
    return stream
  }

  #finish(stream: Stream): void {
    const message = stream.messages.shift()!
    const place = this.#turns.indexOf(message.stream)
    this.#turns.splice(place, 1)
    if (stream.messages.length > 0) this.#turns.push(message.stream)
  }
}

/** User bytes of a message's next chunk. */
export function pieceBytes(message: Message): number {
  return Math.min(message.bytes - message.sentBytes, MAX_SEGMENT)
}
