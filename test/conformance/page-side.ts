// Sides in pages of real browsers. The page's program is bundled with Vite and given to an empty page as a script.

import { resolve } from 'node:path'
import type { Browser } from 'puppeteer-core'
import { build } from 'vite'
import { collectErrors } from '../support/browser.ts'
import type { DriverFacts } from './driver-facts.ts'
import type { Reply } from './host.ts'
import { caller, type Side } from './side.ts'

let program: Promise<string> | undefined

export async function pageSide(browser: Browser, facts: DriverFacts): Promise<Side> {
  program ??= bundle()
  const page = await browser.newPage()
  const uncaught = collectErrors(page)
  await page.goto('about:blank')
  await page.evaluate(await program)
  return {
    facts,
    configuration: {},
    uncaught,
    // As source text, because a function would bring along what the test's compiler put into it.
    call: caller(
      (method, args) =>
        page.evaluate(`conformance(${JSON.stringify(method)}, ${JSON.stringify(args)})`) as Promise<Reply>,
    ),
  }
}

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry: resolve('test/conformance/page.ts'), formats: ['iife'], name: 'fixture' },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  if (!output || !('output' in output)) throw new Error('Vite built nothing.')
  return output.output[0].code
}
