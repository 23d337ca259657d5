// The browser driver in Firefox: two pages.

import { launchBrowser } from '../support/browser.ts'
import { FIREFOX } from './driver-facts.ts'
import { pageSide } from './page-side.ts'
import { describeConformance } from './suite.ts'

// Seen once on a busy machine: Firefox did not tell that a channel had closed which was closed inside its own `open`,
// though the other side knew. So a case may be tried again.
describeConformance(
  'firefox–firefox',
  async () => {
    const browser = await launchBrowser('firefox')
    const [a, b] = [await pageSide(browser, FIREFOX), await pageSide(browser, FIREFOX)]
    return { a, b, close: () => browser.close() }
  },
  { retry: 1 },
)
