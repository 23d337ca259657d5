import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startBotPlayer } from '../../server/headless/bot-player.ts'
import { Kind } from '../../src/game-demo/net/messages.ts'
import { GameSession } from '../../src/game-demo/net/session.ts'
import { IDLE } from '../../src/game-demo/rules/ship.ts'
import { sentOfKind } from './support/arena-table.ts'
import { FakeNetwork } from './support/fake-room.ts'

function arrive(network: FakeNetwork, id: number, name: string) {
  const session = new GameSession({
    room: network.join(id),
    profile: { name, colour: 0, bot: false },
    seed: id,
    control: () => IDLE,
  })
  network.flush()
  return session
}

/** Lets time pass in which packets arrive. */
function pass(network: FakeNetwork, ms: number): void {
  for (let passed = 0; passed < ms; passed += 15) {
    vi.advanceTimersByTime(15)
    network.flush()
  }
}

describe('a bot in Node', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('plays by a timer until it is stopped', () => {
    const network = new FakeNetwork()
    const room = network.add(1)
    const bot = startBotPlayer(room, { name: 'Grace' })
    const guest = arrive(network, 2, 'Ann')
    const start = bot.session.view().self
    pass(network, 2_000)
    expect(guest.profileOf(1)).toMatchObject({ name: 'Grace', bot: true })
    const { self } = bot.session.view()
    expect(Math.hypot(self.x - start.x, self.y - start.y)).toBeGreaterThan(20)
    bot.stop()
    const sent = sentOfKind(room, Kind.State)
    pass(network, 500)
    expect(sentOfKind(room, Kind.State)).toBe(sent)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('greets a person, but not a crowd one by one', () => {
    const network = new FakeNetwork()
    const room = network.add(1)
    const bot = startBotPlayer(room)
    arrive(network, 2, 'Ann')
    arrive(network, 3, 'Ben')
    pass(network, 2_000)
    const said = room.sent.filter(({ value }) => Array.isArray(value) && value[0] === Kind.Chat)
    expect(said.map(({ value }) => value)).toEqual([[Kind.Chat, 'Hello Ann!']])
    bot.stop()
  })
})
