// A line over the page's own RTCPeerConnection: the same channels, and the same signals, as raw-connection.ts has in Node.

import { type LineEnd, type LineStack, RAW_HIGH_WATER, RAW_PIECE_BYTES, sendInPieces } from './line.ts'
import type { RawSignal } from './raw-connection.ts'

class RawPageLine implements LineEnd {
  onPacket: (bytes: Uint8Array) => void = () => {}
  readonly opened: Promise<unknown>
  readonly #connection = new RTCPeerConnection()
  readonly #reliable = this.#connection.createDataChannel('reliable', { negotiated: true, id: 1 })
  readonly #unreliable = this.#connection.createDataChannel('unreliable', {
    negotiated: true,
    id: 2,
    ordered: false,
    maxRetransmits: 0,
  })
  readonly #send: (signal: RawSignal) => void
  readonly #call: number
  /** Signals are applied one after the other. */
  #queue: Promise<void> = Promise.resolve()

  constructor(call: number, send: (signal: RawSignal) => void) {
    this.#call = call
    this.#send = send
    this.#connection.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return
      send({ call, kind: 'candidate', candidate: candidate.candidate, mid: candidate.sdpMid ?? '0' })
    }
    const channels = [this.#reliable, this.#unreliable]
    for (const channel of channels) {
      channel.binaryType = 'arraybuffer'
      channel.onmessage = ({ data }) => this.onPacket(new Uint8Array(data as ArrayBuffer))
    }
    this.opened = Promise.all(
      channels.map((channel) => new Promise((resolve) => channel.addEventListener('open', resolve))),
    )
  }

  async offer(): Promise<void> {
    await this.#describe(await this.#connection.createOffer())
  }

  receive(signal: RawSignal): void {
    this.#queue = this.#queue.then(() => this.#apply(signal))
  }

  sendState(bytes: Uint8Array): void {
    this.#unreliable.send(bytes as Uint8Array<ArrayBuffer>)
  }

  sendGameplay(bytes: Uint8Array): void {
    this.#reliable.send(bytes as Uint8Array<ArrayBuffer>)
  }

  sendBulk(bytes: number): Promise<void> {
    return sendInPieces(
      bytes,
      RAW_PIECE_BYTES,
      RAW_HIGH_WATER,
      () => this.#reliable.bufferedAmount,
      (piece) => this.#reliable.send(piece as Uint8Array<ArrayBuffer>),
    )
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  async #apply(signal: RawSignal): Promise<void> {
    if (signal.kind === 'candidate') {
      await this.#connection.addIceCandidate({ candidate: signal.candidate, sdpMid: signal.mid })
      return
    }
    await this.#connection.setRemoteDescription(signal)
    if (signal.type === 'offer') await this.#describe(await this.#connection.createAnswer())
  }

  async #describe(description: RTCSessionDescriptionInit): Promise<void> {
    await this.#connection.setLocalDescription(description)
    const { type, sdp } = description
    if (type === 'offer' || type === 'answer') {
      this.#send({ call: this.#call, kind: 'description', type, sdp: sdp ?? '' })
    }
  }
}

/** One line at a time. */
export class RawPageStack implements LineStack {
  readonly #send: (signal: RawSignal) => void
  #current: RawPageLine | undefined
  #onAnswering: ((line: RawPageLine) => void) | undefined
  #calls = 0

  constructor(send: (signal: RawSignal) => void) {
    this.#send = send
  }

  receive(signal: RawSignal): void {
    if (signal.kind === 'description' && signal.type === 'offer') {
      this.#current = new RawPageLine(signal.call, this.#send)
      this.#onAnswering?.(this.#current)
    }
    this.#current?.receive(signal)
  }

  async listen(): Promise<{ room: string; connected: Promise<LineEnd> }> {
    const answering = new Promise<RawPageLine>((resolve) => {
      this.#onAnswering = resolve
    })
    return {
      room: '',
      connected: answering.then(async (line) => {
        await line.opened
        return line
      }),
    }
  }

  async dial(): Promise<LineEnd> {
    const line = new RawPageLine(++this.#calls, this.#send)
    this.#current = line
    await line.offer()
    await line.opened
    return line
  }
}
