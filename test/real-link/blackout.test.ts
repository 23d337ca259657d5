// What becomes of two peers whose network is away for a while, over real WebRTC. Between browsers ICE restarts, with Node the
// pair is dialled again; either way nothing reliable is lost or doubled, and the peers are told the same.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Blackout, runBlackout } from './blackout.ts'
import { chromium, closeBrowsers, errors, firefox, openBrowsers, server } from './browsers.ts'
import { type Join, joinInNode } from './ends.ts'

beforeAll(openBrowsers)

afterAll(async () => {
  // What Firefox says of a connection that failed is no error here.
  expect(errors.flat().filter((each) => !each.includes('ICE failed'))).toEqual([])
  await closeBrowsers()
})

const PAIRS: readonly (readonly [string, readonly [Join, Join]])[] = [
  ['Node and Node', [joinInNode, joinInNode]],
  ['Chromium and Chromium', [chromium, chromium]],
  ['Firefox and Chromium', [firefox, chromium]],
  ['Node and Chromium', [joinInNode, chromium]],
  ['Firefox and Node', [firefox, joinInNode]],
]

const [nodes, chromiums, mixed] = PAIRS

type Pair = (typeof PAIRS)[number]

/** All at once: they mostly wait. */
function runs(pairs: readonly Pair[], ms: number | 'moves') {
  return Promise.all(
    pairs.map(async ([name, joins], index) => [name, await runBlackout(server.url, 7 + index, joins, ms)] as const),
  )
}

/** How soon is measured by bench/reconnect.ts. */
function expectBack(all: readonly (readonly [string, Blackout])[]): void {
  for (const [name, { log, reliable, sent }] of all) {
    for (const [side, words] of log.entries()) {
      expect(words.at(-1), `${name}: ${words}`).toBe('reconnected')
      expect(words, name).not.toContain('ERR_UNAUTHORIZED')
      expect(reliable[side], `${name}: ${words}`).toEqual(Array.from({ length: sent }, (_, n) => n))
    }
  }
}

describe.concurrent('a network', { timeout: 90_000 }, () => {
  it('that is away for 2 s or 10 s: the peers are connected again, and nothing is lost', async () => {
    expectBack(await runs(PAIRS, 2_000))
    expectBack(await runs(PAIRS, 10_000))
  })

  it('that is another one: ICE restarts between browsers, others are dialled again, and nothing is lost', async () => {
    const all = await runs(PAIRS, 'moves')
    expectBack(all)
    const keptTheirs = all.filter(([, { same }]) => same.every(Boolean)).map(([name]) => name)
    for (const name of keptTheirs) expect(name).not.toContain('Node')
    // On a busy machine a restart may take longer than it is waited for, and then they are dialled again, too.
    expect(keptTheirs).not.toEqual([])
  })

  it('that is away for 20 s: they are gone for each other', async () => {
    for (const [name, { log }] of await runs([nodes!, chromiums!, mixed!], 20_000)) {
      for (const words of log) {
        const gone = words.find((word) => word !== 'reconnecting' && word !== 'reconnected')
        expect(['timeout', 'connection_lost'], `${name}: ${words}`).toContain(gone)
      }
    }
  })
})
