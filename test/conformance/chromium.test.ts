// The browser driver in Chromium: two pages.

import { launchBrowser } from '../support/browser.ts'
import { CHROMIUM } from './driver-facts.ts'
import { pageSide } from './page-side.ts'
import { describeConformance } from './suite.ts'

describeConformance('chromium–chromium', async () => {
  const browser = await launchBrowser('chromium')
  const [a, b] = [await pageSide(browser, CHROMIUM), await pageSide(browser, CHROMIUM)]
  return { a, b, close: () => browser.close() }
})
