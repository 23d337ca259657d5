// The programs in docs/first-room.md, as they stand there: compiled, built as a user builds them, and played in two tabs.

import { spawnSync } from 'node:child_process'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSignalingServer, type SignalingServer } from '../../server/index.ts'
import { collectErrors, launchBrowser } from '../support/browser.ts'
import { buildSite } from '../support/site.ts'
import { loadExamples } from './support/examples.ts'

const { blocks, compile, remove, text } = await loadExamples('docs/first-room.md')

let server: SignalingServer
let browser: Browser

beforeAll(async () => {
  server = await createSignalingServer({ port: 0, host: '127.0.0.1' })
  browser = await launchBrowser('chromium')
})

afterAll(async () => {
  await remove()
  await browser?.close()
  await server?.close()
})

/** Opens the program in one tab, and the address that it became in another. */
async function play(name: string, program: string, test: (first: Page, second: Page) => Promise<void>): Promise<void> {
  const address = "'ws://127.0.0.1:8090/signaling'"
  expect(program).toContain(address)
  const site = await buildSite(name, program.replace(address, `'${server.url}'`))
  try {
    const [first, second] = [await browser.newPage(), await browser.newPage()]
    const errors = [collectErrors(first), collectErrors(second)]
    await first.goto(site.url)
    await first.waitForFunction(() => location.hash.length > 4, { timeout: 10_000, polling: 100 })
    await second.goto(first.url())
    await test(first, second)
    expect(errors).toEqual([[], []])
  } finally {
    await site.close()
  }
}

function waitForText(page: Page, pattern: string): Promise<unknown> {
  const matches = (source: string) => new RegExp(source).test(document.body.textContent ?? '')
  return page.waitForFunction(matches, { timeout: 15_000, polling: 100 }, pattern)
}

test('the programs compile', () => {
  expect(compile()).toBe('')
}, 60_000)

test('the signaling server is where the guide says that it is', () => {
  const { stdout } = spawnSync(process.execPath, ['dist/server/operations/cli.js', '--help'], { encoding: 'utf8' })
  expect(stdout).toContain('0 takes any free one. Default: 8090.')
  expect(stdout).toContain('with --dev only 127.0.0.1')
  expect(text).toContain('Players connect to ws://127.0.0.1:8090/signaling')
})

test('two players talk, and hear when one is gone', async () => {
  await play('first-room', blocks[0]!, async (first, second) => {
    for (const page of [first, second]) await waitForText(page, 'Player \\d+ is here\\. Player \\d+ says hello')
    await second.close()
    await waitForText(first, 'is gone: left')
  })
}, 45_000)

test('two players move and jump', async () => {
  await play('first-game', blocks[1]!, async (first, second) => {
    await second.bringToFront()
    await waitForText(second, 'you')
    await waitForText(first, 'Cat')
    await second.mouse.move(200, 150)
    await first.waitForFunction(
      () =>
        [...document.querySelectorAll('div')].some((dot) => dot.textContent === 'Cat' && dot.style.left === '200px'),
      { timeout: 10_000, polling: 100 },
    )
    await second.mouse.down()
    await first.waitForFunction(() => document.getAnimations().length > 0, { timeout: 10_000, polling: 20 })
    await second.close()
    await first.waitForFunction(() => document.querySelectorAll('div').length === 1, { timeout: 10_000, polling: 100 })
  })
}, 45_000)
