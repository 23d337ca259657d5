// What leaves at once after a pause. SCTP in Chromium keeps its acknowledgement of a single packet for 200 ms (in Firefox for
// less), and in Node takes the packet for lost by then and has a window of one packet, unless the link answers sooner.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startLinkService } from '../support/link-service.ts'
import { outerAddress, UdpLink } from '../support/udp-link.ts'
import { chromium, closeBrowsers, openBrowsers, server } from './browsers.ts'
import { joinBoth, joinInNode } from './ends.ts'

/** Less than what has a connection of its own dialled. */
const BYTES = 8 * 1024
/** In which an idle room says now and then that it is there. */
const IDLE_PACKETS = 15
/** The link itself begins with four messages, and has more after the first. */
const TIMES = 4

beforeAll(openBrowsers)

afterAll(closeBrowsers)

it('a burst to Chromium leaves at once, however long nothing did', async () => {
  const link = new UdpLink({ seed: 1, host: outerAddress(), conditions: { delayMs: 25 } })
  const service = await startLinkService(link)
  try {
    const [one, two] = await joinBoth(server.url, service.url, [joinInNode, chromium])
    const counters = () => link.counters(1, 2)
    let most = 0
    for (let i = 0; i < TIMES; i++) {
      const idle = counters().passed + IDLE_PACKETS
      await expect.poll(() => counters().passed, { timeout: 15_000 }).toBeGreaterThan(idle)
      const { bytesPassed } = counters()
      await one.sendBulk(BYTES)
      while (counters().bytesPassed < bytesPassed + BYTES) {
        most = Math.max(most, counters().bytesOffered - counters().bytesPassed)
        await sleep(1)
      }
    }
    // From a window of one packet it was 5,050 at most.
    expect(most).toBeGreaterThan(5_600)
    for (const end of [one, two]) await end.leave()
  } finally {
    service.close()
    link.close()
  }
})
