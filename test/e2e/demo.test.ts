// The demo as players meet it: the program of `npm start`, real Chromium and Firefox, and a peer in Node, in one room.

import { mkdirSync } from 'node:fs'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import '../../src/node.ts'
import { GameSession } from '../../src/game-demo/net/session.ts'
import { presenceOf } from '../../src/game-demo/profile.ts'
import { IDLE } from '../../src/game-demo/rules/ship.ts'
import { joinRoom, type Room } from '../../src/index.ts'
import { type BrowserName, collectErrors, launchBrowser } from '../support/browser.ts'
import { type DemoServer, startDemoServer } from '../support/demo-server.ts'

const OUTPUT = 'test/e2e/output'
const NAMES: readonly BrowserName[] = ['chromium', 'firefox']

interface Player {
  readonly name: string
  readonly page: Page
  readonly errors: string[]
  id: number
}

let server: DemoServer
const browsers = new Map<BrowserName, Browser>()
const players: Player[] = []
let nodeRoom: Room
let nodeSession: GameSession
/** Whom the peer in Node lost, and why: nobody, until a page is closed. */
const lost: string[] = []

async function openPage(name: BrowserName, link: string): Promise<Player> {
  const page = await browsers.get(name)!.newPage()
  const errors = collectErrors(page)
  await page.setViewport({ width: 1024, height: 700 })
  await page.goto(link)
  return { name, page, errors, id: 0 }
}

function waitForState(page: Page, state: string): Promise<unknown> {
  return page.waitForFunction((wanted) => document.body.dataset.state === wanted, { timeout: 15_000 }, state)
}

function waitForPeers(page: Page, count: number): Promise<unknown> {
  return page.waitForFunction((wanted) => document.body.dataset.peers === String(wanted), { timeout: 15_000 }, count)
}

/** Where a page says that a player is, or undefined. */
function positionOf(page: Page, id: number): Promise<[x: number, y: number] | undefined> {
  return page.evaluate((wanted) => {
    const entry = document.querySelector<HTMLElement>(`#players li[data-id="${wanted}"]`)
    return entry ? ([Number(entry.dataset.x), Number(entry.dataset.y)] as [number, number]) : undefined
  }, id)
}

function waitUntilMoved(page: Page, id: number, [x, y]: [number, number]): Promise<unknown> {
  return page.waitForFunction(
    (wanted, fromX, fromY) => {
      const entry = document.querySelector<HTMLElement>(`#players li[data-id="${wanted}"]`)
      return entry && Math.hypot(Number(entry.dataset.x) - fromX, Number(entry.dataset.y) - fromY) > 5
    },
    { timeout: 15_000 },
    id,
    x,
    y,
  )
}

beforeAll(async () => {
  mkdirSync(OUTPUT, { recursive: true })
  server = await startDemoServer()
  await Promise.all(NAMES.map(async (name) => browsers.set(name, await launchBrowser(name))))
  for (const name of NAMES) players.push(await openPage(name, server.link))
  const profile = { name: 'Node', colour: 0, bot: true }
  nodeRoom = await joinRoom({ signaling: server.signaling, room: server.code, presence: presenceOf(profile) })
  nodeRoom.on('peerDisconnected', (id, reason) => lost.push(`${id} ${reason}`))
  nodeRoom.on('connectionFailed', (id, error) => lost.push(`${id} ${error.message}`))
  nodeSession = new GameSession({
    room: nodeRoom,
    profile,
    seed: 1,
    control: () => ({ ...IDLE, thrust: 1, turn: 0.5 }),
  })
  // The two pages, the peer of this test and the host's bot.
  for (const player of players) {
    await waitForPeers(player.page, 3)
    player.id = Number(await player.page.evaluate(() => document.body.dataset.peerId))
  }
}, 120_000)

afterAll(async () => {
  await nodeRoom?.leave()
  await Promise.all([...browsers.values()].map((browser) => browser.close()))
  await server?.stop()
}, 30_000)

