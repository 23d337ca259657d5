// Drivers against each other. Node offers once and answers once; the other directions are the same code on both sides.

import '../../../src/node.ts'
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { CHROMIUM, FIREFOX, NODE } from '../driver-facts.ts'
import { pageSide } from '../page-side.ts'
import { localSide, type Side } from '../side.ts'
import { describeConformance } from '../suite.ts'

type Platform = 'chromium' | 'firefox' | 'node'

const FACTS = { chromium: CHROMIUM, firefox: FIREFOX } as const

/** Registers the cases of two platforms; the first one offers. */
export function describeAcross(first: Platform, second: Platform): void {
  const browsers: Browser[] = []
  let sides: readonly Side[]

  const open = async (platform: Platform) => {
    // Firefox does not use loopback addresses.
    if (platform === 'node') return localSide(NODE)
    const browser = await launchBrowser(platform)
    browsers.push(browser)
    return pageSide(browser, FACTS[platform])
  }
  beforeAll(async () => {
    sides = await Promise.all([open(first), open(second)])
  })
  afterAll(() => Promise.all(browsers.map((browser) => browser.close())))

  // What may happen between processes on a busy machine, so that a case may be tried again: between taking an answer's ICE
  // credentials and its fingerprint the native library may lose the processor, and refuses the certificate of a browser that
  // finishes its handshake meanwhile ("certificate verify failed": 1 of 800 connections at a load of 14 once, 4 of 600 at
  // another time; libdatachannel's pull request 1612 is about it). In a room the pair is dialled again.
  describeConformance(`${first}–${second}`, () => ({ a: sides[0]!, b: sides[1]! }), { across: true, retry: 3 })
}
