// The examples of a guide: its TypeScript blocks as they stand there, compiled as users' code would be, and what they export.

import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../../', import.meta.url)

/** What users import, and where it is here. */
const ENTRIES: Readonly<Record<string, string>> = {
  skein: 'src/index.ts',
  'skein/node': 'src/node.ts',
  'skein/testing': 'src/testing.ts',
  'skein/server': 'server/index.ts',
}

export interface GuideExamples<Exports> {
  /** What the blocks export that are no programs of their own. */
  readonly examples: Exports
  /** The guide's text. */
  readonly text: string
  /** Its blocks, in order, as they stand there. */
  readonly blocks: readonly string[]
  /** What the compiler says of all blocks: nothing. */
  readonly compile: () => string
  /** Removes the files that were made. For `afterAll`. */
  readonly remove: () => Promise<void>
}

/**
 * @param guide The guide's path in the repository.
 * @param replacements What a block imports that is not the library's: another block, as `./example-0.ts` for the first.
 */
export async function loadExamples<Exports = Record<string, never>>(
  guide: string,
  replacements: Readonly<Record<string, string>> = {},
): Promise<GuideExamples<Exports>> {
  const folder = await mkdtemp(fileURLToPath(new URL('../.example-', import.meta.url)))
  const text = await readFile(new URL(guide, ROOT), 'utf8')
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)
  const files = blocks.map((_, i) => `example-${i}.ts`)
  const imports = { ...replacements }
  for (const [name, path] of Object.entries(ENTRIES)) imports[name] = `../../../${path}`
  // Some import others: all are there before the first one runs.
  for (const [i, block] of blocks.entries()) {
    const code = Object.entries(imports).reduce(
      (code, [name, path]) => code.replaceAll(`'${name}'`, `'${path}'`),
      block,
    )
    await writeFile(`${folder}/${files[i]}`, code)
  }
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify({ extends: '../../../tsconfig.json', files, include: [] }))
  const examples = {} as Exports & object
  for (const [i, block] of blocks.entries()) {
    // The others are programs of their own.
    if (/^export /m.test(block)) Object.assign(examples, await import(`${folder}/${files[i]}`))
  }
  return {
    examples,
    text,
    blocks,
    compile: () => {
      const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT))
      return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout
    },
    remove: () => rm(folder, { recursive: true }),
  }
}
