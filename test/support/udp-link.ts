// A network between peers that use real WebRTC, on loopback: delay, jitter, loss, a rate and a queue, for each direction.
// It replaces the candidates that the peers exchange by its own sockets, so that they know of no other way to each
// other. One link is for one room.
//
//   joinRoom({ signaling: link.wrap(signaling) })      peers of this process
//   startSignalingProxy(url, link)                     pages and other processes, see signaling-proxy.ts

import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { seededRandom } from '../../src/net/random.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
import type { SignalingEvent, SignalingSession, SignalingTransport } from '../../src/net/signaling/transport.ts'
import { candidatesOf, hostCandidate, replaceInDescription } from './candidates.ts'
import { type Conditions, type Counters, IDEAL, type Schedule, UdpDirection } from './udp-conditions.ts'
import { UdpPath } from './udp-path.ts'

export type { Conditions, Counters }

/**
 * An address of this machine that is not loopback: Firefox pairs no loopback candidate with its own, which are none.
 * What is sent to it stays on the machine all the same. `undefined`: there is none, and then browsers connect nowhere.
 */
export function outerAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

export interface UdpLinkOptions {
  /** Same seed, same chance for the n-th packet of a direction. (When packets come is still the machine's choice.) */
  readonly seed: number
  readonly conditions?: Partial<Conditions>
  /** The address of its sockets, one of this machine's. Default 127.0.0.1. Firefox needs `outerAddress()`. */
  readonly host?: string | undefined
  /** What delays the packets. Default: Node's timers. */
  readonly schedule?: Schedule
}

export class UdpLink {
  readonly #seed: number
  readonly #host: string
  readonly #schedule: Schedule | undefined
  readonly #directions = new Map<string, UdpDirection>()
  readonly #paths = new Map<string, UdpPath>()
  #conditions: Conditions

  constructor({ seed, conditions = {}, host = '127.0.0.1', schedule }: UdpLinkOptions) {
    this.#schedule = schedule
    this.#host = host
    this.#seed = seed
    this.#conditions = { ...IDEAL, ...conditions }
  }

  /** Changes some conditions, from now on: of every direction, or of the one from peer `from` to peer `to`. */
  set(conditions: Partial<Conditions>, from?: number, to?: number): void {
    if (from !== undefined && to !== undefined) {
      const direction = this.#direction(from, to)
      direction.conditions = { ...direction.conditions, ...conditions }
      return
    }
    this.#conditions = { ...this.#conditions, ...conditions }
    for (const direction of this.#directions.values()) {
      direction.conditions = { ...direction.conditions, ...conditions }
    }
  }

  /** What passed from peer `from` to peer `to` so far. */
  counters(from: number, to: number): Readonly<Counters> {
    return { ...this.#direction(from, to).counters }
  }

  /** A signaling transport whose peers meet through this link. */
  wrap(transport: SignalingTransport): SignalingTransport {
    return {
      open: async (request, context) => new LinkedSession(await transport.open(request, context), this),
    }
  }

  /** What peer `to` is to be told instead of what peer `from` says. `undefined`: nothing. */
  async rewrite(from: number, to: number, signal: Signal): Promise<Signal | undefined> {
    const candidates = candidatesOf(signal)
    const path = this.#path(from, to, signal.attempt ?? 0)
    // It came through here already: both peers are wrapped.
    if (candidates.some(({ address, port }) => address === this.#host && path.hasPort(port))) return signal
    const usable = candidates.find(({ protocol }) => protocol === 'udp')
    const index = from < to ? 0 : 1
    if (usable && isIP(usable.address) === 4) await path.know(index, usable.address, usable.port)
    const own = usable ? hostCandidate(this.#host, await path.port(index)) : undefined
    if (signal.kind === 'description') return { ...signal, sdp: replaceInDescription(signal.sdp, own) }
    if (signal.kind === 'failed') return signal
    return own === undefined ? undefined : { ...signal, name: own }
  }

  close(): void {
    for (const path of this.#paths.values()) path.close()
    for (const direction of this.#directions.values()) direction.close()
  }

  #direction(from: number, to: number): UdpDirection {
    const key = `${from} ${to}`
    let direction = this.#directions.get(key)
    if (!direction) {
      // Ids are drawn by chance, so what tells the directions apart is their order.
      direction = new UdpDirection(this.#conditions, seededRandom(this.#seed + this.#directions.size), this.#schedule)
      this.#directions.set(key, direction)
    }
    return direction
  }

  #path(one: number, other: number, attempt: number): UdpPath {
    const [low, high] = one < other ? [one, other] : [other, one]
    const key = `${low} ${high} ${attempt}`
    let path = this.#paths.get(key)
    if (!path) {
      path = new UdpPath(this.#host, [this.#direction(low, high), this.#direction(high, low)])
      this.#paths.set(key, path)
    }
    return path
  }
}

class LinkedSession implements SignalingSession {
  readonly #session: SignalingSession
  readonly #link: UdpLink
  /** Sockets open asynchronously; signals and events keep their order. */
  #outwards: Promise<unknown> = Promise.resolve()
  #inwards: Promise<unknown> = Promise.resolve()

  constructor(session: SignalingSession, link: UdpLink) {
    this.#session = session
    this.#link = link
  }

  get id(): number {
    return this.#session.id
  }
  get room(): SignalingSession['room'] {
    return this.#session.room
  }
  get iceServers(): SignalingSession['iceServers'] {
    return this.#session.iceServers
  }

  listen(listener: (event: SignalingEvent) => void): void {
    this.#session.listen((event) => {
      this.#inwards = this.#inwards.then(async () => {
        if (event.type !== 'signal') return listener(event)
        const signal = await this.#link.rewrite(event.from, this.id, event.signal)
        if (signal) listener({ ...event, signal })
      })
    })
  }

  send(to: number, signal: Signal): void {
    this.#outwards = this.#outwards.then(async () => {
      const rewritten = await this.#link.rewrite(this.id, to, signal)
      if (rewritten) this.#session.send(to, rewritten)
    })
  }

  seal(sealed: boolean): void {
    this.#session.seal(sealed)
  }

  close(): void {
    this.#session.close()
  }
}
