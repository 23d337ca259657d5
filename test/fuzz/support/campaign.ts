// Runs a target over many inputs made by chance, and watches what no input may do: throw, take long, reach a prototype,
// or leave memory behind. A failure names the seed; `SKEIN_FUZZ_SEED=… npx vitest run test/fuzz -t '<target>'` runs that
// input again.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'vitest'
import { Chance } from './chance.ts'
import { stopwatch } from './oracles.ts'

export interface Target<Input> {
  readonly name: string
  /** Inputs in `npm test`: together about 30 s on a busy machine with two cores. */
  readonly rounds: number
  /** Past crashers, and what looks like one. */
  readonly corpus: readonly Input[]
  make(chance: Chance): Input
  /** Throws where the code under test does what it may not. */
  run(input: Input): void | Promise<void>
  /** The input for the report: hex, or JSON. */
  show(input: Input): string
  /** That honest use still works. */
  afterwards?(): void | Promise<void>
}

/** How much longer than `npm test` it runs. */
const FACTOR = Number(process.env.SKEIN_FUZZ_ROUNDS ?? 1)
const ONLY_SEED = process.env.SKEIN_FUZZ_SEED

/** No input takes longer, in ms, on a machine that does three other things. What is quadratic takes seconds. */
const MOST_MS = 1_000
/** What may stay behind after all inputs together, in bytes: compiled code and caches. */
const MOST_LEFT_BEHIND = 24 * 1024 * 1024

const PROTOTYPES: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Date.prototype,
  Map.prototype,
  Uint8Array.prototype,
  Object.getPrototypeOf(Uint8Array.prototype) as object,
]

export function timeoutOf(): number {
  return 60_000 + 60_000 * FACTOR
}

export async function campaign<Input>(target: Target<Input>): Promise<void> {
  const prototypes = describePrototypes()
  const before = usedMemory()
  for (const [i, input] of target.corpus.entries()) await attempt(target, input, `corpus ${i}`)
  const rounds = Math.ceil(target.rounds * FACTOR)
  const seeds =
    ONLY_SEED === undefined ? { first: 0, end: rounds } : { first: Number(ONLY_SEED), end: Number(ONLY_SEED) + 1 }
  for (let seed = seeds.first; seed < seeds.end; seed++) {
    const pending = attempt(target, target.make(new Chance(seed)), `seed ${seed}`)
    if (pending) await pending
  }
  await target.afterwards?.()
  expect(describePrototypes()).toEqual(prototypes)
  // Buffers that were collected are given back in a turn of the event loop of their own.
  usedMemory()
  await new Promise((resolve) => setImmediate(resolve))
  expect(usedMemory() - before, 'bytes left behind').toBeLessThan(MOST_LEFT_BEHIND)
}

/** Is synchronous where the target is: a promise for each of a million inputs takes longer than they do. */
function attempt<Input>(target: Target<Input>, input: Input, origin: string): Promise<void> | undefined {
  const failed = (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${target.name}, ${origin}: ${reason}\n${target.show(input).slice(0, 20_000)}`, { cause })
  }
  stopwatch.slowestMs = 0
  try {
    const pending = target.run(input)
    if (pending instanceof Promise) return pending.then(() => judgeTime(target, input)).catch(failed)
  } catch (error) {
    return failed(error)
  }
  return stopwatch.slowestMs > MOST_MS ? judgeTime(target, input).catch(failed) : undefined
}

/** Another process may have had the core: it is slow only if it is so each time. */
async function judgeTime<Input>(target: Target<Input>, input: Input): Promise<void> {
  let fastestMs = stopwatch.slowestMs
  for (let again = 0; again < 5 && fastestMs > MOST_MS; again++) {
    stopwatch.slowestMs = 0
    await target.run(input)
    fastestMs = Math.min(fastestMs, stopwatch.slowestMs)
  }
  if (fastestMs > MOST_MS) throw new Error(`it takes ${Math.round(fastestMs)} ms`)
}

function describePrototypes(): string[] {
  return PROTOTYPES.map((prototype) => Reflect.ownKeys(prototype).map(String).join())
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function usedMemory(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
