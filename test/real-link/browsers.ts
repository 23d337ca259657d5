// Chromium and Firefox with a page each that shows the test page, and a signaling server: for a file of tests.

import type { Browser, Page } from 'puppeteer-core'
import { createSignalingServer, type SignalingServer } from '../../server/index.ts'
import { collectErrors, launchBrowser } from '../support/browser.ts'
import type { Site } from '../support/site.ts'
import { type Join, joinInPage, serveTestPage } from './ends.ts'

export let server: SignalingServer
/** What went wrong in Chromium's page, and in Firefox's. */
export let errors: string[][]
let site: Site
let browsers: Browser[]
let pages: Page[]

/** For `beforeAll`. */
export async function openBrowsers(): Promise<void> {
  server = await createSignalingServer({ port: 0, host: '127.0.0.1' })
  site = await serveTestPage()
  browsers = await Promise.all([launchBrowser('chromium'), launchBrowser('firefox')])
  pages = await Promise.all(browsers.map((browser) => browser.newPage()))
  errors = pages.map(collectErrors)
  await Promise.all(pages.map((page) => page.goto(site.url)))
}

/** For `afterAll`, also when not all could be opened. */
export async function closeBrowsers(): Promise<void> {
  await Promise.all((browsers ?? []).map((browser) => browser.close()))
  await site?.close()
  await server?.close()
}

export const chromium: Join = (...args) => joinInPage(pages[0]!, ...args)
export const firefox: Join = (...args) => joinInPage(pages[1]!, ...args)
