// docs/limits.md is made from the constants files: their comments are the reasons, their modules the values. It fails when
// the table says something else; `npx vitest run test/limits.test.ts -u` writes it anew.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../', import.meta.url)

interface Limit {
  readonly name: string
  readonly value: unknown
  readonly reason: string
}

const HEAD = `# Limits

Every limit, timeout and size, from the \`constants.ts\` of each folder. Options that change one are named in its reason or in the
doc comment of the option; the rest are fixed. \`test/limits.test.ts\` makes this table from those files and fails when it is not
as they are.
`

/** The folders with a file of constants. The demo's rules are no limits. */
const folders = ['src/net', 'src/multiplayer', 'server']
  .flatMap((top) =>
    readdirSync(new URL(top, ROOT), { recursive: true, encoding: 'utf8' }).map((path) => `${top}/${path}`),
  )
  .filter((path) => path.endsWith('/constants.ts'))
  .map((path) => path.slice(0, -'/constants.ts'.length))
  .sort()

/** The constants of a file in their order, with their values as the program has them. */
async function limitsOf(folder: string): Promise<Limit[]> {
  const url = new URL(`${folder}/constants.ts`, ROOT)
  const module: Record<string, unknown> = await import(url.pathname)
  const limits: Limit[] = []
  let comment = ''
  for (const part of readFileSync(url, 'utf8').matchAll(/\/\*\*(.*?)\*\/|^export const (\w+)/gms)) {
    const [, words, name] = part
    if (words !== undefined)
      comment = words
        .replace(/^\s*\*\s?/gm, '')
        .replace(/\s+/g, ' ')
        .trim()
    else if (name !== undefined) limits.push({ name, value: module[name], reason: comment })
  }
  expect(limits.map(({ name }) => name).sort()).toEqual(Object.keys(module).sort())
  return limits
}

function unitOf({ name, reason }: Limit): string {
  if (name.endsWith('_MS')) return 'ms'
  if (name.includes('PER_SECOND')) return 'per second'
  if (name.includes('BYTES')) return 'bytes'
  if (name.endsWith('_LENGTH')) return 'characters'
  if (!name.endsWith('S') && /\bbytes\b/i.test(reason)) return 'bytes'
  return ''
}

function table(limits: readonly Limit[]): string {
  const rows = limits.map((limit) => {
    const value = typeof limit.value === 'number' ? limit.value.toLocaleString('en') : JSON.stringify(limit.value)
    return `| \`${limit.name}\` | ${value} | ${unitOf(limit)} | ${limit.reason.replaceAll('|', '\\|')} |`
  })
  return ['| name | value | unit | reason |', '|---|---|---|---|', ...rows].join('\n')
}

describe('docs/limits.md', () => {
  it('lists every constant with its value and its reason', async () => {
    const sections = await Promise.all(
      folders.map(async (folder) => `## ${folder}\n\n${table(await limitsOf(folder))}\n`),
    )
    await expect([HEAD, ...sections].join('\n')).toMatchFileSnapshot('../docs/limits.md')
  })

  it('has a reason for each', async () => {
    for (const folder of folders) {
      for (const { name, reason } of await limitsOf(folder)) expect(reason.length, name).toBeGreaterThan(20)
    }
  })
})
