// Starts real browsers for the tests.

import { type Browser, launch, type Page } from 'puppeteer-core'
import { type BrowserName, findProgram } from '../../scripts/programs.js'

export type { BrowserName }

/** Chromium as root needs no sandbox; the rest keeps it from looking for the internet. */
const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Software rendering, where there is no graphics card.
  '--enable-unsafe-swiftshader',
]

/** @param prefs Firefox's settings (about:config). */
export function launchBrowser(name: BrowserName, prefs: Readonly<Record<string, unknown>> = {}): Promise<Browser> {
  const executablePath = findProgram(name)
  if (!executablePath) throw new Error(`${name} is missing: run \`npm test\`, which installs it.`)
  return launch({
    browser: name === 'chromium' ? 'chrome' : 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: prefs,
    args: name === 'chromium' ? CHROMIUM_ARGS : [],
    protocolTimeout: 60_000,
  })
}

/** Collects what a page reports as errors, for a test to find none. */
export function collectErrors(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  return errors
}
