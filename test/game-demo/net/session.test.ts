import { describe, expect, it } from 'vitest'
import { createBot, think } from '../../../src/game-demo/bot.ts'
import { Kind } from '../../../src/game-demo/net/messages.ts'
import { chooseReferee } from '../../../src/game-demo/net/referee-desk.ts'
import { ranking } from '../../../src/game-demo/rules/arena.ts'
import { ROUND_SECONDS } from '../../../src/game-demo/rules/constants.ts'
import { TransferMode } from '../../../src/multiplayer/types.ts'
import { ArenaTable, type Player, sentOfKind } from '../support/arena-table.ts'

const FLY = { turn: 0.3, thrust: 1, fire: false }

function arenas(table: ArenaTable) {
  return table.players.map(({ session }) => ({ ...session.arena, remaining: Math.round(session.arena.remaining) }))
}

/** Lets bots steer, so that something happens. */
function playAsBots(table: ArenaTable, seconds: number): void {
  const minds = new Map(table.players.map((player) => [player, createBot(player.id)]))
  for (let step = 0; step < seconds * 60; step++) {
    for (const [player, mind] of minds) player.input = think(player.session.view(), mind)
    table.run(1 / 62)
  }
}

function shipOf(viewer: Player, id: number) {
  return viewer.session.view().ships.find((ship) => ship.id === id)
}

describe('two players', () => {
  it('see each other fly, by name', () => {
    const table = new ArenaTable()
    const [a, b] = [table.join(10), table.join(20)]
    a.input = FLY
    table.run(1)
    const seen = shipOf(b, 10)!
    expect(seen.profile).toEqual({ name: 'P10', colour: 10, bot: false })
    const { self } = a.session.view()
    expect(Math.hypot(seen.x - self.x, seen.y - self.y)).toBeLessThan(80)
    const before = seen.x + seen.y
    table.run(0.5)
    expect(Math.abs(shipOf(b, 10)!.x + shipOf(b, 10)!.y - before)).toBeGreaterThan(20)
  })

  it('send states about thirty times a second, ordered and not repeated', () => {
    const table = new ArenaTable()
    const a = table.join(10)
    table.join(20)
    table.run(2)
    expect(sentOfKind(a.room, Kind.State)).toBeGreaterThan(52)
    expect(sentOfKind(a.room, Kind.State)).toBeLessThan(64)
    const modes = new Set(
      a.room.sent.map(({ value, options }) => `${(value as unknown[])[0] === Kind.State} ${options?.mode}`),
    )
    expect(modes).toEqual(new Set([`true ${TransferMode.UnreliableOrdered}`, `false ${TransferMode.Reliable}`]))
  })

  it('read each other’s chat once and in order, cleaned', () => {
    const table = new ArenaTable()
    const [a, b] = [table.join(10), table.join(20)]
    expect(a.session.chat('one\u0007')).toBe(true)
    expect(a.session.chat(' \u200b ')).toBe(false)
    a.session.chat('two')
    table.run(0.1)
    const read = (player: Player) => player.events.flatMap((event) => (event.type === 'chat' ? [event] : []))
    expect(read(b).map(({ text }) => text)).toEqual(['one', 'two'])
    expect(read(a)).toEqual(read(b))
  })

  it('learn a new name', () => {
    const table = new ArenaTable()
    const [a, b] = [table.join(10), table.join(20)]
    a.session.setProfile({ name: 'Ada', colour: 3, bot: false })
    table.run(0.1)
    expect(b.session.profileOf(10)).toEqual({ name: 'Ada', colour: 3, bot: false })
  })

  it('agree on the arena after a wild minute', () => {
    const table = new ArenaTable()
    for (const id of [10, 20, 30, 40]) table.join(id)
    playAsBots(table, 60)
    const [first, ...rest] = arenas(table)
    for (const other of rest) expect(other).toEqual(first)
    expect(ranking(first!)[0]!.points).toBeGreaterThan(5)
    expect(table.players.some(({ events }) => events.some((event) => event.type === 'destroyed'))).toBe(true)
    expect(table.players.every(({ session }) => session.rejected() === 0)).toBe(true)
  })

  it('begin the next round together', () => {
    const table = new ArenaTable()
    const [a, b] = [table.join(10), table.join(20)]
    a.input = FLY
    table.run(ROUND_SECONDS + 2)
    expect(b.session.arena.phase).toBe('board')
    table.run(10)
    expect(b.session.arena).toMatchObject({ phase: 'play', round: 2 })
    expect(arenas(table)[0]).toEqual(arenas(table)[1])
  })
})

