// That a peer which wants relays only tells nobody an address of its own: everything that crosses the signaling server is
// read, between Node and real browsers, with a real coturn.

import type { ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Browser } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSignalingServer, type SignalingServer } from '../../server/signaling/server.ts'
import { turnServers } from '../../server/signaling/turn-credentials.ts'
import { joinRoom } from '../../src/index.ts'
import type { Room } from '../../src/multiplayer/room-types.ts'
import { type BrowserName, launchBrowser } from '../support/browser.ts'
import { startCoturn } from '../support/coturn.ts'
import { atEnd, closeAll, Witness } from '../support/peers.ts'
import { type SignalingTap, startSignalingTap } from '../support/signaling-tap.ts'
import { buildSite, type Site } from '../support/site.ts'
import '../../src/node.ts'

/** An address that only the relay has: peers of this machine come to it from another one. */
const RELAY = '127.0.0.9'
const SECRET = 'a-secret-for-this-test'
/** What says nothing about anybody: the relay itself, and what stands in every description. */
const HARMLESS = new Set([RELAY, '0.0.0.0', '127.0.0.1', '::'])

const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g
const IPV6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi
const MDNS = /[\w-]+\.local\b/g

/** Every address in what was said, but the harmless ones. Fingerprints are no addresses. */
function addresses(texts: readonly string[]): string[] {
  const said = texts.join('\n').replace(/a=fingerprint:\S+ [0-9A-F:]+/g, '')
  const found = [IPV4, IPV6, MDNS].flatMap((pattern) => said.match(pattern) ?? [])
  return [...new Set(found)].filter((address) => !HARMLESS.has(address))
}

/** The candidates that were told, with their related addresses. */
function candidates(texts: readonly string[]): { type: string; related: string | undefined }[] {
  return [...texts.join('\n').matchAll(/candidate:\S+ \d+ \S+ \d+ \S+ \d+ typ (\w+)(?: raddr (\S+) rport \d+)?/g)].map(
    ([, type, related]) => ({ type: type!, related }),
  )
}

let coturn: ChildProcess
let server: SignalingServer
let tap: SignalingTap
let site: Site
const browsers: Browser[] = []

beforeAll(async () => {
  const port = await freePort()
  coturn = await startCoturn({ addresses: [RELAY], port, secret: SECRET, loopback: true })
  server = await createSignalingServer({
    host: '127.0.0.1',
    iceServers: turnServers({ urls: [`stun:${RELAY}:${port}`, `turn:${RELAY}:${port}`], secret: SECRET }),
  })
  site = await buildSite(
    'relay-only',
    `import { joinRoom } from 'skein'
     window.enter = async (signaling, room) => {
       const joined = await joinRoom({ signaling, room, iceTransportPolicy: 'relay' })
       joined.on('packet', (value, from) => joined.send(value, { to: from }))
       return joined.code
     }`,
  )
})
afterAll(async () => {
  for (const browser of browsers) await browser.close()
  await site?.close()
  await server?.close()
  coturn?.kill('SIGKILL')
})
afterEach(closeAll)

async function newTap(): Promise<SignalingTap> {
  tap = await startSignalingTap(server.url)
  atEnd(() => tap.close())
  return tap
}

async function enter(room: string | undefined, iceTransportPolicy: 'all' | 'relay'): Promise<[Room, Witness]> {
  const joined = await joinRoom({ signaling: tap.url, room, iceTransportPolicy })
  atEnd(() => joined.leave())
  return [joined, new Witness(joined)]
}

function expectSilence(): void {
  expect(addresses(tap.texts)).toEqual([])
  const told = candidates(tap.texts)
  // Each peer told one, and the server carried it on.
  expect(told.length).toBeGreaterThanOrEqual(4)
  expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['relay']))
  for (const { related } of told) expect([undefined, '0.0.0.0', '::']).toContain(related)
}

describe('with relay-only, nothing that crosses signaling has an address', () => {
  it('of two Node peers', async () => {
    await newTap()
    const [first, heard] = await enter(undefined, 'relay')
    const [second] = await enter(first.code, 'relay')
    second.on('peerConnected', () => second.send('through'))
    await heard.heard(1)
    expectSilence()
  })

  it.each<BrowserName>(['chromium', 'firefox'])(
    'of a page in %s and a Node peer',
    { timeout: 60_000 },
    async (name) => {
      await newTap()
      const browser = await launchBrowser(name, { prefs: { 'media.peerconnection.ice.loopback': true } })
      browsers.push(browser)
      const page = await browser.newPage()
      await page.goto(site.url)
      await page.waitForFunction('window.enter')
      const code = (await page.evaluate(`window.enter(${JSON.stringify(tap.url)})`)) as string
      const [room, heard] = await enter(code, 'relay')
      await heard.met(1)
      room.send('there and back')
      await heard.heard(1)
      expectSilence()
    },
  )

  it('and without it there are some, of the peer that did not ask for it alone', async () => {
    await newTap()
    const [first] = await enter(undefined, 'relay')
    const [second, heard] = await enter(first.code, 'all')
    await heard.met(1)
    const texts = tap.texts.filter((text) => !text.includes('"iceServers"'))
    expect(addresses(texts)).not.toEqual([])
    expect(addresses(texts.filter((text) => text.includes(`"to":${second.id}`)))).toEqual([])
  })
})

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, RELAY)
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}
