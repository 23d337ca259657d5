// What becomes of connections when processes die or freeze, networks fail and signaling goes away; and what they leave
// behind. docs/lifecycle.md tells it in a table. Every player is a process that runs what users get; each must end by
// itself, with code 0 and without a word, so nothing was thrown anywhere.
//
// The cases run side by side, the longest first: most of their time they wait.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSignalingServer, type SignalingServer } from '../../server/index.ts'
import { collectErrors, launchBrowser } from '../support/browser.ts'
import { startSignalingProxy } from '../support/signaling-proxy.ts'
import { buildSite, type Site } from '../support/site.ts'
import { UdpLink } from '../support/udp-link.ts'
import { killChildren } from './children.ts'
import type {} from './page-churn.ts'
import { Player } from './player.ts'
import { runChurn, startSignalingProcess } from './programs.ts'

/** Within this time a silence is noticed: 1 s, and a second for timers that are late on a busy machine. */
const NOTICED_MS = 2_000
/** Within this time somebody who is silent is gone: 15 s more. */
const GONE_MS = 18_000

let server: SignalingServer
let site: Site
let browser: Browser

beforeAll(async () => {
  server = await createSignalingServer({ port: 0, host: '127.0.0.1' })
  site = await buildSite('life', "import { installChurn } from '../../life/page-churn.ts'\ninstallChurn()\n")
  browser = await launchBrowser('chromium')
})

afterAll(async () => {
  killChildren()
  await browser?.close()
  await site?.close()
  await server?.close()
})

