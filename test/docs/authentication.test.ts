// The examples in docs/authentication.md are compiled as they stand there, and what they export is run, so that they cannot lie.

import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, describe, expect, it, test } from 'vitest'
import type { Identity, IdentityAuthentication, Room } from '../../src/index.ts'
import { createIdentity, identify } from '../../src/index.ts'
import { namedTestProblems } from '../support/named-tests.ts'
import { loadExamples } from './support/examples.ts'

/** What the examples export. */
interface Examples {
  play(signaling: string, room?: string): Promise<Room>
  fromText(text: string | undefined, write: (text: string) => void): Promise<Identity>
  friendsOnly(identity: Identity, friends: ReadonlySet<string>): IdentityAuthentication
  admit(
    backend: { ticketSecret: string; passportKey: JsonWebKey },
    player: { id: string; name: string; key: string },
  ): Promise<{ ticket: string; passport: string }>
}

const { compile, examples, remove, text } = await loadExamples<Examples>('docs/authentication.md')

afterAll(remove)

test('the examples compile', () => {
  expect(compile()).toBe('')
}, 60_000)

// `keptIdentity` needs a page: test/e2e/identity.test.ts.
test('keys are kept, and passports are those of the key', async () => {
  const first = await createIdentity()
  let kept = ''
  const written = await examples.fromText(undefined, (text) => {
    kept = text
  })
  expect((await examples.fromText(kept, () => {})).key).toBe(written.key)
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
