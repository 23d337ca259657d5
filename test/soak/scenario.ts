// One run of the soak: two peers meet, their link turns bad, both send as the case says, everything is checked.

import { SimulatedNetwork } from '../../src/testing.ts'
import type { Case } from './cases.ts'
import { channelEnds, type End, roomEnds } from './ends.ts'
import { Traffic } from './traffic.ts'

const TICK_MS = 10

/** How long a run may go on after its last packet was sent, in virtual ms. */
const LIMIT_MS = 900_000

/** The long soak tells how close it came to its bounds. */
const SEEDS_TO_REPORT = 100

/**
 * Runs a case, and returns how long the slowest unreliable packet took, in ms. What it throws names the seed and how to
 * repeat it.
 */
export async function soakOnce(test: Case, seed: number): Promise<number> {
  const network = new SimulatedNetwork({ seed, latencyMs: 10, transport: test.mayGiveUp ? 'node' : 'browser' })
  try {
    const first = await run(test, network, 0)
    if (!test.reconnects) return first
    // The same machines' successors meet again, on the network as it is.
    const second = await run(test, network, 1)
    return Math.max(first, second)
  } catch (error) {
    const again = `SOAK_SEED=${seed} npx vitest run test/soak -t '${test.name}'`
    throw new Error(`Seed ${seed}: ${(error as Error).message}\nTo repeat it: ${again}`, { cause: error })
  }
}

/** Runs a case with many seeds. */
export async function soak(test: Case, seeds: readonly number[]): Promise<void> {
  let most = 0
  for (const seed of seeds) {
    const slowestMs = await soakOnce(test, seed)
    most = Math.max(most, slowestMs)
    if (slowestMs > test.maxUnreliableMs) {
      throw new Error(`Seed ${seed}: an unreliable packet took ${Math.round(slowestMs)} ms.`)
    }
  }
  if (seeds.length >= SEEDS_TO_REPORT) {
    console.log(`${test.name}: ${seeds.length} runs, the slowest unreliable packet took ${Math.round(most)} ms`)
  }
}

async function run(test: Case, network: SimulatedNetwork, meeting: number): Promise<number> {
  network.set({ latencyMs: 10, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 })
  const ends = test.over === 'rooms' ? await roomEnds(network, meeting) : await channelEnds(network)
  await network.run(1000)
  const timers = network.clock.pendingTimers
  const lost: string[] = []
  const errors: string[] = []
  for (const end of ends) {
    end.onLost((why) => lost.push(why))
    end.onError((message) => errors.push(message))
  }
  network.set(test.conditions)
  const [one, other] = [ends[0]!, ends[1]!]
  const traffics = [new Traffic(one, other, network.clock), new Traffic(other, one, network.clock)]
  await play(test, network, traffics, () => lost.length > 0)
  const isComplete = () => traffics.every(({ complete }) => complete)
  await network.until(() => lost.length > 0 || isComplete(), { limitMs: LIMIT_MS })
  const survived = lost.length === 0
  if (!survived && !test.mayGiveUp) throw new Error(`The connection was given up: ${lost[0]}.`)
  if (errors.length > 0) throw new Error(errors[0])
  for (const traffic of traffics) traffic.verify()

  network.set({ latencyMs: 10, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 })
  if (survived) {
    for (const traffic of traffics) traffic.verifyComplete()
    await network.run(10_000)
    expectNoGrowth(network, ends, timers)
  } else await network.until(() => lost.length === 2, { limitMs: LIMIT_MS })
  await network.until(Promise.all(ends.map((end) => end.leave())))
  await network.run(5000)
  if (network.clock.pendingTimers > 0) throw new Error(`${network.clock.pendingTimers} timers are left.`)
  return Math.max(...traffics.map(({ slowestMs }) => slowestMs))
}

async function play(
  test: Case,
  network: SimulatedNetwork,
  traffics: readonly Traffic[],
  isOver: () => boolean,
): Promise<void> {
  const upTo = (limit: number) => 1 + (network.random() % limit)
  for (let iteration = 0; iteration < test.iterations; iteration++) {
    await network.run(test.quietMs)
    for (let at = 0; at < test.activeMs && !isOver(); at += TICK_MS) {
      for (const traffic of traffics) LOADS[test.load](traffic, at, upTo)
      await network.run(TICK_MS)
    }
  }
}

/** Sends what is due `at` ms into the active time; `upTo(n)` is a chance number from 1 to n. */
type Load = (traffic: Traffic, at: number, upTo: (limit: number) => number) => void

const LOADS: Readonly<Record<Case['load'], Load>> = {
  /** As much as goes, 60 % of it reliable, sizes by chance. */
  blast: (traffic, at, upTo) => {
    if (at % 100 === 0) traffic.isFull = false
    for (let i = 0; i < 10 && !traffic.isFull; i++) {
      if (upTo(100) <= 60) traffic.reliable(upTo(6000))
      else traffic.unreliable(upTo(3000))
    }
  },
  /** Like a game: 4,000 reliable and 2,000 unreliable bytes every 30 ms; the reliable ones wait when told to. */
  game: (traffic, at) => {
    if (at % 30 !== 0) return
    if (at % 300 === 0) traffic.isFull = false
    if (!traffic.isFull) traffic.reliable(4000)
    traffic.unreliable(2000)
  },
  /** Bursts of 64 messages, of which 1 % are blocks of up to 10 KB; and unreliable state all the time. */
  bursts: (traffic, at, upTo) => {
    if (at % 1000 === 0) for (let i = 0; i < 64; i++) traffic.reliable(upTo(100) === 1 ? upTo(10_000) : upTo(32))
    if (at % 50 === 0) traffic.unreliable(upTo(100))
  },
}

function expectNoGrowth(network: SimulatedNetwork, ends: readonly End[], timers: number): void {
  for (const { buffered } of ends) if (buffered > 0) throw new Error(`${buffered} bytes still wait.`)
  // Heartbeats and consent as before; a few more for what is under way just now.
  const now = network.clock.pendingTimers
  if (now > timers + 12) throw new Error(`${now} timers wait; at first there were ${timers}.`)
}
