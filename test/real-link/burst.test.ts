// What leaves at once after a pause. SCTP in Chromium keeps its acknowledgement of a single packet for 200 ms, and in Node takes
// the packet for lost by then and has a window of one packet, unless the link sees to it that something goes back sooner.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { MAX_MESSAGE, START_WINDOW } from '../../src/net/link/constants.ts'
import { startLinkService } from '../support/link-service.ts'
import { outerAddress, UdpLink } from '../support/udp-link.ts'
import { chromium, closeBrowsers, firefox, openBrowsers, server } from './browsers.ts'
import { joinBoth, joinInNode } from './ends.ts'

/** Less than what has a connection of its own dialled. */
const BYTES = 8 * 1024
/** With which a transfer starts. */
const PACKETS = START_WINDOW / MAX_MESSAGE
/** In which an idle room says now and then that it is there. */
const IDLE_PACKETS = 30

beforeAll(openBrowsers)

afterAll(closeBrowsers)

it.each([
  ['Chromium', chromium],
  ['Firefox', firefox],
])('a burst to %s leaves at once, however long nothing did', async (_, browser) => {
  const link = new UdpLink({ seed: 1, host: outerAddress(), conditions: { delayMs: 25 } })
  const service = await startLinkService(link)
  try {
    const [one, two] = await joinBoth(server.url, service.url, [joinInNode, browser])
    const counters = () => link.counters(1, 2)
    const idle = counters().passed + IDLE_PACKETS
    await expect.poll(() => counters().passed, { timeout: 15_000 }).toBeGreaterThan(idle)
    const before = counters()
    await one.sendBulk(BYTES)
    // When the first of it comes out of the link nothing was acknowledged.
    await expect.poll(() => counters().bytesPassed - before.bytesPassed, { interval: 1 }).toBeGreaterThan(1_000)
    expect(counters().offered - before.offered).toBeGreaterThanOrEqual(PACKETS)
    for (const end of [one, two]) await end.leave()
  } finally {
    service.close()
    link.close()
  }
})
