// geckos.io: one unordered channel without retransmission. What is to be reliable it sends ten times, 150 ms apart, and
// drops the copies. Its client runs in a page, its server in Node.

import { type LineEnd, sendInPieces } from '../line.ts'

/** Strings only go as JSON; what is sent counts two bytes a letter against a limit of 20 KiB on the way. */
const GECKOS_PIECE_BYTES = 8_192
const HIGH_WATER = 1024 * 1024
const RELIABLE = { reliable: true }

export interface GeckosChannel {
  readonly raw: { emit(bytes: Uint8Array): void }
  emit(event: string, data: unknown, options?: { reliable: boolean }): void
  onRaw(callback: (bytes: ArrayBuffer | Uint8Array) => void): void
  on(event: string, callback: (data: string) => void): void
  close(): void
}

export class GeckosLine implements LineEnd {
  onPacket: (bytes: Uint8Array) => void = () => {}
  readonly #channel: GeckosChannel
  readonly #buffered: () => number

  constructor(channel: GeckosChannel, buffered: () => number) {
    this.#channel = channel
    this.#buffered = buffered
    channel.onRaw((bytes) => this.onPacket(new Uint8Array(bytes)))
    channel.on('reliable', (text) => this.onPacket(Uint8Array.from(text, (letter) => letter.charCodeAt(0))))
  }

  sendState(bytes: Uint8Array): void {
    this.#channel.raw.emit(bytes)
  }

  sendGameplay(bytes: Uint8Array): void {
    this.#channel.emit('reliable', String.fromCharCode(...bytes), RELIABLE)
  }

  sendBulk(bytes: number): Promise<void> {
    // Letters of one byte each, also in JSON.
    const text = `\u0003${'s'.repeat(GECKOS_PIECE_BYTES - 1)}`
    return sendInPieces(bytes, GECKOS_PIECE_BYTES, HIGH_WATER, this.#buffered, (piece) =>
      this.#channel.emit('reliable', text.slice(0, piece.length), RELIABLE),
    )
  }

  async close(): Promise<void> {
    this.#channel.close()
  }
}