describe('a late joiner', () => {
  it('gets orbs, points, round, names and ships', () => {
    const table = new ArenaTable()
    for (const id of [10, 20, 30]) table.join(id)
    playAsBots(table, 20)
    const late = table.join(5)
    table.run(0.5)
    expect(late.session.arena.orbs).toEqual(table.players[0]!.session.arena.orbs)
    expect(late.session.arena.scores.map(({ id }) => id).sort((a, b) => a - b)).toEqual([5, 10, 20, 30])
    expect(late.session.view().ships.map(({ profile }) => profile.name)).toEqual(['P5', 'P10', 'P20', 'P30'])
    expect(Math.abs(late.session.arena.remaining - table.players[0]!.session.arena.remaining)).toBeLessThan(0.5)
  })

  it('who meets others before the referee opens no arena of its own', () => {
    const table = new ArenaTable()
    table.join(50)
    const other = table.join(60)
    table.run(10)
    const before = table.players[0]!.session.arena.orbs
    const room = table.network.add(5)
    const late = table.sit(room)
    table.network.connect(5, 60)
    table.run(2)
    expect(sentOfKind(room, Kind.Snapshot)).toBe(0)
    expect(other.session.arena.orbs).toEqual(before)
    table.network.connect(5, 50)
    table.run(1)
    expect(late.session.refereeId).toBe(50)
    expect(late.session.arena.orbs).toEqual(other.session.arena.orbs)
    expect(late.session.arena.orbs).toEqual(expect.arrayContaining([...before]))
  })
})

describe('the referee', () => {
  it('is the host if it is there, otherwise the lowest id', () => {
    expect(chooseReferee(5, [3, 9], 9)).toBe(9)
    expect(chooseReferee(5, [3, 9], 5)).toBe(5)
    expect(chooseReferee(5, [3, 9], 77)).toBe(3)
    expect(chooseReferee(2, [3, 9], 77)).toBe(2)
    expect(chooseReferee(5, [], 77)).toBe(5)
  })

  it('hands over by leaving: points, orbs and the round go on', () => {
    const table = new ArenaTable()
    const host = table.join(30)
    for (const id of [10, 20]) table.join(id)
    playAsBots(table, 30)
    const { scores, orbs, round, remaining } = host.session.arena
    table.leave(host)
    table.run(0.1)
    for (const { session } of table.players) {
      expect(session.refereeId).toBe(10)
      expect(session.arena.round).toBe(round)
      expect(session.arena.remaining).toBeCloseTo(remaining, 0)
      expect(session.arena.scores).toEqual(expect.arrayContaining(scores.filter(({ id }) => id !== 30)))
      expect(session.arena.scores.some(({ id }) => id === 30)).toBe(false)
    }
    expect(table.players[0]!.session.arena.orbs.length).toBeGreaterThanOrEqual(orbs.length - 2)
    table.network.makeHost(20)
    table.run(0.1)
    for (const { session } of table.players) expect(session.refereeId).toBe(20)
    playAsBots(table, 20)
    expect(arenas(table)[0]).toEqual(arenas(table)[1])
  })

  it('is not believed when it is somebody else', () => {
    const table = new ArenaTable()
    const [host, liar] = [table.join(10), table.join(20)]
    const honest = table.join(30)
    table.run(1)
    liar.room.send([Kind.Snapshot, 99, 0, 1, [], []])
    liar.room.send([Kind.Events, [[5, 20, 1_000, 0, 0]]])
    table.run(0.1)
    expect(honest.session.arena).toMatchObject({ round: 1 })
    expect(honest.session.rejected(20)).toBe(2)
    expect(host.session.arena.scores.find(({ id }) => id === 20)!.points).toBeLessThan(1_000)
  })

  it('does not pay for deaths faster than ships come back', () => {
    const table = new ArenaTable()
    const host = table.join(10)
    const victim = table.join(20)
    table.join(30)
    table.run(0.5)
    for (let count = 0; count < 10; count++) victim.room.send([Kind.Hit, 30, count, 0, 800, 800])
    table.run(0.5)
    expect(host.session.arena.scores.find(({ id }) => id === 30)!.kills).toBe(1)
  })
})

describe('a peer that misbehaves', () => {
  it('is counted, and nothing else happens', () => {
    const table = new ArenaTable()
    const [a, b] = [table.join(10), table.join(20)]
    table.run(0.2)
    for (const bad of [null, 'x', [], [99], [0, Number.NaN], [8, 5], { kind: 0 }, [7, 1, '', 0, 0]])
      b.room.send(bad as never)
    table.run(0.2)
    expect(a.session.rejected(20)).toBe(8)
    expect(a.session.profileOf(20)!.name).toBe('P20')
  })

  it('cannot flood with shots or chat', () => {
    const table = new ArenaTable()
    const [a, b] = [table.join(10), table.join(20)]
    table.run(0.2)
    for (let count = 0; count < 200; count++) {
      b.room.send([Kind.Volley, 1, count, 3, 800, 800, 0, 0, 0])
      b.room.send([Kind.Chat, `spam ${count}`])
    }
    table.run(0.05)
    expect(a.session.view().shots.length).toBeLessThanOrEqual(40)
    expect(a.events.filter((event) => event.type === 'chat').length).toBeLessThanOrEqual(8)
    expect(a.session.rejected(20)).toBeGreaterThan(300)
  })
})
