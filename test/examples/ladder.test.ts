// Every program of examples/ is run, as `npm run example` runs it; those in Node must print what their first comment says.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe, expect, it, test } from 'vitest'
import { collectErrors, launchBrowser } from '../support/browser.ts'

/** Programs with more lines of code than that have two points. */
const MOST_LINES = 60

const names = readdirSync('examples').filter((name) => name.endsWith('.ts'))
const run = promisify(execFile)

interface Heading {
  /** What it prints, a line each; `…` stands for anything. */
  readonly promised: readonly string[]
  /** Lines of the program without its first comment. */
  readonly lines: number
  readonly text: string
}

function read(name: string): Heading {
  const text = readFileSync(`examples/${name}`, 'utf8')
  const all = text.split('\n')
  const comment = all.slice(
    0,
    all.findIndex((line) => !line.startsWith('//')),
  )
  const from = comment.findIndex((line) => line.startsWith('// You see:'))
  const promised = comment.slice(from).map((line) => line.replace(/^\/\/ (You see:)? */, ''))
  return { promised, lines: all.length - comment.length, text }
}

describe('the ladder', () => {
  it('has no gaps, and every step is in its index', () => {
    expect(names.map((name) => name.slice(0, 2))).toEqual(names.map((_, i) => String(i + 1).padStart(2, '0')))
    const index = readFileSync('examples/README.md', 'utf8')
    for (const name of names) expect(index).toContain(`[${name.replace('.ts', '')}](${name})`)
  })

  it.each(names)('%s is short, imports what a user imports, and says how to run it', (name) => {
    const { lines, text, promised } = read(name)
    expect(lines).toBeLessThanOrEqual(MOST_LINES)
    expect(text).toContain(`// Run it:   npm run example ${name.slice(0, 2)}`)
    expect(promised.length).toBeGreaterThan(0)
    for (const [, module] of text.matchAll(/(?:from|import) '([^']+)'/g)) {
      expect(module).toMatch(/^(skein(\/(node|server|testing))?|valibot|node:.+)$/)
    }
  })
})

describe('in Node', () => {
  it.each(names.filter((name) => !name.startsWith('01')))(
    '%s prints what it promises, and ends',
    async (name) => {
      const { stdout, stderr } = await run(process.execPath, ['scripts/example.js', name.slice(0, 2)], {
        timeout: 40_000,
      })
      const printed = stdout.trimEnd().split('\n')
      const { promised } = read(name)
      // Shown side by side where they differ.
      const seen = printed.map((line, i) => (promised[i] !== undefined && fits(line, promised[i]) ? promised[i] : line))
      expect(seen).toEqual(promised)
      expect(stderr).toBe('')
    },
    45_000,
  )
})

function fits(line: string, pattern: string): boolean {
  const parts = pattern.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.+')}$`).test(line)
}

test('01-two-tabs.ts: two tabs of Chromium chat', async () => {
  const server = spawn(process.execPath, ['scripts/example.js', '1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const browser = await launchBrowser('chromium')
  try {
    const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string]
    const [first, second] = [await browser.newPage(), await browser.newPage()]
    const errors = [collectErrors(first), collectErrors(second)]
    await first.goto(/http\S+/.exec(line)![0])
    await first.waitForFunction(() => location.hash.length > 4, { timeout: 15_000, polling: 100 })
    await second.goto(first.url())
    const options = { timeout: 15_000, polling: 100 }
    for (const page of [first, second]) {
      await page.waitForFunction(() => document.body.textContent?.includes('is here.'), options)
    }
    await second.bringToFront()
    await second.type('input', 'hello there')
    await second.keyboard.press('Enter')
    await second.waitForFunction(() => document.body.textContent?.includes('you: hello there'), options)
    await first.waitForFunction(() => /\d+: hello there/.test(document.body.textContent ?? ''), options)
    await second.close()
    await first.waitForFunction(() => document.body.textContent?.includes('is gone (left)'), options)
    expect(errors).toEqual([[], []])
  } finally {
    await browser.close()
    server.kill()
  }
}, 60_000)

test('whoever names no example is told which there are', async () => {
  await expect(run(process.execPath, ['scripts/example.js'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('02-first-room.ts'),
  })
})
