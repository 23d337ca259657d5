// A tab that is hidden, with all its timers held back to one a second, and a peer in Node: transfers and states in both
// directions at once. The link must not need timers to go on.

import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSignalingServer, type SignalingServer } from '../../server/index.ts'
import { TransferMode } from '../../src/index.ts'
import { launchBrowser } from '../support/browser.ts'
import { startLinkService } from '../support/link-service.ts'
import type { Site } from '../support/site.ts'
import { outerAddress, UdpLink } from '../support/udp-link.ts'
import { joinBoth, joinInNode, joinInPage, serveTestPage } from './ends.ts'

const BULK_BYTES = 2 * 1024 * 1024
const DELAY_MS = 15
const STATES = { mode: TransferMode.Unreliable, count: 150, periodMs: 1000 / 60 } as const
const POLL = { timeout: 10_000, interval: 100 }

let server: SignalingServer
let site: Site
let browser: Browser
let page: Page

beforeAll(async () => {
  server = await createSignalingServer({ port: 0, host: '127.0.0.1' })
  site = await serveTestPage()
  browser = await launchBrowser('chromium', { holdsHiddenBack: true })
  page = await browser.newPage()
  await page.goto(site.url)
})

afterAll(async () => {
  await browser?.close()
  await site?.close()
  await server?.close()
})

/** Puts another tab in front, and waits until the page's timers are held back. */
async function hide(): Promise<void> {
  const front = await browser.newPage()
  await front.bringToFront()
  const timersOfASecond = () =>
    page.evaluate(async () => {
      const endAt = performance.now() + 1_000
      let rung = 0
      for (; performance.now() < endAt; rung++) await new Promise((resolve) => setTimeout(resolve, 1))
      return rung
    })
  await expect.poll(timersOfASecond, POLL).toBeLessThan(5)
  expect(await page.evaluate(() => document.visibilityState)).toBe('hidden')
}

/** The page's own beat comes from a worker, as a game's does that goes on while it is hidden. */
function beatInWorker(): Promise<void> {
  return page.evaluate(() => {
    window.setInterval = ((beat: () => void, ms: number) => {
      const program = `setInterval(() => postMessage(0), ${ms})`
      const worker = new Worker(URL.createObjectURL(new Blob([program])))
      worker.onmessage = beat
      return worker
    }) as unknown as typeof setInterval
    window.clearInterval = ((worker: Worker) => worker.terminate()) as unknown as typeof clearInterval
  })
}

it('a hidden tab and Node go on with transfers and states in both directions, and nothing starves', async () => {
  const conditions = { delayMs: DELAY_MS, rate: 20e6, queueBytes: 100_000 }
  const link = new UdpLink({ seed: 4, host: outerAddress(), conditions })
  const service = await startLinkService(link)
  try {
    const ends = await joinBoth(server.url, service.url, [joinInNode, (...args) => joinInPage(page, ...args)])
    await beatInWorker()
    await hide()
    for (const end of ends) await end.sendBulk(BULK_BYTES)
    await Promise.all([ends[0].send({ name: 'from Node', ...STATES }), ends[1].send({ name: 'from page', ...STATES })])
    for (const end of ends) await expect.poll(async () => (await end.bulk()).received, POLL).toBe(BULK_BYTES)
    for (const [end, name] of [
      [ends[1], 'from Node'],
      [ends[0], 'from page'],
    ] as const) {
      const delays = (await end.arrivals(name)).map(({ delayMs }) => delayMs).sort((a, b) => a - b)
      expect(delays.length).toBeGreaterThan(0.95 * STATES.count)
      // Over the quickest, because the clocks of both differ by a constant. What needs a timer waits for up to a second.
      const late = (share: number) => delays[Math.floor(share * delays.length)]! - delays[0]!
      expect(late(0.5)).toBeLessThan(100)
      expect(late(0.95)).toBeLessThan(500)
      expect(await end.log()).toEqual([])
    }
    expect(await page.evaluate(() => document.visibilityState)).toBe('hidden')
    for (const end of ends) await end.leave()
  } finally {
    service.close()
    link.close()
  }
}, 30_000)
