// The two ends of a link: a peer in this process, or one in a page of a real browser.

import type { Page } from 'puppeteer-core'
import { joinRoom } from '../../src/index.ts'
import { buildSite, type Site } from '../support/site.ts'
import { RoomStreamEnd, type StreamEnd } from './stream.ts'
import '../../src/node.ts'
import type {} from './page.ts'

export interface JoinedEnd extends StreamEnd {
  readonly id: number
  readonly code: string
  /** Resolves when the other one is connected, to its id. */
  connected(): Promise<number>
  leave(): Promise<void>
}

export async function joinInNode(signaling: string, code?: string): Promise<JoinedEnd> {
  const room = await joinRoom({ signaling, room: code, node: { bindAddress: '127.0.0.1' } })
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
    leave: () => room.leave(),
  }
}

/** `page` shows the test page. */
export async function joinInPage(page: Page, signaling: string, code?: string): Promise<JoinedEnd> {
  const joined = await page.evaluate((url, room) => window.test.join(url, room), signaling, code)
  const { index } = joined
  return {
    id: joined.id,
    code: joined.code,
    connected: () => page.evaluate((i) => window.test.ends[i]!.connected, index),
    send: (plan) => page.evaluate((i, each) => window.test.ends[i]!.streams.send(each), index, plan),
    arrivals: (name) => page.evaluate((i, each) => window.test.ends[i]!.streams.arrivals(each), index, name),
    leave: () => page.evaluate((i) => window.test.ends[i]!.leave(), index),
  }
}

/** Builds the test page and serves it on loopback. */
export function serveTestPage(): Promise<Site> {
  return buildSite('real-link', "import { installTestPage } from '../../real-link/page.ts'\ninstallTestPage()\n")
}
