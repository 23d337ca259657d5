// Two tabs of one browser: the one in the background goes on networking.

import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { type DemoServer, startDemoServer } from '../support/demo-server.ts'

let server: DemoServer
let browser: Browser

beforeAll(async () => {
  server = await startDemoServer()
  browser = await launchBrowser('chromium')
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

async function openTab(): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(server.link)
  return page
}

it('keeps a hidden tab in the game', async () => {
  const hidden = await openTab()
  await hidden.waitForFunction(() => document.body.dataset.state === 'playing', { timeout: 15_000 })
  const front = await openTab()
  await front.bringToFront()
  for (const page of [hidden, front]) {
    // A hidden page gets no animation frames, by which puppeteer looks when it is not told otherwise.
    await page.waitForFunction(() => document.body.dataset.peers === '2', { timeout: 15_000, polling: 100 })
  }
  expect(await hidden.evaluate(() => document.visibilityState)).toBe('hidden')
  const id = await hidden.evaluate(() => document.body.dataset.peerId)

  // What the front tab hears of the hidden one, second by second: its state goes on coming.
  await front.keyboard.press('n')
  for (let second = 0; second < 6; second++) {
    await front.waitForFunction(
      (peer) =>
        Number.parseFloat(document.querySelector(`[data-peer="${peer}"] [data-metric="in"]`)?.textContent ?? '') > 0.3,
      { timeout: 10_000 },
      id,
    )
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
  expect(await front.evaluate(() => document.body.dataset.peers)).toBe('2')
  // And it hears the others: a round trip is measured there too.
  const heard = await hidden.evaluate(() => document.querySelectorAll('#players li').length)
  expect(heard).toBe(3)
}, 45_000)
