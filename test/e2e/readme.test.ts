// The README's program, taken from the README, built as a user builds it, in two browsers.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Browser } from 'puppeteer-core'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSignalingServer, type SignalingServer } from '../../server/index.ts'
import { collectErrors, launchBrowser } from '../support/browser.ts'

const ROOT = resolve('test/output/readme')
const SIGNALING_IN_README = 'ws://localhost:8080/signaling'

let signaling: SignalingServer
let site: PreviewServer
let browsers: Browser[]

beforeAll(async () => {
  const program = /```ts\n([\s\S]*?)```/.exec(await readFile('README.md', 'utf8'))?.[1] ?? ''
  expect(program).toContain(SIGNALING_IN_README)
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(20)
  signaling = await createSignalingServer({ port: 0, host: '127.0.0.1' })
  await rm(ROOT, { recursive: true, force: true })
  await mkdir(ROOT, { recursive: true })
  await writeFile(
    resolve(ROOT, 'index.html'),
    '<link rel="icon" href="data:,"><body><script type="module" src="./main.ts"></script></body>',
  )
  await writeFile(resolve(ROOT, 'main.ts'), program.replace(SIGNALING_IN_README, signaling.url))
  const options = {
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    resolve: { alias: { skein: resolve('dist/src/index.js') } },
    build: { target: 'es2022' },
  } as const
  await build(options)
  site = await preview({ ...options, preview: { port: 0, host: '127.0.0.1' } })
  browsers = await Promise.all([launchBrowser('chromium'), launchBrowser('firefox')])
}, 60_000)

afterAll(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()))
  await site?.close()
  await signaling?.close()
})

it('makes two browsers talk, reliably and unreliably', async () => {
  const [chromium, firefox] = await Promise.all(browsers.map((browser) => browser.newPage()))
  const errors = [collectErrors(chromium!), collectErrors(firefox!)]
  await chromium!.goto(site.resolvedUrls!.local[0]!)
  await chromium!.waitForFunction(() => location.hash.length > 4, { timeout: 10_000 })
  await firefox!.goto(chromium!.url())
  const shows = (text: string) => `document.body.textContent.includes(${JSON.stringify(text)})`
  for (const page of [chromium!, firefox!]) await page.waitForFunction(shows('"hello":"I am '), { timeout: 15_000 })
  await chromium!.mouse.move(40, 60)
  await chromium!.mouse.move(41, 61)
  await firefox!.waitForFunction(shows('[41,61]'), { timeout: 10_000 })
  expect(errors).toEqual([[], []])
})

it('builds to a bundle that has nothing of Node', async () => {
  const assets = resolve(ROOT, 'dist/assets')
  for (const name of await readdir(assets)) {
    const code = await readFile(resolve(assets, name), 'utf8')
    // Compared as a boolean, so that a failure does not print the bundle.
    expect(/["'`]node:[a-z]|createRequire|browser-external|require\(/.test(code), name).toBe(false)
  }
})