describe.concurrent('life and death', { timeout: 90_000 }, () => {
  it('a process that was frozen for 30 s has lost everyone, comes back to its place, and connects anew', async () => {
    const [one, frozen, two] = (await Player.mesh(server.url, 3)) as [Player, Player, Player]
    const stopped = await freeze(frozen, 30_000)
    const woken = Date.now()
    for (const player of [one, two]) {
      await player.next('peerDisconnected', frozen.id)
      const [silent, gone] = player.events.filter(({ at }) => at >= stopped)
      expect(silent!.at - stopped).toBeLessThan(NOTICED_MS)
      expect(player.since(stopped).slice(0, 2)).toEqual([
        `peerReconnecting ${frozen.id}`,
        `peerDisconnected ${frozen.id} timeout`,
      ])
      expect(gone!.at - stopped).toBeLessThan(GONE_MS)
    }
    // The others closed their connections, and the server its socket: all that is told as soon as it runs again.
    await frozen.next('signalingRestored')
    await frozen.next('peerDisconnected', one.id)
    await frozen.next('peerDisconnected', two.id)
    await until(async () => (await frozen.state()).peers.length === 2, 'they meet again')
    expect(
      frozen
        .since(woken)
        .filter((event) => !event.startsWith('done') && !event.startsWith('peerReconnecting'))
        .toSorted(),
    ).toEqual(
      [
        `peerDisconnected ${one.id} connection_lost`,
        `peerDisconnected ${two.id} connection_lost`,
        'signalingInterrupted ERR_SIGNALING_UNREACHABLE',
        'signalingRestored',
        `peerConnected ${one.id}`,
        `peerConnected ${two.id}`,
      ].toSorted(),
    )
    await expectPlaying(one, two)
    await expectPlaying(one, frozen)
    await expectCleanEnd(one, frozen, two)
  })

  it('a network that is away for 20 s parts the players: both are told', async () => {
    await overLink(async (one, two, link) => {
      const cut = Date.now()
      link.set({ loss: 1 })
      await sleep(20_000)
      link.set({ loss: 0 })
      for (const [player, other] of [
        [one, two],
        [two, one],
      ] as const) {
        const [silent, gone] = player.events.filter(({ at }) => at >= cut)
        expect([silent?.event, gone?.event, gone?.details[0]]).toEqual([
          'peerReconnecting',
          'peerDisconnected',
          other.id,
        ])
        expect(['timeout', 'connection_lost']).toContain(gone!.details[1])
        expect(gone!.at - cut).toBeLessThan(GONE_MS)
        expect((await player.state()).peers).toEqual([])
      }
    })
  })

  it('a signaling server that freezes is noticed within 20 s', async () => {
    const frozen = await startSignalingProcess()
    const [one, two] = (await Player.mesh(frozen.url, 2)) as [Player, Player]
    await sleep(500)
    const stopped = Date.now()
    frozen.process.kill('SIGSTOP')
    for (const player of [one, two]) {
      await player.next('signalingInterrupted')
      expect(player.since(stopped)).toEqual(['signalingInterrupted ERR_SIGNALING_UNREACHABLE'])
      // It pings each 10 s, and begins anew when one is not answered by the next.
      expect(player.events.at(-1)!.at - stopped).toBeLessThan(23_000)
    }
    await expectPlaying(one, two)
    frozen.process.kill('SIGKILL')
    await expectCleanEnd(one, two)
  })

  it('500 connections in Node leave nothing behind', async () => {
    const { holdings, exitCode, exitMs, errors } = await runChurn(500, 50)
    const { early, middle, late } = holdings
    // What is lost is lost all the time. On a busy machine more connections are alive at a time now and then, and the holes
    // that they leave stay: 15 of 91 runs of this program held 9 to 23 % more at the end, all others 3 to 9 %.
    expect(Math.min(middle.rss / early.rss, late.rss / middle.rss)).toBeLessThan(1.05)
    expect(late.threads).toBeLessThanOrEqual(early.threads)
    expect(late.files).toBeLessThanOrEqual(early.files)
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' })
    expect(exitMs).toBeLessThan(5_000)
  })

  it('100 connections in a Chromium page leave nothing behind', async () => {
    const page = await browser.newPage()
    const errors = collectErrors(page)
    await page.goto(site.url)
    const cdp = await page.createCDPSession()
    await cdp.send('Performance.enable')
    const measure = async () => {
      await cdp.send('HeapProfiler.collectGarbage')
      const { metrics } = await cdp.send('Performance.getMetrics')
      const value = (name: string) => metrics.find((metric) => metric.name === name)!.value
      return { connections: value('RTCPeerConnections'), heap: value('JSHeapUsedSize') }
    }
    // A connection outlives its goodbye a little, so that the answer gets out; the page forgets it a little later.
    const settled = async () => {
      await until(async () => (await measure()).connections === 0, 'the page forgets its connections')
      return (await measure()).heap
    }
    await page.evaluate(() => window.churn(20))
    const early = await settled()
    await page.evaluate(() => window.churn(80))
    const late = await settled()
    expect(late / early).toBeLessThan(1.1)
    expect(errors).toEqual([])
  })

  it('a killed player is noticed within 2 s and given up 15 s later, and the others play on', async () => {
    const [one, killed, two] = (await Player.mesh(server.url, 3)) as [Player, Player, Player]
    await sleep(500)
    const at = Date.now()
    killed.process.kill('SIGKILL')
    for (const player of [one, two]) {
      const gone = await player.next('peerDisconnected')
      expect(gone.details).toEqual([killed.id, 'timeout'])
      expect(gone.at - at).toBeLessThan(GONE_MS)
      expect(player.events.find((each) => each.event === 'peerReconnecting')!.at - at).toBeLessThan(NOTICED_MS)
      expect(player.since(at)).toHaveLength(2)
    }
    await expectPlaying(one, two)
    await expectCleanEnd(one, two)
  })

  it('a star whose host is killed is over for everyone', async () => {
    const host = await Player.join(server.url, undefined, { topology: 'star' })
    const clients = [await Player.join(server.url, host.code), await Player.join(server.url, host.code)]
    await Promise.all(clients.map((client) => host.next('peerConnected', client.id)))
    await sleep(500)
    const at = Date.now()
    host.process.kill('SIGKILL')
    for (const client of clients) {
      const over = await client.next('closed')
      expect(over.at - at).toBeLessThan(GONE_MS)
      // Signaling keeps the host's place for a while, but the connection to it is gone.
      const [other] = clients.filter((each) => each !== client)
      expect(client.since(at)).toEqual([
        'peerReconnecting 1',
        // Only the host knows the way to it.
        `peerDisconnected ${other!.id} timeout`,
        'peerDisconnected 1 timeout',
        'closed ERR_ROOM_CLOSED',
      ])
    }
    await expectCleanEnd(...clients)
  })

  it('a process that was frozen for 3 s plays on, and nothing reliable is missing', async () => {
    const [one, frozen, two] = (await Player.mesh(server.url, 3)) as [Player, Player, Player]
    const stopped = await freeze(frozen, 3_000)
    await expectPlaying(one, frozen)
    await expectPlaying(two, frozen)
    await expectPlaying(one, two)
    for (const player of [one, two]) {
      expect(player.since(stopped)).toEqual([`peerReconnecting ${frozen.id}`, `peerReconnected ${frozen.id}`])
    }
    await expectEverything(one, frozen, two)
    await expectCleanEnd(one, frozen, two)
  })

  it('a network that is away for 2 s interrupts the game; afterwards everything reliable arrives', async () => {
    await overLink(async (one, two, link) => {
      const cut = Date.now()
      link.set({ loss: 1 })
      await sleep(2_000)
      link.set({ loss: 0 })
      await expectPlaying(one, two)
      const told = (id: number) => [`peerReconnecting ${id}`, `peerReconnected ${id}`]
      expect([one.since(cut), two.since(cut)]).toEqual([told(two.id), told(one.id)])
      await expectEverything(one, two)
    })
  })

  it('a signaling server that is stopped ends no game, also not a star', async () => {
    const stopping = await createSignalingServer({ port: 0, host: '127.0.0.1' })
    const host = await Player.join(stopping.url, undefined, { topology: 'star' })
    const client = await Player.join(stopping.url, host.code)
    await host.next('peerConnected', client.id)
    await stopping.close()
    await expectSignalingLost(host, client)
  })

  it('a signaling server that is killed ends no game', async () => {
    const killed = await startSignalingProcess()
    const players = await Player.mesh(killed.url, 3)
    killed.process.kill('SIGKILL')
    for (const player of players) {
      const interrupted = await player.next('signalingInterrupted')
      expect(player.since(interrupted.at)).toEqual(['signalingInterrupted ERR_SIGNALING_UNREACHABLE'])
    }
    await expectPlaying(players[0]!, players[1]!)
    await expectCleanEnd(...players)
  })
})

