// What a user would write without Skein: node-datachannel's native API, two negotiated channels, msgpackr.

import { Packr } from 'msgpackr'
import { type DataChannel, PeerConnection } from 'node-datachannel'
import type { Dialled, Endpoint, State } from './endpoint.ts'

type Content =
  | { readonly kind: 'description'; readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly candidate: string; readonly mid: string }

/** `call` numbers the connections of two processes: a candidate may come when its connection is gone. */
export type RawSignal = Content & { readonly call: number }

const CLOSE_TIMEOUT_MS = 1_000

const packr = new Packr({ useRecords: false })
/** The native library needs everything to be referenced until it is closed. */
const alive = new Set<object>()

class RawEndpoint implements Endpoint {
  onState: (state: State) => void = () => {}
  readonly call: number
  readonly opened: Promise<void>
  readonly #connection: PeerConnection
  readonly #channels: readonly DataChannel[]
  readonly #closed: Promise<void>
  #over = false

  constructor(call: number, send: (signal: RawSignal) => void) {
    this.call = call
    const connection = new PeerConnection('raw', {
      iceServers: [],
      disableAutoNegotiation: true,
      bindAddress: '127.0.0.1',
    })
    this.#connection = connection
    alive.add(this)
    connection.onLocalDescription((sdp, type) => {
      if (type === 'offer' || type === 'answer') send({ call, kind: 'description', type, sdp })
    })
    connection.onLocalCandidate((candidate, mid) => send({ call, kind: 'candidate', candidate, mid }))
    this.#closed = new Promise((resolve) => {
      connection.onStateChange((state) => {
        if (state !== 'closed') return
        alive.delete(this)
        resolve()
      })
    })
    const reliable = connection.createDataChannel('reliable', { negotiated: true, id: 1 })
    const unreliable = connection.createDataChannel('unreliable', {
      negotiated: true,
      id: 2,
      unordered: true,
      maxRetransmits: 0,
    })
    this.#channels = [reliable, unreliable]
    reliable.onMessage(() => {})
    unreliable.onMessage((data) => this.onState(packr.unpack(data as Buffer) as State))
    for (const channel of this.#channels) channel.onClosed(() => {})
    const opening = this.#channels.map((channel) => new Promise<void>((resolve) => channel.onOpen(resolve)))
    this.opened = Promise.all(opening).then(() => {})
  }

  get buffered(): number {
    return this.#channels[1]!.bufferedAmount()
  }

  offer(): void {
    this.#connection.setLocalDescription('offer')
  }

  receive(signal: RawSignal): void {
    if (this.#over) return
    if (signal.kind === 'candidate') this.#connection.addRemoteCandidate(signal.candidate, signal.mid)
    else {
      this.#connection.setRemoteDescription(signal.sdp, signal.type)
      if (signal.type === 'offer') this.#connection.setLocalDescription('answer')
    }
  }

  send(state: State): void {
    this.#channels[1]!.sendMessageBinary(packr.pack(state))
  }

  async close(): Promise<void> {
    this.#over = true
    for (const channel of this.#channels) channel.close()
    this.#connection.close()
    await Promise.race([this.#closed, new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS))])
  }
}

/** One side of the raw connections of a process, one at a time. `send` carries a signal to the other process. */
export class RawSide {
  readonly #send: (signal: RawSignal) => void
  #current: RawEndpoint | undefined
  #calls = 0
  #onAnswering: ((endpoint: RawEndpoint) => void) | undefined

  constructor(send: (signal: RawSignal) => void) {
    this.#send = send
  }

  receive(signal: RawSignal): void {
    if (signal.kind === 'description' && signal.type === 'offer') {
      this.#current = new RawEndpoint(signal.call, this.#send)
      this.#onAnswering?.(this.#current)
    }
    if (this.#current?.call === signal.call) this.#current.receive(signal)
  }

  /** Resolves when the next offer led to a connection. */
  async answer(): Promise<Endpoint> {
    const endpoint = await new Promise<RawEndpoint>((resolve) => {
      this.#onAnswering = resolve
    })
    await endpoint.opened
    return endpoint
  }

  async dial(): Promise<Dialled> {
    const endpoint = new RawEndpoint(++this.#calls, this.#send)
    this.#current = endpoint
    endpoint.offer()
    await endpoint.opened
    return { endpoint, redials: 0, steps: {} }
  }
}
