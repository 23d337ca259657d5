// A network between peers that use real WebRTC, on loopback: delay, jitter, loss, a rate and a queue, for each direction.
// It replaces the candidates that the peers exchange by its own sockets, so that they know of no other way to each
// other. One link is for one room.
//
//   joinRoom({ driver: linkedDriver(…) })              every connection of two peers, see linked-driver.ts
//   startSignalingProxy(url, link)                     what signaling carries, not what peers tell each other directly

import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { seededRandom } from '../../src/net/random.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'
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

  /**
   * What peer `to` is to be told instead of what peer `from` says. `undefined`: nothing. The attempt tells the connections
   * of a pair apart, which share the pair's directions: one bottleneck for all.
   */
  async rewrite(from: number, to: number, signal: Signal): Promise<Signal | undefined> {
    const candidates = candidatesOf(signal)
    const path = this.#path(from, to, signal.attempt ?? 0)
    const usable = candidates.find(({ protocol }) => protocol === 'udp')
    const index = from < to ? 0 : 1
    if (usable && isIP(usable.address) === 4) await path.know(index, usable.address, usable.port)
    const own = usable ? hostCandidate(this.#host, await path.port(index)) : undefined
    if (signal.kind === 'description') return { ...signal, sdp: replaceInDescription(signal.sdp, own) }
    if (signal.kind === 'failed') return signal
    return own === undefined ? undefined : { ...signal, name: own }
  }

  /** The ways of now are gone for good, as when a machine changes its network: only what is signalled anew gets another. */
  move(): void {
    for (const path of this.#paths.values()) path.close()
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
