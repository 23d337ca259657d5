import { describe, expect, it } from 'vitest'
import { newBotProfile, startBotPlayer } from '../../server/headless/bot-player.ts'
import { ArenaTable } from './support/arena-table.ts'

describe('a bot in Node', () => {
  it('plays until it is stopped', async () => {
    const table = new ArenaTable()
    const room = await table.enter(1)
    const bot = startBotPlayer(room, newBotProfile('Grace'))
    const start = bot.session.view().self
    await table.run(2)
    const { self } = bot.session.view()
    expect(Math.hypot(self.x - start.x, self.y - start.y)).toBeGreaterThan(20)
    bot.stop()
    const stopped = bot.session.view().self
    await table.run(1)
    expect(bot.session.view().self).toEqual(stopped)
    await table.network.until(room.leave())
    await table.run(1)
    expect(table.network.clock.pendingTimers).toBe(0)
  })

  it('greets a person, but not a crowd one by one, and no other bot', async () => {
    const table = new ArenaTable()
    const host = await table.enter(1)
    const bot = startBotPlayer(host, newBotProfile('Grace'))
    await table.run(1)
    const heard: string[] = []
    bot.session.on((event) => event.type === 'chat' && event.from === 1 && heard.push(event.text))
    for (const id of [2, 3]) {
      await table.sit(id)
      table.signaling.connect(1, id)
    }
    await table.run(4)
    expect(heard).toEqual(['Hello P2!'])
    bot.stop()
  })

  it('has a name of its own, or the one that it is given', () => {
    expect(newBotProfile('Grace')).toMatchObject({ name: 'Grace', bot: true })
    expect(newBotProfile().name).not.toBe('')
  })
})
