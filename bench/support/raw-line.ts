// A line over node-datachannel's native API, in Node.

import { type LineEnd, type LineStack, RAW_HIGH_WATER, RAW_PIECE_BYTES, sendInPieces } from './line.ts'
import type { RawConnection, RawSide } from './raw-connection.ts'

class RawLine implements LineEnd {
  onPacket: (bytes: Uint8Array) => void = () => {}
  readonly #side: RawSide
  readonly #connection: RawConnection

  constructor(side: RawSide, connection: RawConnection) {
    this.#side = side
    this.#connection = connection
    connection.onReliable = (data) => this.onPacket(data)
    connection.onUnreliable = (data) => this.onPacket(data)
  }

  sendState(bytes: Uint8Array): void {
    this.#connection.unreliable.sendMessageBinary(bytes)
  }

  sendGameplay(bytes: Uint8Array): void {
    this.#connection.reliable.sendMessageBinary(bytes)
  }

  sendBulk(bytes: number): Promise<void> {
    const { reliable } = this.#connection
    return sendInPieces(
      bytes,
      RAW_PIECE_BYTES,
      RAW_HIGH_WATER,
      () => reliable.bufferedAmount(),
      (piece) => reliable.sendMessageBinary(piece),
    )
  }

  close(): Promise<void> {
    return this.#side.hangUp(this.#connection)
  }
}

export function rawStack(side: RawSide): LineStack {
  return {
    async listen() {
      return { room: '', connected: side.answer().then((connection) => new RawLine(side, connection)) }
    },
    async dial() {
      return new RawLine(side, await side.dial())
    },
  }
}
