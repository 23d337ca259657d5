// Players who prove who they are, in Chromium, Firefox and Node: each has its own certificates, cryptography and database. The
// pages keep their keys as docs/authentication.md has it.

import { readFile } from 'node:fs/promises'
import { exportJWK, generateKeyPair } from 'jose'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createPassport, createSignalingServer, type SignalingServer } from '../../server/index.ts'
import { createIdentity, type Identity } from '../../src/index.ts'
import { RelayHub } from '../../src/multiplayer/relay/hub.ts'
import '../../src/node.ts'
import { collectErrors, launchBrowser } from '../support/browser.ts'
import { buildSite, type Site } from '../support/site.ts'
import { type Acquaintance, type Entry, Player } from './identity-player.ts'

let signaling: SignalingServer
let site: Site
let browsers: Browser[]
let pages: Page[]
let errors: string[][]
let identity: Identity
let node: Player
/** A passport for whoever has this key. */
let entryOf: (key: string, subject: string, room?: Pick<Entry, 'room' | 'topology' | 'sealRelayed'>) => Promise<Entry>

beforeAll(async () => {
  const guide = await readFile('docs/authentication.md', 'utf8')
  const keeping = [...guide.matchAll(/```ts\n(.*?)```/gs)].find(([, code]) => code!.includes('indexedDB'))![1]!
  const program = `${keeping.replace("'skein'", "'../../../src/index.ts'")}
import { installPlayer } from '../../e2e/identity-player.ts'
installPlayer({ keptIdentity, fromText })
`
  signaling = await createSignalingServer({ port: 0, host: '127.0.0.1' })
  site = await buildSite('identity', program)
  browsers = await Promise.all([launchBrowser('chromium'), launchBrowser('firefox')])
  pages = await Promise.all(browsers.map((browser) => browser.newPage()))
  errors = pages.map(collectErrors)
  await Promise.all(pages.map((page) => page.goto(site.url)))

  const backend = await generateKeyPair('ES256', { extractable: true })
  const privateKey = (await exportJWK(backend.privateKey)) as JsonWebKey
  const backendKey = (await exportJWK(backend.publicKey)) as JsonWebKey
  entryOf = async (key, subject, room = node && { room: node.room.code }) => ({
    ...{ signaling: signaling.url, backendKey, ...room },
    passport: await createPassport({ privateKey, key, subject }),
  })
  identity = await createIdentity()
  node = await Player.enter(identity, await entryOf(identity.key, 'node'))
}, 60_000)

afterAll(async () => {
  await node?.room.leave()
  await Promise.all((browsers ?? []).map((browser) => browser.close()))
  await site?.close()
  await signaling?.close()
})

const NAMES = ['chromium', 'firefox', 'node']
const POLL = { timeout: 10_000, interval: 50 }

function keys() {
  return Promise.all(pages.map((page) => page.evaluate(() => window.player.keys())))
}

/** The pages enter the room, and all three know the others. What each of them knows, with its own id. */
async function meet(own: readonly string[]): Promise<(readonly [id: number, others: Acquaintance[]])[]> {
  const entries = await Promise.all(pages.map((_, i) => entryOf(own[i]!, NAMES[i]!)))
  const entered = await Promise.all(pages.map((page, i) => page.evaluate((e) => window.player.enter(e), entries[i]!)))
  const all = async () => [
    ...(await Promise.all(pages.map((page) => page.evaluate(() => window.player.others())))),
    node.others,
  ]
  const heard = async () => (await all()).flat().filter(({ said }) => said !== undefined).length
  await expect.poll(heard, POLL).toBe(6)
  const ids = [...entered.map(({ id }) => id), node.room.id]
  return (await all()).map((others, i) => [ids[i]!, others] as const)
}

it('know each other by key and passport, and sign the same certificates at both ends', async () => {
  const own = [...(await keys()).map(({ database }) => database), identity.key]
  const all = await meet(own)
  for (const [i, [id, others]] of all.entries()) {
    for (const [j, [otherId, back]] of all.entries()) {
      if (i === j) continue
      const other = others.find((each) => each.id === otherId)!
      expect(other).toMatchObject({ key: own[j], subject: NAMES[j], said: `I am ${own[j]}` })
      const reverse = back.find((each) => each.id === id)!
      expect(other.localFingerprints).toEqual(reverse.remoteFingerprints)
      expect(other.localFingerprints![0]).toMatch(/^sha-256 [0-9A-F:]{95}$/)
      expect(other.localFingerprints).not.toEqual(other.remoteFingerprints)
    }
  }
})

it('are the same players at the next visit, with keys that no script can read', { timeout: 60_000 }, async () => {
  const before = await keys()
  await Promise.all(pages.map((page) => page.reload()))
  expect(await keys()).toEqual(before)
  for (const { database, text, canBeReadOut } of before) {
    expect(canBeReadOut).toBe(false)
    expect(text).not.toBe(database)
  }
  // A page that is loaded anew may not get its goodbye out: then it is missed after its grace.
  await expect.poll(() => node.room.peers, { timeout: 25_000 }).toEqual([])
  const own = [...before.map(({ database }) => database), identity.key]
  const [, , [, known]] = (await meet(own)) as [unknown, unknown, [number, Acquaintance[]]]
  expect(known.map(({ key, subject }) => [key, subject]).sort()).toEqual(
    own
      .slice(0, 2)
      .map((key, i) => [key, NAMES[i]])
      .sort(),
  )
  expect(errors).toEqual([[], []])
})

it('seal what a host passes on between them, which it cannot read', async () => {
  const passedOn = vi.spyOn(RelayHub.prototype, 'forward')
  const host = await Player.enter(identity, await entryOf(identity.key, 'host', { topology: 'star' }))
  const sealed = { room: host.room.code, sealRelayed: true }
  const own = await createIdentity()
  const client = await Player.enter(own, await entryOf(own.key, 'node', sealed))
  try {
    const names = [...(await keys()).map(({ database }) => database), own.key]
    const entries = await Promise.all(pages.map((_, i) => entryOf(names[i]!, NAMES[i]!, sealed)))
    const entered = await Promise.all(pages.map((page, i) => page.evaluate((e) => window.player.enter(e), entries[i]!)))
    const ids = [...entered.map(({ id }) => id), client.room.id]
    const all = async () => [
      ...(await Promise.all(pages.map((page) => page.evaluate(() => window.player.others())))),
      client.others,
    ]
    const heard = async () => (await all()).flat().filter(({ said }) => said !== undefined).length
    await expect.poll(heard, POLL).toBe(9)
    const known = await all()
    for (const [i, id] of ids.entries()) {
      for (const [j, otherId] of ids.entries()) {
        if (i === j) continue
        const other = known[i]!.find((each) => each.id === otherId)!
        expect(other).toMatchObject({ via: 1, key: names[j], subject: NAMES[j], said: `I am ${names[j]}` })
        expect(other.localFingerprints).toEqual(known[j]!.find((each) => each.id === id)!.remoteFingerprints)
        expect(other.localFingerprints![0]).toMatch(/^skein-seal [0-9A-F]{130}$/)
      }
    }
    const texts = passedOn.mock.calls.map(([, , , , { packet }]) => Buffer.from(packet).toString('latin1'))
    expect(passedOn.mock.calls.every(([, , , , { sealed, target }]) => sealed || target === 1)).toBe(true)
    expect(texts.filter((text) => text.includes('I am')).length).toBe(0)
    expect(texts.length).toBeGreaterThan(6)
  } finally {
    await Promise.all([client.room.leave(), host.room.leave()])
    vi.restoreAllMocks()
  }
  expect(errors).toEqual([[], []])
})
