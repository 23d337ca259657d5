// Drivers against each other. Node offers once and answers once; the other directions are the same code on both sides.

import '../../src/node.ts'
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { CHROMIUM, FIREFOX, NODE } from './driver-facts.ts'
import { pageSide } from './page-side.ts'
import { localSide, type Side } from './side.ts'
import { describeConformance } from './suite.ts'

let browsers: Browser[] = []
let sides: { readonly chromium: Side; readonly firefox: Side; readonly node: Side }

beforeAll(async () => {
  browsers = await Promise.all([launchBrowser('chromium'), launchBrowser('firefox')])
  sides = {
    chromium: await pageSide(browsers[0]!, CHROMIUM),
    firefox: await pageSide(browsers[1]!, FIREFOX),
    // Firefox does not use loopback addresses.
    node: localSide(NODE),
  }
})

afterAll(() => Promise.all(browsers.map((browser) => browser.close())))

const PAIRS = [
  ['chromium', 'node'],
  ['node', 'firefox'],
  ['chromium', 'firefox'],
] as const

// What may happen between processes on a busy machine, so that a case may be tried again: between taking an answer's ICE
// credentials and its fingerprint the native library may lose the processor, and refuses a browser that finishes its
// handshake meanwhile (1 of 800 connections at a load of 14); and a page may pass through a state before it is asked.
for (const [a, b] of PAIRS) {
  describeConformance(`${a}–${b}`, () => ({ a: sides[a], b: sides[b] }), { across: true, retry: 3 })
}
