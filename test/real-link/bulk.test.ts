// Bulk goes over a connection of its own, whose signals no signaling server sees: it must not go past the link, or every
// figure and every loss of a test over a link would be about something else.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startLinkService } from '../support/link-service.ts'
import { outerAddress, UdpLink } from '../support/udp-link.ts'
import { chromium, closeBrowsers, firefox, openBrowsers, server } from './browsers.ts'
import { type Join, joinBoth, joinInNode } from './ends.ts'

const FIRST_BYTES = 64 * 1024
const BYTES = 1024 * 1024

beforeAll(openBrowsers)

afterAll(closeBrowsers)

describe('the connection for bulk goes through the link, both ways', () => {
  it('between Node and Node', () => expectBulkOverLink(joinInNode, joinInNode))
  it('between Chromium and Firefox', () => expectBulkOverLink(chromium, firefox))
  it('between Node and Chromium', () => expectBulkOverLink(joinInNode, chromium))
  it('between Firefox and Node', () => expectBulkOverLink(firefox, joinInNode))
})

async function expectBulkOverLink(...joins: [Join, Join]): Promise<void> {
  const link = new UdpLink({ seed: 1, host: outerAddress(), conditions: { delayMs: 5 } })
  const service = await startLinkService(link)
  try {
    const ends = await joinBoth(server.url, service.url, joins)
    // The first bulk has the connection dialled.
    await ends[0].sendBulk(FIRST_BYTES)
    await expect.poll(async () => (await ends[1].bulk()).received, POLL).toBe(FIRST_BYTES)
    for (const end of ends) await expect.poll(async () => (await end.bulk()).route, POLL).toBe('own')

    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const passed = () => link.counters(from + 1, to + 1).bytesPassed
      const before = { passed: passed(), received: (await ends[to].bulk()).received }
      await ends[from].sendBulk(BYTES)
      await expect.poll(async () => (await ends[to].bulk()).received, POLL).toBe(before.received + BYTES)
      expect((await ends[from].bulk()).route).toBe('own')
      expect(passed() - before.passed).toBeGreaterThan(BYTES)
    }
    for (const end of ends) await end.leave()
  } finally {
    service.close()
    link.close()
  }
}

const POLL = { timeout: 15_000, interval: 50 }
