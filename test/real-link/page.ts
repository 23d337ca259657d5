// The test page: a room whose streams the test drives through `window.test`.

import { joinRoom } from '../../src/index.ts'
import { browserDriver } from '../../src/net/index.ts'
import { linkedDriver } from '../support/linked-driver.ts'
import { slowClock } from '../support/slow-clock.ts'
import type { LinkEnd } from './ends.ts'
import { RoomStreamEnd, type StreamEnd } from './stream.ts'

export interface TestPage {
  /** Joins the room `code`, or opens one. Returns its code, this peer's id, and which of `ends` it is. */
  join(signaling: string, link: LinkEnd, code: string | undefined): Promise<{ code: string; id: number; index: number }>
  readonly ends: PageEnd[]
}

/** A peer of this page. A page may have several: pages beside it would be hidden, and their timers held back. */
export interface PageEnd {
  readonly streams: StreamEnd
  /** Resolves when somebody is connected, to its id. */
  readonly connected: Promise<number>
  leave(): Promise<void>
}

declare global {
  interface Window {
    test: TestPage
  }
}

/** Called, not done on import: the package says that its modules have no effects of their own. */
export function installTestPage(): void {
  const ends: PageEnd[] = []
  window.test = {
    ends,
    async join(signaling, link, code) {
      const driver = linkedDriver(browserDriver, link.url, link.side)
      const room = await joinRoom({ signaling, room: code, driver, clock: slowClock(link.slowness) })
      const connected = new Promise<number>((resolve) => {
        room.once('peerConnected', resolve)
      })
      const index = ends.push({ streams: new RoomStreamEnd(room), connected, leave: () => room.leave() }) - 1
      return { code: room.code, id: room.id, index }
    },
  }
}
