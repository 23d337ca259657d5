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

/** By which puppeteer keeps hidden pages awake. */
const KEPT_AWAKE = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
]

export interface LaunchOptions {
  /** The timers of hidden pages are held back, as a player's browser does. Chromium only. */
  readonly holdsHiddenBack?: boolean
  /** Firefox's settings (about:config). */
  readonly prefs?: Readonly<Record<string, unknown>>
  /** Started instead of the browser, with its arguments, and spoken to over a pipe. Chromium only. */
  readonly program?: string
}

export function launchBrowser(name: BrowserName, options: LaunchOptions = {}): Promise<Browser> {
  const executablePath = options.program ?? findProgram(name)
  if (!executablePath) throw new Error(`${name} is missing: run \`npm test\`, which installs it.`)
  return launch({
    browser: name === 'chromium' ? 'chrome' : 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: { ...options.prefs },
    pipe: options.program !== undefined,
    args: name === 'chromium' ? CHROMIUM_ARGS : [],
    ignoreDefaultArgs: options.holdsHiddenBack ? KEPT_AWAKE : [],
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
