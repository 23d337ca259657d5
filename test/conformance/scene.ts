// What a case is given: two sides, and the usual ways to make connections on them.

import type { ConnectionConfiguration, DataChannelOptions } from '../../src/net/drivers/driver.ts'
import { ConnectionState } from '../../src/net/drivers/driver.ts'
import { NetError } from '../../src/net/errors.ts'
import { type ChannelHandle, Endpoint, type Settle } from './endpoint.ts'
import type { Entry } from './host.ts'
import type { Side } from './side.ts'

export interface Case {
  /** What it shows. Unique and stable: documents refer to it. */
  readonly name: string
  /** 1: it needs only side A. */
  readonly sides: 1 | 2
  run(scene: Scene): Promise<void>
}

export class Scene {
  readonly sideA: Side
  readonly sideB: Side
  readonly settle: Settle
  /** Set by a case that provokes `error` events. In every other case they are a failure. */
  errorsAllowed = false

  constructor(sideA: Side, sideB: Side, settle: Settle) {
    this.sideA = sideA
    this.sideB = sideB
    this.settle = settle
  }

  createA(configuration?: ConnectionConfiguration): Promise<Endpoint> {
    return Endpoint.create(this.sideA, this.settle, configuration)
  }

  createB(configuration?: ConnectionConfiguration): Promise<Endpoint> {
    return Endpoint.create(this.sideB, this.settle, configuration)
  }

  /** Both sides, new. B takes in-band channels. */
  async pair(): Promise<[a: Endpoint, b: Endpoint]> {
    const [a, b] = await Promise.all([this.createA(), this.createB()])
    await b.listen()
    return [a, b]
  }

  /** Both sides connected, with the same negotiated channel open on both. */
  async joined(options: DataChannelOptions = {}): Promise<Joined> {
    const [a, b] = await this.pair()
    const all = { negotiated: true, id: 1, ...options }
    const [channelA, channelB] = await Promise.all([
      a.createDataChannel('joint', all),
      b.createDataChannel('joint', all),
    ])
    await connect(a, b)
    await Promise.all([channelA.opens(), channelB.opens()])
    return { a, b, channelA, channelB }
  }
}

export interface Joined {
  readonly a: Endpoint
  readonly b: Endpoint
  readonly channelA: ChannelHandle
  readonly channelB: ChannelHandle
}

/** The three steps: offer, answer, candidates. Returns when both sides are connected. */
export async function connect(a: Endpoint, b: Endpoint): Promise<void> {
  trickle(a, b)
  await negotiate(a, b)
  await Promise.all([a.reaches(ConnectionState.Connected), b.reaches(ConnectionState.Connected)])
}

/** Offer and answer. */
export async function negotiate(a: Endpoint, b: Endpoint): Promise<void> {
  await offer(a, b)
  const answer = await b.nextDescription()
  await b.setLocalDescription(...answer)
  await a.setRemoteDescription(...answer)
}

/** The first half: A's offer is set on both sides. */
export async function offer(a: Endpoint, b: Endpoint): Promise<void> {
  await a.createOffer()
  const description = await a.nextDescription()
  await a.setLocalDescription(...description)
  await b.setRemoteDescription(...description)
}

/** Carries the candidates across, both ways, for as long as the case lasts. */
export function trickle(a: Endpoint, b: Endpoint): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    void carryCandidates(from, to)
  }
}

async function carryCandidates(from: Endpoint, to: Endpoint): Promise<void> {
  for await (const entries of from.all('iceCandidateCreated')) {
    try {
      await Promise.all(entries.map((entry) => to.addIceCandidate(...candidateOf(entry))))
    } catch {
      // The case may have closed it, or have ended.
      return
    }
  }
}

export function candidateOf({ args: [media, index, name] }: Entry): [media: string, index: number, name: string] {
  return [String(media), Number(index), String(name)]
}

/** The code with which the library refuses something. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof NetError) return error.code
    throw error
  }
  return 'not refused'
}
