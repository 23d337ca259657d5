// The two ends of a link: a peer in this process, or one in a page of a real browser.

import type { Page } from 'puppeteer-core'
import { joinRoom } from '../../src/index.ts'
import { nodeDriver } from '../../src/node.ts'
import type { Side } from '../support/link-client.ts'
import { linkedDriver } from '../support/linked-driver.ts'
import { buildSite, type Site } from '../support/site.ts'
import { slowClock } from '../support/slow-clock.ts'
import type {} from './page.ts'
import { RoomStreamEnd, type StreamEnd } from './stream.ts'

/** Which end of which link. The URL is that of link-service.ts. */
export interface LinkEnd {
  readonly url: string
  readonly side: Side
  /** How many times slower than the world's the clock of this end goes: a busy machine has more time then. Default 1. */
  readonly slowness?: number
}

export interface JoinedEnd extends StreamEnd {
  readonly id: number
  readonly code: string
  /** Resolves when the other one is connected, to its id. */
  connected(): Promise<number>
  leave(): Promise<void>
}

export async function joinInNode(signaling: string, link: LinkEnd, code?: string): Promise<JoinedEnd> {
  const driver = linkedDriver(nodeDriver, link.url, link.side)
  const clock = slowClock(link.slowness)
  const room = await joinRoom({ signaling, room: code, driver, clock, node: { bindAddress: '127.0.0.1' } })
  const end = new RoomStreamEnd(room)
  const connected = new Promise<number>((done) => {
    room.once('peerConnected', done)
  })
  return {
    id: room.id,
    code: room.code,
    connected: () => connected,
    send: (plan) => end.send(plan),
    arrivals: (name) => end.arrivals(name),
    sendBulk: (bytes) => end.sendBulk(bytes),
    bulk: () => end.bulk(),
    log: () => end.log(),
    hasFirstConnection: () => end.hasFirstConnection(),
    leave: () => room.leave(),
  }
}

/** `page` shows the test page. */
export async function joinInPage(page: Page, signaling: string, link: LinkEnd, code?: string): Promise<JoinedEnd> {
  const joined = await page.evaluate((url, end, room) => window.test.join(url, end, room), signaling, link, code)
  const { index } = joined
  return {
    id: joined.id,
    code: joined.code,
    connected: () => page.evaluate((i) => window.test.ends[i]!.connected, index),
    send: (plan) => page.evaluate((i, each) => window.test.ends[i]!.streams.send(each), index, plan),
    arrivals: (name) => page.evaluate((i, each) => window.test.ends[i]!.streams.arrivals(each), index, name),
    sendBulk: (bytes) => page.evaluate((i, each) => window.test.ends[i]!.streams.sendBulk(each), index, bytes),
    bulk: () => page.evaluate((i) => window.test.ends[i]!.streams.bulk(), index),
    hasFirstConnection: () => page.evaluate((i) => window.test.ends[i]!.streams.hasFirstConnection(), index),
    log: () => page.evaluate((i) => window.test.ends[i]!.streams.log(), index),
    leave: () => page.evaluate((i) => window.test.ends[i]!.leave(), index),
  }
}

export type Join = (signaling: string, link: LinkEnd, code?: string) => Promise<JoinedEnd>

/** Two peers that are connected through the link at `url`, as its ends 1 and 2. */
export async function joinBoth(
  signaling: string,
  url: string,
  joins: readonly [Join, Join],
  slowness = 1,
): Promise<[JoinedEnd, JoinedEnd]> {
  const one = await joins[0](signaling, { url, side: 1, slowness })
  const two = await joins[1](signaling, { url, side: 2, slowness }, one.code)
  await Promise.all([one.connected(), two.connected()])
  return [one, two]
}

/** Builds the test page and serves it on loopback. */
export function serveTestPage(): Promise<Site> {
  return buildSite('real-link', "import { installTestPage } from '../../real-link/page.ts'\ninstallTestPage()\n")
}
