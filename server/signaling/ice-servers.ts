// The ICE servers of one client: asked for when it may enter, again before they expire, and when the client asks.

import * as v from 'valibot'
import type { CancelTimer, Clock } from '../../src/net/clock.ts'
import type { Random } from '../../src/net/random.ts'
import { FIRST_PROBLEM, IceServer } from '../../src/net/signaling/messages.ts'
import { ICE_SERVERS_PERIOD_MS, ICE_SERVERS_TIMEOUT_MS, MAX_ICE_LIFETIME_S, MIN_ICE_LIFETIME_S } from './constants.ts'

/** For whom ICE servers are wanted. The client has been authorized. */
export interface IceServersRequest {
  /** A name of the connection, 16 hexadecimal digits: the same whenever it is asked for, and unlike any other's. */
  readonly client: string
  readonly address: string
  /** The page's origin, as browsers send it. */
  readonly origin: string | undefined
  /** Path and query of the request. */
  readonly url: string
}

/** The ICE servers of one client, and how long they are good for. */
export interface IssuedIceServers {
  readonly iceServers: readonly IceServer[]
  /** When they expire, in s from now, 60 to 86,400: at half of it fresh ones are sent. Left out: never. */
  readonly lifetimeSeconds?: number
}

/** Makes the ICE servers for one client. Called at most every 10 s for each. Where it fails, clients enter without. */
export type IssueIceServers = (request: IceServersRequest) => IssuedIceServers | Promise<IssuedIceServers>

/** The ICE servers of all clients, or what makes those of each. */
export type IceServersOption = readonly IceServer[] | IssueIceServers

export interface ClientIceServersParts {
  readonly source: IceServersOption
  readonly client: Omit<IceServersRequest, 'client'>
  readonly clock: Clock
  readonly random: Random
  /** Fresh ones, before the old ones expire. */
  readonly renewed: (iceServers: readonly IceServer[]) => void
  readonly failed: (error: unknown) => void
}

const Issued = v.object({
  iceServers: v.array(IceServer),
  lifetimeSeconds: v.optional(v.pipe(v.number(), v.minValue(MIN_ICE_LIFETIME_S), v.maxValue(MAX_ICE_LIFETIME_S))),
})

export class ClientIceServers {
  readonly #parts: ClientIceServersParts
  #request: IceServersRequest | undefined
  #issued: readonly IceServer[] = []
  #issuedAt = Number.NEGATIVE_INFINITY
  #issuing: Promise<void> | undefined
  #cancelRenewal: CancelTimer = () => {}
  #ended = false

  constructor(parts: ClientIceServersParts) {
    this.#parts = parts
  }

  /** Those that the client should use for a connection that it makes now. Never rejects. */
  async fresh(): Promise<readonly IceServer[]> {
    const { source, clock } = this.#parts
    if (typeof source !== 'function') return source
    if (clock.now() - this.#issuedAt >= ICE_SERVERS_PERIOD_MS) {
      this.#issuing ??= this.#issue(source).finally(() => {
        this.#issuing = undefined
      })
      await this.#issuing
    }
    return this.#issued
  }

  /** Nobody needs fresh ones any more. */
  end(): void {
    this.#ended = true
    this.#cancelRenewal()
  }

  async #issue(source: IssueIceServers): Promise<void> {
    const { client, clock, random, failed } = this.#parts
    this.#request ??= { client: hex(random()) + hex(random()), ...client }
    // A source that fails is not asked more often either.
    this.#issuedAt = clock.now()
    let cancel: CancelTimer = () => {}
    const timeout = new Promise<never>((_, reject) => {
      const late = () => reject(new Error('iceServers did not answer in time'))
      cancel = clock.setTimeout(late, ICE_SERVERS_TIMEOUT_MS)
    })
    let renewInMs = ICE_SERVERS_PERIOD_MS
    try {
      const answer = await Promise.race([source(this.#request), timeout])
      const { iceServers, lifetimeSeconds } = v.parse(Issued, answer, FIRST_PROBLEM)
      this.#issued = iceServers
      renewInMs = lifetimeSeconds === undefined ? Number.POSITIVE_INFINITY : lifetimeSeconds * 500
    } catch (error) {
      failed(error)
    } finally {
      cancel()
    }
    this.#cancelRenewal()
    if (this.#ended || renewInMs === Number.POSITIVE_INFINITY) return
    this.#cancelRenewal = clock.setTimeout(() => void this.#renew(), renewInMs)
  }

  async #renew(): Promise<void> {
    const before = this.#issued
    await this.fresh()
    if (!this.#ended && this.#issued !== before) this.#parts.renewed(this.#issued)
  }
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0')
}
