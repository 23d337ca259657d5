// One pair of peers through a UDP link, through everything that the link can do to them.

import { setTimeout as sleep } from 'node:timers/promises'
import { TransferMode } from '../../src/index.ts'
import { startLinkService } from '../support/link-service.ts'
import { outerAddress, UdpLink } from '../support/udp-link.ts'
import { type Join, type JoinedEnd, joinBoth } from './ends.ts'
import type { Arrival, StreamPlan } from './stream.ts'

export const LOSS = 0.1
/** Packets of each stream, in all rounds together. */
export const COUNTS = { unreliable: 600, ordered: 300, reliable: 240, shuffled: 120 } as const

/** What one side received, and how much it could have. Of streams that were sent in rounds: each round's. */
export interface Received {
  /** Packets of both streams that the other side's channel was given. */
  readonly given: { readonly unreliable: number; readonly ordered: number }
  readonly unreliable: readonly Arrival[][]
  readonly ordered: readonly Arrival[][]
  readonly reliable: readonly Arrival[][]
  /** Unreliable packets, each sent together with a reliable one. */
  readonly beside: readonly Arrival[][]
  readonly shuffled: readonly Arrival[]
  readonly shuffledOrdered: readonly Arrival[]
  /** How many packets arrived while the link let nothing through, and how many after. */
  readonly duringBlackout: number
  readonly afterBlackout: number
}

/** The phases of a comparison are run in turn, so that a busy moment of the machine hits all. */
export const ROUNDS = 3
const SETTLE_MS = 300
const BLACKOUT_MS = 500

/** What each of the two received from the other. */
export async function runScenario(server: string, seed: number, joins: readonly [Join, Join]): Promise<Received[]> {
  const link = new UdpLink({ seed, host: outerAddress(), conditions: { delayMs: 15, jitterMs: 4 } })
  const service = await startLinkService(link)
  try {
    const ends = await joinBoth(server, service.url, joins)
    const send = (...plans: StreamPlan[]) =>
      Promise.all(ends.map((end) => Promise.all(plans.map((plan) => end.send(plan)))))
    const given = ends.map(() => ({ unreliable: 0, ordered: 0 }))
    const { Reliable, Unreliable, UnreliableOrdered } = TransferMode

    link.set({ loss: LOSS })
    for (let round = 0; round < ROUNDS; round++) {
      const sent = await send(
        { name: `unreliable ${round}`, mode: Unreliable, count: COUNTS.unreliable / ROUNDS, periodMs: 8 },
        { name: `ordered ${round}`, mode: UnreliableOrdered, count: COUNTS.ordered / ROUNDS, periodMs: 16 },
      )
      for (const [index, [unreliable, ordered]] of sent.entries()) {
        given[index]!.unreliable += unreliable!
        given[index]!.ordered += ordered!
      }
      await send(
        { name: `reliable ${round}`, mode: Reliable, count: COUNTS.reliable / ROUNDS, periodMs: 8 },
        { name: `beside ${round}`, mode: Unreliable, count: COUNTS.reliable / ROUNDS, periodMs: 8 },
      )
      await arrived(ends, `reliable ${round}`, COUNTS.reliable / ROUNDS)
    }

    link.set({ loss: 0, jitterMs: 40 })
    await send(
      { name: 'shuffled', mode: Unreliable, count: COUNTS.shuffled, periodMs: 12 },
      { name: 'shuffledOrdered', mode: UnreliableOrdered, count: COUNTS.shuffled, periodMs: 12 },
    )
    // SCTP takes what is overtaken for lost, and slows down.
    await arrived(ends, 'shuffled', COUNTS.shuffled / 3)
    await sleep(SETTLE_MS)

    link.set({ loss: 1, jitterMs: 0 })
    await sleep(SETTLE_MS)
    await send({ name: 'blackout', mode: Unreliable, count: 10, periodMs: 20 })
    await sleep(BLACKOUT_MS)
    const duringBlackout = await Promise.all(ends.map(async (end) => (await end.arrivals('blackout')).length))
    link.set({ loss: 0 })
    await send({ name: 'after', mode: Unreliable, count: 10, periodMs: 20 })
    await arrived(ends, 'after', 1)

    const received = await Promise.all(
      ends.map(
        async (end, index): Promise<Received> => ({
          given: given[1 - index]!,
          unreliable: await rounds(end, 'unreliable'),
          ordered: await rounds(end, 'ordered'),
          reliable: await rounds(end, 'reliable'),
          beside: await rounds(end, 'beside'),
          shuffled: await end.arrivals('shuffled'),
          shuffledOrdered: await end.arrivals('shuffledOrdered'),
          duringBlackout: duringBlackout[index]!,
          afterBlackout: (await end.arrivals('after')).length,
        }),
      ),
    )
    for (const end of ends) await end.leave()
    return received
  } finally {
    service.close()
    link.close()
  }
}

/** Waits until both have `count` packets of a stream. The test's own limit ends it otherwise. */
async function arrived(ends: readonly JoinedEnd[], name: string, count: number): Promise<void> {
  for (const end of ends) while ((await end.arrivals(name)).length < count) await sleep(50)
}

function rounds(end: JoinedEnd, name: string): Promise<Arrival[][]> {
  return Promise.all(Array.from({ length: ROUNDS }, (_, round) => end.arrivals(`${name} ${round}`)))
}
