// A signaling service that puts itself between its players: it answers every offer itself, with a connection of its own, makes
// another one to whom the offer was for, and passes on what comes through. So it can read and change everything.

import type { Clock } from '../../src/net/clock.ts'
import type { WebRTCDataChannel } from '../../src/net/data-channel.ts'
import type { WebRTCDriver } from '../../src/net/drivers/driver.ts'
import { WebRTCPeerConnection } from '../../src/net/peer-connection.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
import type { SignalingEvent, SignalingSession, SignalingTransport } from '../../src/net/signaling/transport.ts'

/** A connection to `victim`, in the name of `alias`. */
interface Leg {
  readonly connection: WebRTCPeerConnection
  readonly channels: readonly WebRTCDataChannel[]
  readonly waiting: [channel: number, packet: Uint8Array][]
}

const INTRODUCTION_MS = 50

export interface MalloryOptions {
  readonly driver?: WebRTCDriver
  readonly node?: { readonly bindAddress: string }
  readonly clock: Clock
}

export class Mallory implements SignalingTransport {
  /** Everything that went through, in the clear. */
  readonly heard: Uint8Array[] = []
  readonly #honest: SignalingTransport
  readonly #options: MalloryOptions
  readonly #listeners = new Map<number, (event: SignalingEvent) => void>()
  readonly #legs = new Map<string, Leg>()

  constructor(honest: SignalingTransport, options: MalloryOptions) {
    this.#honest = honest
    this.#options = options
  }

  /** What it heard, as text, whatever else it is. */
  get text(): string {
    return this.heard.map((bytes) => new TextDecoder('latin1').decode(bytes)).join('\n')
  }

  async open(...args: Parameters<SignalingTransport['open']>): Promise<SignalingSession> {
    const session = await this.#honest.open(...args)
    return new Proxy(session, {
      get: (target, name) => {
        if (name === 'send') return (to: number, signal: Signal) => this.#take(session.id, to, signal)
        if (name === 'listen') {
          return (listener: (event: SignalingEvent) => void) => {
            this.#listeners.set(session.id, listener)
            session.listen(listener)
          }
        }
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  close(): void {
    for (const { connection } of this.#legs.values()) connection.close()
  }

  /** `from` wants to say something to `to`. */
  #take(from: number, to: number, signal: Signal): void {
    const leg = this.#leg(from, to)
    if (signal.kind === 'candidate') leg.connection.addIceCandidate(signal.media, signal.index, signal.name)
    if (signal.kind !== 'description') return
    leg.connection.setRemoteDescription(signal.type, signal.sdp)
    if (signal.type === 'offer') this.#leg(to, from).connection.createOffer()
  }

  #leg(victim: number, alias: number): Leg {
    const name = `${victim} ${alias}`
    const known = this.#legs.get(name)
    if (known) return known
    const connection = new WebRTCPeerConnection()
    const { driver, node } = this.#options
    connection.initialize({ ...(driver && { driver }), ...(node && { node }) })
    const channels = [
      connection.createDataChannel('reliable', { negotiated: true, id: 1 }),
      connection.createDataChannel('unreliable', { negotiated: true, id: 2, ordered: false, maxRetransmits: 0 }),
    ]
    const leg: Leg = { connection, channels, waiting: [] }
    this.#legs.set(name, leg)
    // Not before the honest service has introduced them.
    const tell = (signal: Signal) =>
      this.#options.clock.setTimeout(() => {
        this.#listeners.get(victim)?.({ type: 'signal', from: alias, signal })
      }, INTRODUCTION_MS)
    connection.on('sessionDescriptionCreated', (type, sdp) => {
      connection.setLocalDescription(type, sdp)
      tell({ kind: 'description', attempt: 0, type, sdp })
    })
    connection.on('iceCandidateCreated', (media, index, candidate) =>
      tell({ kind: 'candidate', attempt: 0, media, index, name: candidate }),
    )
    for (const [index, channel] of channels.entries()) {
      channel.on('packet', (packet) => {
        this.heard.push(packet.slice())
        const other = this.#leg(alias, victim)
        other.waiting.push([index, packet.slice()])
        this.#pass(other)
      })
      channel.on('open', () => this.#pass(leg))
    }
    return leg
  }

  #pass({ channels, waiting }: Leg): void {
    if (channels.some(({ readyState }) => readyState !== 1)) return
    for (const [index, packet] of waiting.splice(0)) channels[index]!.putPacket(packet)
  }
}
