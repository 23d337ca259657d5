// The end of a line that is a page in Chromium.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'puppeteer-core'
import { build } from 'vite'
import { launchBrowser } from '../../test/support/browser.ts'
import type { LineCalls } from './line-calls.ts'
import { machineNow } from './machine-clock.ts'
import { PACKAGE_ROOT } from './package-root.ts'
import type {} from './serve-page.ts'

/** Questions to the page; the quickest answer tells its clock best. */
const CLOCK_QUESTIONS = 40

export class PageEnd {
  onSignal: (signal: unknown) => void = () => {}
  readonly #browser: Browser
  readonly #page: Page
  readonly #stopServer: () => void

  private constructor(browser: Browser, page: Page, stopServer: () => void) {
    this.#browser = browser
    this.#page = page
    this.#stopServer = stopServer
  }

  /**
   * @param program The path of its script, compiled.
   * @param modules Where modules lie that are installed elsewhere.
   */
  static async open(program: URL, modules: Readonly<Record<string, string>> = {}): Promise<PageEnd> {
    const code = await bundle(fileURLToPath(program), modules)
    const server = createServer((request, response) => {
      const isScript = request.url === '/program.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(isScript ? code : '<link rel="icon" href="data:,"><script type="module" src="/program.js"></script>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const browser = await launchBrowser('chromium')
    const page = await browser.newPage()
    const end = new PageEnd(browser, page, () => server.close())
    page.on('pageerror', (error) => console.error(`In the page: ${error}`))
    page.on('error', (error) => console.error(`The page is gone: ${error}`))
    await page.exposeFunction('signalOther', (signal: unknown) => end.onSignal(signal))
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.waitForFunction(() => window.line !== undefined)
    return end
  }

  /** Tells the page what to add to its clock. Once in a while: clocks drift apart. */
  async setClock(): Promise<void> {
    let best = { tookMs: Number.POSITIVE_INFINITY, offsetMs: 0 }
    for (let i = 0; i < CLOCK_QUESTIONS; i++) {
      const askedAt = machineNow()
      const { now } = await this.call('clock', {})
      const tookMs = machineNow() - askedAt
      if (tookMs < best.tookMs) best = { tookMs, offsetMs: askedAt + tookMs / 2 - now }
    }
    await this.call('setClock', { offsetMs: best.offsetMs })
  }

  call<Name extends keyof LineCalls>(
    name: Name,
    params: LineCalls[Name]['params'],
  ): Promise<LineCalls[Name]['result']> {
    return this.#page.evaluate(
      (name, params) => window.line.call(name, params),
      name,
      // What crosses is JSON in any case.
      params as never,
    ) as Promise<LineCalls[Name]['result']>
  }

  signal(signal: unknown): void {
    void this.#page.evaluate((signal) => window.line.receive(signal), signal as never)
  }

  async stop(): Promise<void> {
    this.#stopServer()
    await this.#browser.close()
  }
}

async function bundle(entry: string, modules: Readonly<Record<string, string>>): Promise<string> {
  const built = await build({
    root: PACKAGE_ROOT,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    resolve: { alias: modules },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: { polyfill: false },
      rolldownOptions: { input: entry },
    },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const chunk = outputs.flatMap((each) => ('output' in each ? each.output : [])).find(({ type }) => type === 'chunk')
  if (chunk?.type !== 'chunk') throw new Error('Nothing was built for the page.')
  return chunk.code
}
