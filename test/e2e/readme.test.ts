// The README's program, taken from the README, built as a user builds it, in two browsers.

import { readdir, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSignalingServer, type SignalingServer } from '../../server/index.ts'
import { collectErrors, launchBrowser } from '../support/browser.ts'
import { buildSite, type Site } from '../support/site.ts'

const SIGNALING_IN_README = "'ws://localhost:8080/signaling'"

let signaling: SignalingServer
let site: Site
let serverless: Site
let browsers: Browser[]

beforeAll(async () => {
  const program = /```ts\n([\s\S]*?)```/.exec(await readFile('README.md', 'utf8'))?.[1] ?? ''
  expect(program).toContain(SIGNALING_IN_README)
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(20)
  signaling = await createSignalingServer({ port: 0, host: '127.0.0.1' })
  site = await buildSite('readme', program.replace(SIGNALING_IN_README, `'${signaling.url}'`))
  serverless = await buildSite(
    'broadcast',
    program
      .replace(SIGNALING_IN_README, 'new BroadcastChannelSignaling()')
      .replace('{ joinRoom', '{ BroadcastChannelSignaling, joinRoom'),
  )
  browsers = await Promise.all([launchBrowser('chromium'), launchBrowser('firefox')])
}, 60_000)

afterAll(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()))
  await site?.close()
  await serverless?.close()
  await signaling?.close()
})

const shows = (text: string) => `document.body.textContent.includes(${JSON.stringify(text)})`

/** Opens the page in the one and its link in the other, and sees them talk. */
async function talk(url: string, first: Page, second: Page): Promise<void> {
  const errors = [collectErrors(first), collectErrors(second)]
  await first.goto(url)
  await first.waitForFunction(() => location.hash.length > 4, { timeout: 10_000 })
  await second.goto(first.url())
  for (const page of [first, second]) {
    await page.waitForFunction(shows('"hello":"I am '), { timeout: 15_000, polling: 100 })
  }
  await second.bringToFront()
  await second.mouse.move(40, 60)
  await second.mouse.move(41, 61)
  await first.waitForFunction(shows('[41,61]'), { timeout: 10_000, polling: 100 })
  expect(errors).toEqual([[], []])
}

it('makes two browsers talk, reliably and unreliably', async () => {
  const [chromium, firefox] = await Promise.all(browsers.map((browser) => browser.newPage()))
  await talk(site.url, chromium!, firefox!)
})

it.each([
  ['chromium', 0],
  ['firefox', 1],
])('makes two tabs talk without any server, in %s', async (_name, index) => {
  const browser = browsers[index]!
  const [first, second] = [await browser.newPage(), await browser.newPage()]
  await talk(serverless.url, first, second)
  // A tab that is closed is missed at once: a third one is told of the first only.
  await second.close()
  const third = await browser.newPage()
  await third.goto(first.url())
  await third.waitForFunction(shows('"hello":"I am '), { timeout: 15_000, polling: 100 })
  expect(await third.evaluate(() => document.body.textContent?.match(/"hello"/g)?.length)).toBe(1)
})

it('builds to a bundle that has nothing of Node', async () => {
  for (const name of await readdir(site.assets)) {
    const code = await readFile(resolve(site.assets, name), 'utf8')
    // Compared as a boolean, so that a failure does not print the bundle.
    expect(/["'`]node:[a-z]|createRequire|browser-external|require\(/.test(code), name).toBe(false)
  }
})
