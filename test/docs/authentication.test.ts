// The examples in docs/authentication.md are compiled as they stand there, and what they export is run, so that they cannot lie.

import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { Identity, IdentityAuthentication, Room } from '../../src/index.ts'
import { createIdentity, identify } from '../../src/index.ts'
import { namedTestProblems } from '../support/named-tests.ts'

const ROOT = new URL('../../', import.meta.url)

/** What the examples export. */
interface Examples {
  play(signaling: string, room?: string): Promise<Room>
  fromDatabase(read: () => Promise<CryptoKeyPair | undefined>): Promise<Identity>
  fromFile(text: string | undefined, write: (text: string) => void): Promise<Identity>
  friendsOnly(identity: Identity, friends: ReadonlySet<string>): IdentityAuthentication
  admit(
    backend: { ticketSecret: string; passportKey: JsonWebKey },
    player: { id: string; name: string; key: string },
  ): Promise<{ ticket: string; passport: string }>
}

let folder: string
let text: string
const examples = {} as Examples

beforeAll(async () => {
  folder = await mkdtemp(fileURLToPath(new URL('./.example-', import.meta.url)))
  text = await readFile(new URL('docs/authentication.md', ROOT), 'utf8')
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) =>
    code!.replaceAll("'skein'", "'../../../src/index.ts'").replaceAll("'skein/server'", "'../../../server/index.ts'"),
  )
  for (const [i, code] of blocks.entries()) {
    const file = `${folder}/example-${i}.ts`
    await writeFile(file, code)
    // The others are programs of their own.
    if (/^export /m.test(code)) Object.assign(examples, await import(file))
  }
  const files = blocks.map((_, i) => `example-${i}.ts`)
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify({ extends: '../../../tsconfig.json', files, include: [] }))
})

afterAll(() => rm(folder, { recursive: true }))

test('the examples compile', () => {
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT))
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  expect(stdout).toBe('')
}, 60_000)

test('keys are kept, and passports are those of the key', async () => {
  const first = await examples.fromDatabase(async () => undefined)
  expect((await examples.fromDatabase(async () => first.keys)).key).toBe(first.key)
  let kept = ''
  const written = await examples.fromFile(undefined, (file) => {
    kept = file
  })
  expect((await examples.fromFile(kept, () => {})).key).toBe(written.key)
  expect(examples.friendsOnly(first, new Set([written.key])).peer(1)).toBeUndefined()
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const backend = { ticketSecret: 'x'.repeat(32), passportKey: (await exportJWK(privateKey)) as JsonWebKey }
  const { ticket, passport } = await examples.admit(backend, { id: '7', name: 'Ann', key: first.key })
  for (const token of [ticket, passport]) {
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
    expect(claims).toMatchObject({ name: 'Ann', sub: '7', cnf: { jkt: first.key } })
  }
  expect(identify({ identity: await createIdentity(), passport })).toBeDefined()
})

describe('what is promised', () => {
  it('is tested', () => {
    const rows = [...text.matchAll(/^\| .* \| (`[^`]+ › .+`) \|$/gm)].map(([, cell]) => cell!)
    expect(rows.length).toBeGreaterThan(3)
    expect(rows.flatMap(namedTestProblems)).toEqual([])
  })
})
