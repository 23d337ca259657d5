// The browser driver in Firefox: two pages.

import { launchBrowser } from '../support/browser.ts'
import { FIREFOX } from './driver-facts.ts'
import { pageSide } from './page-side.ts'
import { describeConformance } from './suite.ts'

describeConformance('firefox–firefox', async () => {
  const browser = await launchBrowser('firefox')
  const [a, b] = [await pageSide(browser, FIREFOX), await pageSide(browser, FIREFOX)]
  return { a, b, close: () => browser.close() }
})
