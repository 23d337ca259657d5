// The demo where no way leads to the host. Most of the time it waits: so it is a file of its own, that runs beside others.

import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { type DemoServer, startDemoServer } from '../support/demo-server.ts'

let server: DemoServer
let browser: Browser

beforeAll(async () => {
  server = await startDemoServer()
  browser = await launchBrowser('chromium')
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

it('the demo says so when no way leads to the host', async () => {
  const page = await browser.newPage()
  // Relays only, and there is none.
  await page.evaluateOnNewDocument(() => {
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: 'relay' })
      }
    }
  })
  await page.goto(server.link)
  await page.waitForFunction(() => document.querySelector('#banner-title')?.textContent === 'Connecting')
  await page.waitForFunction(() => document.body.dataset.state === 'closed', { timeout: 40_000 })
  expect(await page.evaluate(() => document.querySelector('#notice')?.textContent)).toMatch(/No way to the other/)
}, 60_000)
