// A member of a room that enters through signaling like everybody, and then says whatever a test wants, straight from
// the native library.

import * as ndc from 'node-datachannel'
import { systemClock } from '../../src/net/clock.ts'
import { systemRandom } from '../../src/net/random.ts'
import type { SignalingEvent, SignalingSession, SignalingTransport } from '../../src/net/signaling/transport.ts'
import { atEnd, LOOPBACK, until } from './peers.ts'
import { hello } from './wire.ts'

/** The intruder's connection to one member. */
export class IntruderLine {
  readonly connection: ndc.PeerConnection
  /** The channels of the room, negotiated as they shall be. */
  readonly reliable: ndc.DataChannel
  readonly unreliable: ndc.DataChannel
  #described = false
  #closed = false
  #early: [name: string, media: string][] = []
  /** Own candidates, which wait for the answer: see `crossWire`. */
  #waiting: (() => void)[] = []

  constructor(maxMessageSize: number) {
    this.connection = new ndc.PeerConnection('intruder', {
      iceServers: [],
      disableAutoNegotiation: true,
      maxMessageSize,
      ...LOOPBACK,
    })
    this.reliable = this.#channel('reliable', { negotiated: true, id: 1 })
    this.unreliable = this.#channel('unreliable', { negotiated: true, id: 2, unordered: true, maxRetransmits: 0 })
  }

  get open(): boolean {
    return this.reliable.isOpen() && this.unreliable.isOpen()
  }

  greet(): void {
    this.reliable.sendMessageBinary(hello())
  }

  /** Sends on the reliable channel until the other side closes it. */
  say(...messages: Uint8Array[]): void {
    for (const message of messages) send(this.reliable, message)
  }

  /** Sends on the unreliable channel. */
  shout(...messages: Uint8Array[]): void {
    for (const message of messages) send(this.unreliable, message)
  }

  /** Opens a channel that nobody asked for. */
  openInBand(label: string): ndc.DataChannel {
    return this.#channel(label, {})
  }

  take(signal: Extract<SignalingEvent, { type: 'signal' }>['signal'], answerAs: (sdp: string) => string): void {
    if (signal.kind === 'candidate') {
      if (this.#closed) return
      if (this.#described) this.connection.addRemoteCandidate(signal.name, signal.media)
      else this.#early.push([signal.name, signal.media])
      return
    }
    if (signal.kind === 'failed') return
    this.connection.setRemoteDescription(answerAs(signal.sdp), 'answer')
    this.#described = true
    for (const [name, media] of this.#early) this.connection.addRemoteCandidate(name, media)
    for (const deliver of this.#waiting) deliver()
  }

  /** Calls `deliver` when the answer has come. */
  onceAnswered(deliver: () => void): void {
    if (this.#described) deliver()
    else this.#waiting.push(deliver)
  }

  close(): void {
    this.#closed = true
    this.connection.close()
  }

  /** The library wants all of these at once, and whoever is still alive to be held. */
  #channel(label: string, config: ndc.DataChannelInitConfig): ndc.DataChannel {
    const channel = this.connection.createDataChannel(label, config)
    channel.onMessage(() => {})
    channel.onError(() => {})
    channel.onClosed(() => {})
    return channel
  }
}

/** Goes on where the other side has closed. */
function send(channel: ndc.DataChannel, message: Uint8Array): void {
  try {
    if (channel.isOpen()) channel.sendMessageBinary(message)
  } catch {
    // The other side closes just now.
  }
}

export interface IntruderOptions {
  /** Changes the answers that it gets before it takes them. */
  readonly answerAs?: (sdp: string) => string
  readonly maxMessageSize?: number
}

export class Intruder {
  readonly session: SignalingSession
  readonly lines = new Map<number, IntruderLine>()

  private constructor(
    session: SignalingSession,
    { answerAs = (sdp) => sdp, maxMessageSize = 262_144 }: IntruderOptions,
  ) {
    this.session = session
    session.listen((event) => {
      if (event.type === 'peerJoined' && event.offer) this.#dial(event.id, new IntruderLine(maxMessageSize))
      if (event.type === 'signal' && (event.signal.attempt ?? 0) === 0) {
        this.lines.get(event.from)?.take(event.signal, answerAs)
      }
    })
    atEnd(() => {
      session.close()
      for (const line of this.lines.values()) line.close()
    })
  }

  /** Enters a room and connects with everybody there, without a word. */
  static async enter(signaling: SignalingTransport, room: string, options: IntruderOptions = {}): Promise<Intruder> {
    const session = await signaling.open({ action: 'join', room }, { clock: systemClock, random: systemRandom })
    const intruder = new Intruder(session, options)
    await until(() => intruder.lines.size > 0 && [...intruder.lines.values()].every((line) => line.open))
    return intruder
  }

  get id(): number {
    return this.session.id
  }

  #dial(id: number, line: IntruderLine): void {
    this.lines.set(id, line)
    line.connection.onLocalDescription((sdp, type) => {
      if (type === 'offer') this.session.send(id, { kind: 'description', type, sdp })
    })
    line.connection.onLocalCandidate((candidate, media) => {
      const name = candidate.replace(/^a=/, '')
      line.onceAnswered(() => this.session.send(id, { kind: 'candidate', media, index: 0, name }))
    })
    line.connection.onStateChange(() => {})
    line.connection.setLocalDescription('offer')
  }
}