describe('the demo in Chromium, Firefox and Node', () => {
  it('puts everyone who opens the link into one arena', async () => {
    for (const { page } of players) {
      expect(await page.evaluate(() => document.body.dataset.state)).toBe('playing')
      expect(await page.evaluate(() => document.body.dataset.room)).toBe(server.code)
      await page.waitForFunction(() => document.querySelectorAll('#players li').length === 4, { timeout: 15_000 })
    }
    expect(lost).toEqual([])
    expect(nodeRoom.peers).toHaveLength(3)
    expect(new Set([...players.map(({ id }) => id), nodeRoom.id, nodeRoom.host]).size).toBe(4)
  })

  it('shows each the others move', async () => {
    // In circles: who flies straight on stands at the border soon.
    for (const { page } of players) {
      await page.keyboard.down('w')
      await page.keyboard.down('d')
    }
    for (const { page } of players) {
      for (const other of [
        ...players.filter((each) => each.page !== page).map(({ id }) => id),
        nodeRoom.id,
        nodeRoom.host,
      ]) {
        const start = await positionOf(page, other)
        expect(start, `peer ${other} is shown`).toBeDefined()
        await waitUntilMoved(page, other, start!)
      }
    }
    for (const { page } of players) {
      await page.keyboard.up('d')
      await page.keyboard.up('w')
    }
    const seen = nodeSession.view().ships.map(({ id }) => id)
    for (const { id } of players) expect(seen).toContain(id)
  }, 60_000)

  it('brings each reliable message to all, exactly once and in order', async () => {
    const texts = (name: string) => Array.from({ length: 6 }, (_, index) => `${name} says ${index + 1}`)
    const heardByNode = new Map<number, string[]>()
    nodeSession.on((event) => {
      if (event.type === 'chat') heardByNode.set(event.from, [...(heardByNode.get(event.from) ?? []), event.text])
    })
    await Promise.all(
      players.map(async ({ name, page }) => {
        for (const text of texts(name)) {
          await page.evaluate((line) => {
            const input = document.querySelector<HTMLInputElement>('#chat-text')!
            input.value = line
            input.form!.requestSubmit()
          }, text)
        }
      }),
    )
    for (const text of texts('node')) expect(nodeSession.chat(text)).toBe(true)

    for (const { page } of players) {
      const senders = [...players.map(({ id, name }) => ({ id, name })), { id: nodeRoom.id, name: 'node' }]
      for (const { id, name } of senders) {
        const read = () =>
          page.evaluate(
            (from, word) =>
              [...document.querySelectorAll(`#chat-log li[data-from="${from}"]`)]
                .map(({ textContent }) => new RegExp(`${word} says \\d+`).exec(textContent ?? '')?.[0])
                .filter((text) => text !== undefined),
            id,
            name,
          )
        await expect.poll(read, { timeout: 10_000 }).toEqual(texts(name))
      }
    }
    for (const { id, name } of players) {
      await expect
        .poll(() => heardByNode.get(id)?.filter((text) => text.startsWith(`${name} says`)), { timeout: 10_000 })
        .toEqual(texts(name))
    }
  })

  it('shows round-trip time, loss and traffic of each peer in the network panel', async () => {
    for (const { page } of players) {
      await page.bringToFront()
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      await page.keyboard.press('n')
      await page.waitForFunction(
        () => {
          const rows = [...document.querySelectorAll('[data-peer]')]
          const shown = (row: Element, metric: string) =>
            Number.parseFloat(row.querySelector(`[data-metric="${metric}"]`)?.textContent ?? '')
          return (
            rows.length === 3 &&
            rows.every(
              (row) =>
                shown(row, 'rtt') > 0 && shown(row, 'loss') >= 0 && shown(row, 'in') > 0 && shown(row, 'out') > 0,
            )
          )
        },
        { timeout: 15_000 },
      )
      expect(await page.evaluate(() => document.querySelectorAll('[data-peer] canvas').length)).toBe(12)
    }
  })

  it.each([
    ['phone', 360, 740],
    ['desktop', 1440, 900],
  ])('fits a %s', async (name, width, height) => {
    for (const player of players) {
      await player.page.setViewport({ width, height })
      await player.page.waitForFunction(
        (wanted) => window.innerWidth === wanted && document.documentElement.scrollWidth <= wanted,
        { timeout: 10_000 },
        width,
      )
      await player.page.screenshot({ path: `${OUTPUT}/${player.name}-${name}.png` })
    }
  })

  it.each(NAMES)(
    'gives a page that is loaded anew its place again, in %s',
    async (browser) => {
      const { page, id } = players.find((each) => each.name === browser)!
      const pointsOf = () => nodeSession.arena.scores.find((score) => score.id === id)?.points ?? Number.NaN
      const [points, name, { round }] = [pointsOf(), nodeSession.profileOf(id)?.name, nodeSession.arena]
      const came: number[] = []
      const off = nodeRoom.on('peerConnected', (peer) => came.push(peer))
      // As another tab of the browser may do meanwhile.
      await page.evaluate(() => localStorage.setItem('skein-arena-profile', '{"name":"Other","colour":1}'))
      await page.reload()
      await waitForPeers(page, 3)
      expect(Number(await page.evaluate(() => document.body.dataset.peerId))).toBe(id)
      // The page may know of it first.
      await expect.poll(() => came).toEqual([id])
      off()
      // It was told at once that the page went.
      expect(lost.splice(0)).toEqual([`${id} left`])
      expect(nodeSession.profileOf(id)?.name).toBe(name)
      const hasPoints = () => pointsOf() >= points || nodeSession.arena.round !== round
      await expect.poll(hasPoints, { timeout: 10_000 }).toBe(true)
      await page.waitForFunction(() => document.querySelectorAll('#players li').length === 4, { timeout: 15_000 })
    },
    30_000,
  )

  it('reports no errors', () => {
    for (const { name, errors } of players) expect(errors, name).toEqual([])
    expect(lost).toEqual([])
  })

  it('is left at once when a page is closed', async () => {
    const [first, second] = players
    await first!.page.close()
    await waitForPeers(second!.page, 2)
    expect(nodeRoom.peers).not.toContain(first!.id)
    players.shift()
  })
})

describe('joining that fails', () => {
  it.each(NAMES)('says so when there is no such room, in %s', async (name) => {
    const { page } = await openPage(name, server.link.replace(server.code, 'ZZZ-ZZZ-ZZZ'))
    await waitForState(page, 'failed')
    expect(await page.evaluate(() => document.querySelector('#notice')?.textContent)).toMatch(/no room|not found|room/i)
    await page.close()
  })

  it('says so when the browser has no WebRTC', async () => {
    const page = await browsers.get('chromium')!.newPage()
    await page.evaluateOnNewDocument('delete window.RTCPeerConnection')
    await page.goto(server.link)
    await waitForState(page, 'failed')
    expect(await page.evaluate(() => document.querySelector('#notice')?.textContent)).toMatch(/WebRTC/)
    await page.close()
  })

  it('says so when the signaling server is not there', async () => {
    const { page } = await openPage('chromium', server.link.replace('/#', '/?signaling=ws://localhost:9/#'))
    await waitForState(page, 'failed')
    await page.close()
  })
})
