import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBot, think } from '../../src/game-demo/bot.ts'
import { ranking } from '../../src/game-demo/rules/arena.ts'
import { IDLE } from '../../src/game-demo/rules/ship.ts'
import { ArenaTable, type Player } from './support/arena-table.ts'

/** A game of bots; players without a mind do nothing. */
async function play(ids: readonly number[], bots: readonly number[], seconds: number): Promise<Player[]> {
  const table = new ArenaTable()
  const players: Player[] = []
  for (const id of ids) players.push(await table.join(id))
  for (const player of players) if (bots.includes(player.id)) table.hand(player)
  await table.run(seconds)
  return players
}

describe('a bot', () => {
  it('flies about and collects orbs when it is alone', async () => {
    const table = new ArenaTable()
    const bot = await table.join(1)
    table.hand(bot)
    let travelled = 0
    let last = bot.session.view().self
    for (let second = 0; second < 30; second++) {
      await table.run(1)
      const { self } = bot.session.view()
      travelled += Math.hypot(self.x - last.x, self.y - last.y)
      last = self
    }
    expect(travelled).toBeGreaterThan(2_000)
    expect(bot.session.arena.scores[0]!.points).toBeGreaterThan(7)
  })

  it('beats a player who does nothing', async () => {
    const [idle, bot] = await play([1, 2], [2], 60)
    expect(ranking(bot!.session.arena)[0]!.id).toBe(2)
    expect(idle!.events.some((event) => event.type === 'destroyed' && event.victim === 1)).toBe(true)
  })

  it('is beaten by its like: nobody wins every fight', async () => {
    const players = await play([1, 2, 3, 4], [1, 2, 3, 4], 80)
    const deaths = players[0]!.session.arena.scores.map((score) => score.deaths)
    expect(deaths.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(3)
    expect(deaths.filter((count) => count > 0).length).toBeGreaterThan(1)
  }, 60_000)

  it('does the same for the same seed', async () => {
    const end = async () => (await play([1, 2], [1, 2], 10)).map(({ session }) => session.view().self)
    expect(await end()).toEqual(await end())
  })

  it('gives valid input wherever it is', async () => {
    const table = new ArenaTable()
    const player = await table.join(1)
    await table.run(1)
    const view = player.session.view()
    const place = fc.record({
      x: fc.double({ min: 0, max: 2_400, noNaN: true }),
      y: fc.double({ min: 0, max: 1_600, noNaN: true }),
      vx: fc.double({ min: -400, max: 400, noNaN: true }),
      vy: fc.double({ min: -400, max: 400, noNaN: true }),
      energy: fc.integer({ min: 1, max: 100 }),
    })
    fc.assert(
      fc.property(place, place, fc.nat(), (self, enemy, seed) => {
        const own = { ...view.self, ...self, shielded: false }
        const other = { ...view.self, ...enemy, id: 9, self: false, shielded: false }
        const input = think({ ...view, self: own, ships: [own, other] }, createBot(seed))
        for (const value of [input.turn, input.thrust, input.aim ?? 0]) expect(Number.isFinite(value)).toBe(true)
        expect(input.thrust).toBeGreaterThanOrEqual(0)
        expect(input.thrust).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('does nothing while destroyed or between rounds', async () => {
    const table = new ArenaTable()
    const player = await table.join(1)
    await table.run(0.1)
    const view = player.session.view()
    expect(think({ ...view, self: { ...view.self, alive: false } }, createBot(1))).toEqual(IDLE)
    expect(think({ ...view, arena: { ...view.arena, phase: 'board' } }, createBot(1))).toEqual(IDLE)
  })
})
