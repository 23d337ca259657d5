// The examples in docs/time.md are compiled as they stand there, and what they export is run, so that they cannot lie.

import { afterAll, expect, test } from 'vitest'
import { joinRoom, type Room, type Ticker } from '../../src/index.ts'
import { SimulatedNetwork } from '../../src/testing.ts'
import { loadExamples } from './support/examples.ts'

/** What the examples export. */
interface Examples {
  simulate(room: Room, step: (tick: number) => void): Ticker
  between(ticker: Ticker, before: number, now: number): number
  Newest: new () => { pack(ticker: Ticker): number; take(wrapped: number, ticker: Ticker): boolean }
}

const { compile, examples, remove } = await loadExamples<Examples>('docs/time.md')

afterAll(remove)

test('the examples compile', () => {
  expect(compile()).toBe('')
}, 60_000)

test('ticks come, are drawn between, and are told by two bytes', async () => {
  const network = new SimulatedNetwork({ seed: 1 })
  const room = await network.until(joinRoom(network.peerOptions('alice')))
  const ticks: number[] = []
  const ticker = examples.simulate(room, (tick) => ticks.push(tick))
  await network.run(1_000)
  expect(ticks.length).toBeGreaterThan(58)
  expect(examples.between(ticker, 10, 20)).toBeGreaterThanOrEqual(10)
  expect(examples.between(ticker, 10, 20)).toBeLessThanOrEqual(20)
  const newest = new examples.Newest()
  const wrapped = newest.pack(ticker)
  expect(newest.take(wrapped, ticker)).toBe(true)
  expect(newest.take(wrapped, ticker)).toBe(false)
  expect(newest.take(wrapped + 1, ticker)).toBe(true)
  await network.until(room.leave())
})
