// node-datachannel's native API with two negotiated channels: what a user would write without Skein.

import { type DataChannel, PeerConnection } from 'node-datachannel'

type Content =
  | { readonly kind: 'description'; readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly candidate: string; readonly mid: string }

/** `call` numbers the connections of two processes: a candidate may come when its connection is gone. */
export type RawSignal = Content & { readonly call: number }

const CLOSE_TIMEOUT_MS = 1_000

/** The native library needs everything to be referenced until it is closed. */
const alive = new Set<object>()

export class RawConnection {
  onReliable: (data: Buffer) => void = () => {}
  onUnreliable: (data: Buffer) => void = () => {}
  readonly call: number
  readonly reliable: DataChannel
  readonly unreliable: DataChannel
  readonly opened: Promise<void>
  readonly #connection: PeerConnection
  readonly #closed: Promise<void>
  #over = false
  /** Candidates may overtake the description; they wait until it is there. */
  #early: (() => void)[] | undefined = []

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
    this.reliable = connection.createDataChannel('reliable', { negotiated: true, id: 1 })
    this.unreliable = connection.createDataChannel('unreliable', {
      negotiated: true,
      id: 2,
      unordered: true,
      maxRetransmits: 0,
    })
    this.reliable.onMessage((data) => this.onReliable(data as Buffer))
    this.unreliable.onMessage((data) => this.onUnreliable(data as Buffer))
    const channels = [this.reliable, this.unreliable]
    for (const channel of channels) channel.onClosed(() => {})
    this.opened = Promise.all(channels.map((channel) => new Promise<void>((resolve) => channel.onOpen(resolve)))).then(
      () => {},
    )
  }

  offer(): void {
    this.#connection.setLocalDescription('offer')
  }

  receive(signal: RawSignal): void {
    if (this.#over) return
    if (signal.kind === 'candidate') {
      const add = () => {
        try {
          this.#connection.addRemoteCandidate(signal.candidate, signal.mid)
        } catch {
          // The connection has failed, which shows in that it does not open.
        }
      }
      if (this.#early) this.#early.push(add)
      else add()
      return
    }
    this.#connection.setRemoteDescription(signal.sdp, signal.type)
    if (signal.type === 'offer') this.#connection.setLocalDescription('answer')
    for (const add of this.#early ?? []) add()
    this.#early = undefined
  }

  async close(): Promise<void> {
    this.#over = true
    this.reliable.close()
    this.unreliable.close()
    this.#connection.close()
    await Promise.race([this.#closed, new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS))])
  }
}

/** One side of the raw connections of a process: it dials, or it answers. `send` carries a signal to the other process. */
export class RawSide {
  readonly #send: (signal: RawSignal) => void
  readonly #connections = new Map<number, RawConnection>()
  /** The highest number of a connection. */
  #calls = 0
  /** Connections that answer, which nobody has asked for yet; and who has asked already. */
  readonly #answering: RawConnection[] = []
  #onAnswering: ((connection: RawConnection) => void) | undefined

  constructor(send: (signal: RawSignal) => void) {
    this.#send = send
  }

  receive(signal: RawSignal): void {
    let connection = this.#connections.get(signal.call)
    // Not of a connection that has ended: those have lower numbers.
    if (!connection && signal.call > this.#calls) {
      this.#calls = signal.call
      connection = new RawConnection(signal.call, this.#send)
      this.#connections.set(signal.call, connection)
      this.#answering.push(connection)
      this.#onAnswering?.(connection)
    }
    connection?.receive(signal)
  }

  /** The next connection that is offered; it is not open yet. */
  async offered(): Promise<RawConnection> {
    if (this.#answering.length === 0) {
      await new Promise((resolve) => {
        this.#onAnswering = resolve
      })
    }
    return this.#answering.shift()!
  }

  /** Resolves when the next offer led to a connection. */
  async answer(): Promise<RawConnection> {
    const connection = await this.offered()
    await connection.opened
    return connection
  }

  /** Offers a connection; it is not open yet. */
  offer(): RawConnection {
    const connection = new RawConnection(++this.#calls, this.#send)
    this.#connections.set(connection.call, connection)
    connection.offer()
    return connection
  }

  async dial(): Promise<RawConnection> {
    const connection = this.offer()
    await connection.opened
    return connection
  }

  /** Ends a connection; what still comes for it goes nowhere. */
  async hangUp(connection: RawConnection): Promise<void> {
    this.#connections.delete(connection.call)
    await connection.close()
  }
}