/** Stops a player's process for so long. Returns when it was stopped. */
async function freeze(player: Player, ms: number): Promise<number> {
  await sleep(500)
  const stopped = Date.now()
  player.process.kill('SIGSTOP')
  await sleep(ms)
  player.process.kill('SIGCONT')
  return stopped
}

/** Two players who know each other through a UDP link only. */
async function overLink(run: (one: Player, two: Player, link: UdpLink) => Promise<void>): Promise<void> {
  const link = new UdpLink({ seed: 1 })
  const proxy = await startSignalingProxy(server.url, link)
  try {
    const [one, two] = (await Player.mesh(proxy.url, 2)) as [Player, Player]
    await sleep(500)
    await run(one, two, link)
    await expectCleanEnd(one, two)
  } finally {
    await proxy.close()
    link.close()
  }
}

/** All are told that signaling is gone, and that only; they play on, and leave as always. */
async function expectSignalingLost(...players: readonly Player[]): Promise<void> {
  for (const player of players) {
    const lost = await player.next('signalingLost')
    expect(player.since(lost.at)).toEqual(['signalingLost ERR_SIGNALING_UNREACHABLE'])
  }
  await expectPlaying(players[0]!, players[1]!)
  await expectCleanEnd(...players)
}

/** Packets of both kinds go both ways. */
async function expectPlaying(one: Player, two: Player): Promise<void> {
  const count = async (to: Player, from: Player) => {
    const { packets = 0, reliable = 0 } = (await to.state()).received[from.id] ?? {}
    return { reliable, unreliable: packets - reliable }
  }
  for (const [to, from] of [
    [one, two],
    [two, one],
  ] as const) {
    const before = await count(to, from)
    await until(async () => {
      const now = await count(to, from)
      return now.reliable > before.reliable && now.unreliable > before.unreliable
    }, `${to.id} hears of ${from.id}`)
  }
}

/** Waits until `test` holds. (`expect.poll` needs to know its test, which it does not where tests run side by side.) */
async function until(test: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(`It did not come about that ${what}.`)
    await sleep(50)
  }
}

/** Every reliable packet that was sent arrives, in order and once. */
async function expectEverything(...players: readonly Player[]): Promise<void> {
  for (const player of players) await player.pause()
  for (const to of players) {
    for (const from of players.filter((each) => each !== to)) {
      const sent = (await from.state()).sent[to.id]
      const arrived = async () => (await to.state()).received[from.id] ?? { reliable: 0, broken: 0 }
      await until(async () => (await arrived()).reliable === sent, `${to.id} has all of ${from.id}'s`)
      expect((await arrived()).broken).toBe(0)
    }
  }
}

/** They leave, and their processes end by themselves, without an error. */
async function expectCleanEnd(...players: readonly Player[]): Promise<void> {
  const ends = await Promise.all(players.map(async (player) => ({ code: await player.leave(), wrote: player.output })))
  expect(ends).toEqual(players.map(() => ({ code: 0, wrote: '' })))
}
