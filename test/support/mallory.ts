// A signaling service that puts itself between its players: it answers every offer itself, with a connection of its own, makes
// another one to whom the offer was for, and passes on what comes through. So it can read and change everything. It may
// be honest at first.

import type { Clock } from '../../src/net/clock.ts'
import type { WebRTCDataChannel } from '../../src/net/data-channel.ts'
import { ConnectionState, type WebRTCDriver } from '../../src/net/drivers/driver.ts'
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

/** Which way a packet goes. */
export interface Passage {
  readonly from: number
  readonly to: number
  readonly channel: number
}

export class Mallory implements SignalingTransport {
  /** Everything that went through, in the clear. */
  readonly heard: Uint8Array[] = []
  /** Whether it stands in between of whoever begins to meet now. */
  active: boolean
  /** What becomes of what goes through: packets, and to whom each goes. */
  rewrite: (packet: Uint8Array, passage: Passage) => [to: number, packet: Uint8Array][] = (packet, { to }) => [
    [to, packet],
  ]
  readonly #honest: SignalingTransport
  readonly #options: MalloryOptions
  readonly #listeners = new Map<number, (event: SignalingEvent) => void>()
  readonly #legs = new Map<string, Leg>()

  constructor(honest: SignalingTransport, options: MalloryOptions, active = true) {
    this.active = active
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
        if (name === 'send') {
          return (to: number, signal: Signal) =>
            this.active ? this.#take(session.id, to, signal) : session.send(to, signal)
        }
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

  /** Tells `victim` something in the name of `alias`. */
  say(victim: number, alias: number, signal: Signal): void {
    this.#listeners.get(victim)?.({ type: 'signal', from: alias, signal })
  }

  /** How many connections of its own stand. */
  get standing(): number {
    const open = ({ channels }: Leg) => channels.every(({ readyState }) => readyState === 1)
    return [...this.#legs.values()].filter(open).length
  }

  /** `from` wants to say something to `to`. */
  #take(from: number, to: number, signal: Signal): void {
    const { attempt = 0 } = signal
    const leg = this.#leg(from, to, attempt)
    if (leg.connection.connectionState === ConnectionState.Closed) return
    if (signal.kind === 'candidate') leg.connection.addIceCandidate(signal.media, signal.index, signal.name)
    if (signal.kind !== 'description') return
    leg.connection.setRemoteDescription(signal.type, signal.sdp)
    if (signal.type === 'offer') this.#leg(to, from, attempt).connection.createOffer()
  }

  #leg(victim: number, alias: number, attempt: number): Leg {
    const name = `${victim} ${alias} ${attempt}`
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
      this.#options.clock.setTimeout(() => this.say(victim, alias, { ...signal, attempt }), INTRODUCTION_MS)
    connection.on('sessionDescriptionCreated', (type, sdp) => {
      connection.setLocalDescription(type, sdp)
      tell({ kind: 'description', type, sdp })
    })
    connection.on('iceCandidateCreated', (media, index, candidate) =>
      tell({ kind: 'candidate', media, index, name: candidate }),
    )
    for (const [index, channel] of channels.entries()) {
      channel.on('packet', (packet) => {
        this.heard.push(packet.slice())
        for (const [to, bytes] of this.rewrite(packet.slice(), { from: victim, to: alias, channel: index })) {
          const other = to === victim ? leg : this.#leg(alias, victim, attempt)
          other.waiting.push([index, bytes])
          this.#pass(other)
        }
      })
      channel.on('open', () => this.#pass(leg))
    }
    return leg
  }

  #pass({ channels, waiting }: Leg): void {
    if (channels.some(({ readyState }) => readyState !== 1)) return
    for (const [index, packet] of waiting.splice(0)) {
      try {
        channels[index]!.putPacket(packet)
      } catch {
        // Found out: the other side has closed it, and this one does not know yet.
        return
      }
    }
  }
}
