// The example in docs/testing.md is run as it stands there, so that it cannot lie.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as testing from '../../../src/testing.ts'

const root = new URL('../../../', import.meta.url)

async function blocks(): Promise<string[]> {
  const text = await readFile(new URL('docs/testing.md', root), 'utf8')
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)
}

const [example] = await blocks()
const folder = await mkdtemp(fileURLToPath(new URL('./.example-', import.meta.url)))
try {
  const code = example!
    .replaceAll("'skein'", "'../../../../src/index.ts'")
    .replaceAll("'skein/testing'", "'../../../../src/testing.ts'")
  const file = `${folder}/example.ts`
  await writeFile(file, code)
  // Its tests register themselves here.
  await import(file)
} finally {
  await rm(folder, { recursive: true })
}

test('what the guide imports and names exists', async () => {
  const text = await readFile(new URL('docs/testing.md', root), 'utf8')
  const names = text.slice(text.indexOf('`presets` has'), text.indexOf('## Seeds'))
  for (const name of Object.keys(testing.presets)) expect(names).toContain(`\`${name}\``)
  const table = text.slice(text.indexOf('| condition |'), text.indexOf('They act in this order'))
  const { seed: _seed, ...rest } = new testing.SimulatedNetwork().conditions as unknown as Record<string, unknown>
  for (const name of Object.keys(rest)) expect(table).toContain(`\`${name}\``)
})
