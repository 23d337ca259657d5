// The examples in docs/time.md are compiled as they stand there, and what they export is run, so that they cannot lie.

import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { joinRoom, type Room, type Ticker } from '../../src/index.ts'
import { SimulatedNetwork } from '../../src/testing.ts'

const ROOT = new URL('../../', import.meta.url)

/** What the examples export. */
interface Examples {
  simulate(room: Room, step: (tick: number) => void): Ticker
  between(ticker: Ticker, before: number, now: number): number
  Newest: new () => { pack(ticker: Ticker): number; take(wrapped: number, ticker: Ticker): boolean }
}

let folder: string
const examples = {} as Examples

beforeAll(async () => {
  folder = await mkdtemp(fileURLToPath(new URL('./.example-', import.meta.url)))
  const text = await readFile(new URL('docs/time.md', ROOT), 'utf8')
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) =>
    code!.replaceAll("'skein'", "'../../../src/index.ts'"),
  )
  for (const [i, code] of blocks.entries()) {
    const file = `${folder}/example-${i}.ts`
    await writeFile(file, code)
    // The others are programs of their own.
    if (/^export /m.test(code)) Object.assign(examples, await import(file))
  }
  const files = blocks.map((_, i) => `example-${i}.ts`)
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify({ extends: '../../../tsconfig.json', files, include: [] }))
})

afterAll(() => rm(folder, { recursive: true }))

test('the examples compile', () => {
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT))
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  expect(stdout).toBe('')
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
