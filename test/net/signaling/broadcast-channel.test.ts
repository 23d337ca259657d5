import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { BroadcastMessage } from '../../../src/net/signaling/broadcast-messages.ts'
import { unwrapBroadcast, wrapBroadcast } from '../../../src/net/signaling/broadcast-messages.ts'
import { type BroadcastLink, BroadcastSession } from '../../../src/net/signaling/broadcast-session.ts'
import { BROADCAST_ASK_MS, MAX_BAD_MESSAGES } from '../../../src/net/signaling/constants.ts'
import { BroadcastChannelSignaling } from '../../../src/net/signaling/index.ts'
import { addPeer, createRoom, type RoomRecord } from '../../../src/net/signaling/room.ts'
import { context, enter, Member, offer, thrown } from './support.ts'
import { runTransportSuite } from './transport-suite.ts'

runTransportSuite('BroadcastChannelSignaling', async () => {
  // Every peer an object of its own, as in a tab.
  return { transport: () => new BroadcastChannelSignaling({ channel: 'test' }), close: async () => {} }
})

describe('BroadcastChannelSignaling', () => {
  it('keeps applications of one origin apart', async () => {
    const random = seededRandom(1)
    const host = await enter(
      new BroadcastChannelSignaling({ channel: 'one' }),
      { action: 'create', topology: 'mesh' },
      context(random),
    )
    const clock = new VirtualClock()
    const elsewhere = new BroadcastChannelSignaling({ channel: 'two' })
    const attempt = elsewhere.open({ action: 'join', room: host.code }, { clock, random })
    clock.advance(10_000)
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_ROOM_NOT_FOUND' })
    host.session.close()
  })

  it('leaves no timer behind', async () => {
    const clock = new VirtualClock()
    const random = seededRandom(1)
    const transport = new BroadcastChannelSignaling({ channel: 'timers' })
    const host = await transport.open({ action: 'create', topology: 'mesh' }, { clock, random })
    const guest = await transport.open({ action: 'join', room: host.room.code }, { clock, random })
    host.close()
    guest.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('refuses a channel without a name', () => {
    expect(thrown(() => new BroadcastChannelSignaling({ channel: '' }))).toBe('ERR_INVALID_PARAMETER')
  })

  it('reports broken messages a few times and lives on; those of other programs it does not hear', async () => {
    const random = seededRandom(1)
    const transport = new BroadcastChannelSignaling({ channel: 'noise' })
    const host = await enter(transport, { action: 'create', topology: 'mesh' }, context(random))
    const stranger = new BroadcastChannel(`noise:${host.code}`)
    const good = { type: 'signal', from: 7, to: host.id, signal: offer('x') } as const
    const broken: unknown[] = [
      null,
      {},
      { ...good, from: 'seven' },
      { ...good, signal: { kind: 'description', type: 'offer', sdp: 'x'.repeat(20_000) } },
      { type: 'room', room: { peers: [] } },
      { type: 'knock', from: 0 },
      { type: 'leave' },
      { type: 'refused', to: 1, code: 'E', message: 'x'.repeat(1_000) },
      { type: 'nonsense' },
      { type: 'knock', from: -1 },
    ]
    for (const data of [null, 5, 'text', { skein: 'one' }, { skein: 2, message: good }]) stranger.postMessage(data)
    for (const message of broken) stranger.postMessage({ skein: 2, message })
    // A peer that is not in the room, a room that is another.
    stranger.postMessage({ skein: 2, message: good })
    const guest = await enter(transport, { action: 'join', room: host.code }, context(random))
    await host.met(1)
    const errors = host.events.filter((event) => event.type === 'error')
    expect(errors).toHaveLength(MAX_BAD_MESSAGES)
    for (const event of errors) expect(event.error.code).toBe('ERR_INVALID_DATA')
    expect(host.signals()).toEqual([])
    stranger.close()
    guest.session.close()
    host.session.close()
  })

  it('reads back what it wraps', () => {
    const message: BroadcastMessage = { type: 'ask', from: 5 }
    expect(unwrapBroadcast(wrapBroadcast(message))).toEqual(message)
  })
})

/** Tabs on one channel whose messages move when the test says so, and any of which can be killed. */
class Tabs {
  readonly #open: Tab[] = []
  #posted: { from: Tab; message: BroadcastMessage }[] = []

  enter(id: number, record: RoomRecord): Tab {
    const tab: Tab = {
      clock: new VirtualClock(),
      link: {
        onMessage: undefined,
        post: (message) => void this.#posted.push({ from: tab, message }),
        close: () => this.kill(tab),
      },
      member: undefined as unknown as Member,
    }
    this.#open.push(tab)
    tab.member = new Member(new BroadcastSession(id, record, tab.link, tab.clock))
    return tab
  }

  /** The tab is gone from one moment to the next. */
  kill(tab: Tab): void {
    this.#open.splice(this.#open.indexOf(tab) >>> 0, 1)
  }

  advance(ms: number, tabs: readonly Tab[]): void {
    for (let passed = 0; passed < ms; passed += BROADCAST_ASK_MS) {
      for (const tab of tabs) {
        if (this.#open.includes(tab)) tab.clock.advance(BROADCAST_ASK_MS)
        this.deliver()
      }
    }
  }

  /** What all tabs posted since the last call, undelivered. */
  posted(): BroadcastMessage[] {
    return this.#posted.splice(0).map(({ message }) => message)
  }

  deliver(): void {
    for (let next = this.#posted.shift(); next; next = this.#posted.shift()) {
      for (const tab of [...this.#open]) if (tab !== next.from) tab.link.onMessage?.(structuredClone(next.message))
    }
  }
}

interface Tab {
  readonly clock: VirtualClock
  readonly link: BroadcastLink
  member: Member
}

/** A room whose members are 10 (the host), 20, 30 and 40; in a star 1, 20, 30 and 40. */
function roomOfTabs(topology: 'mesh' | 'star') {
  const empty = createRoom({ code: 'AAA-BBB-CCC', topology }, () => 20)
  const record = [20, 30, 40].reduce((room, id) => addPeer(room, id), empty)
  const tabs = new Tabs()
  const [host, ...others] = record.peers.map((id) => tabs.enter(id, record))
  return { tabs, host: host!, one: others[0]!, two: others[1]!, three: others[2]! }
}

const AGES = 20 * BROADCAST_ASK_MS

describe('the tabs of a room', () => {
  it('leave it to the host to let newcomers in', () => {
    const { tabs, host, one, two } = roomOfTabs('mesh')
    for (const tab of [one, two, host]) tab.link.onMessage?.({ type: 'knock', from: 50 })
    expect(tabs.posted()).toMatchObject([{ type: 'room', room: { peers: [10, 20, 30, 40, 50] } }])
  })

  it('let a newcomer that knocks twice in once', () => {
    const { tabs, host } = roomOfTabs('mesh')
    host.link.onMessage?.({ type: 'knock', from: 50 })
    host.link.onMessage?.({ type: 'knock', from: 50 })
    const [first, second] = tabs.posted()
    expect(second).toEqual(first)
    expect(host.member.peers().filter(({ id }) => id === 50)).toHaveLength(1)
  })
})

describe('tabs that vanish without a word', () => {
  it('are missed by the others within 20 s', () => {
    const { tabs, host, one, two, three } = roomOfTabs('mesh')
    tabs.kill(two)
    tabs.advance(15_000, [host, one, three])
    expect(host.member.events).not.toContainEqual({ type: 'peerLeft', id: 30 })
    tabs.advance(5_000, [host, one, three])
    for (const tab of [host, one, three]) {
      expect(tab.member.events.filter((event) => event.type === 'peerLeft')).toEqual([{ type: 'peerLeft', id: 30 }])
    }
  })

  it('pass the room on when they were its host, also two at once', () => {
    const { tabs, host, one, two, three } = roomOfTabs('mesh')
    tabs.kill(host)
    tabs.kill(one)
    tabs.advance(AGES, [two, three])
    for (const tab of [two, three]) {
      expect(tab.member.session.room.host).toBe(30)
      const left = tab.member.events.flatMap((event) => (event.type === 'peerLeft' ? [event.id] : []))
      expect(left.sort()).toEqual([10, 20])
    }
  })

  it('end a star when they were its host', () => {
    const { tabs, host, one, two } = roomOfTabs('star')
    tabs.kill(host)
    tabs.advance(AGES, [one, two])
    for (const tab of [one, two]) {
      expect(tab.member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_ROOM_CLOSED' } })
      expect(tab.clock.pendingTimers).toBe(0)
    }
  })

  it('are not those whose timers stand still but who answer: hidden ones', () => {
    const { tabs, host, one, two, three } = roomOfTabs('mesh')
    tabs.advance(AGES, [three])
    tabs.advance(AGES, [host])
    for (const tab of [host, one, two, three])
      expect(tab.member.events.map(({ type }) => type)).not.toContain('peerLeft')
  })

  it('learn that the room went on without them when they come back', () => {
    const { tabs, host, one, two, three } = roomOfTabs('mesh')
    const deaf = two.link.onMessage
    const missed: BroadcastMessage[] = []
    two.link.onMessage = (message) => void (message !== 'malformed' && missed.push(message))
    tabs.advance(AGES, [host, one, three])
    for (const message of missed) deaf?.(message)
    expect(two.member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
  })
})
