import { describe, expect, it } from 'vitest'
import { calls } from '../../../src/game-demo/net/protocol.ts'
import { arenaCalls, chooseReferee } from '../../../src/game-demo/net/referee-desk.ts'
import { ranking, secondsLeft } from '../../../src/game-demo/rules/arena.ts'
import { ROUND_SECONDS } from '../../../src/game-demo/rules/constants.ts'
import type { ShipInput } from '../../../src/game-demo/rules/ship.ts'
import { ArenaTable, type Player } from '../support/arena-table.ts'

const FLY = (): ShipInput => ({ turn: 0.3, thrust: 1, fire: false })

const arenas = (table: ArenaTable) => table.players.map(({ session }) => session.arena)

async function tableOf(...ids: readonly number[]): Promise<{ table: ArenaTable; players: Player[] }> {
  const table = new ArenaTable()
  const players: Player[] = []
  for (const id of ids) players.push(await table.join(id))
  return { table, players }
}

/** Lets bots steer, so that something happens. */
async function playAsBots(table: ArenaTable, seconds: number): Promise<void> {
  for (const player of table.players) table.hand(player)
  await table.run(seconds)
}

function shipOf(viewer: Player, id: number) {
  return viewer.session.view().ships.find((ship) => ship.id === id)
}

/** A peer that calls what it likes: no game runs there. */
async function stranger(table: ArenaTable, id: number) {
  const others = table.players.map((player) => player.id)
  const room = await table.enter(id)
  for (const other of others) table.signaling.connect(id, other)
  const { state, volley, hit, chat } = calls
  const { claim, ask, arena, events } = arenaCalls
  const said = room.rpcs({ state, volley, hit, chat })
  const ruled = room.rpcs({ claim, ask, arena, events }, { set: 'arena' })
  await table.network.until(() => room.peers.length === others.length)
  await table.run(0.2)
  return { room, said, ruled }
}

describe('two players', () => {
  it('see each other fly, by name', async () => {
    const { table, players } = await tableOf(10, 20)
    const [a, b] = players as [Player, Player]
    a.pilot = FLY
    await table.run(1)
    const seen = shipOf(b, 10)!
    expect(seen.profile).toEqual({ name: 'P10', colour: 10, bot: false })
    const { self } = a.session.view()
    expect(Math.hypot(seen.x - self.x, seen.y - self.y)).toBeLessThan(80)
    const before = seen.x + seen.y
    await table.run(0.5)
    expect(Math.abs(shipOf(b, 10)!.x + shipOf(b, 10)!.y - before)).toBeGreaterThan(20)
  })

  it('send states about thirty times a second', async () => {
    const { table, players } = await tableOf(10, 20)
    const [a, b] = players as [Player, Player]
    let states = 0
    a.room.tap(b.id, ({ direction, reliable, bytes }) => {
      // What is smaller asks for the time.
      if (direction === 'out' && !reliable && bytes > 20) states++
    })
    await table.run(2)
    expect(states).toBeGreaterThan(55)
    expect(states).toBeLessThan(65)
  })

  it('read each other’s chat once and in order, cleaned', async () => {
    const { table, players } = await tableOf(10, 20)
    const [a, b] = players as [Player, Player]
    expect(a.session.chat('one\u0007')).toBe(true)
    expect(a.session.chat(' \u200b ')).toBe(false)
    a.session.chat('two')
    await table.run(0.1)
    const read = (player: Player) => player.events.flatMap((event) => (event.type === 'chat' ? [event] : []))
    expect(read(b).map(({ text }) => text)).toEqual(['one', 'two'])
    expect(read(a)).toEqual(read(b))
  })

  it('learn a new name', async () => {
    const { table, players } = await tableOf(10, 20)
    const [a, b] = players as [Player, Player]
    a.session.setProfile({ name: 'Ada', colour: 3, bot: false })
    await table.run(0.1)
    expect(b.session.profileOf(10)).toEqual({ name: 'Ada', colour: 3, bot: false })
  })

  it('see each shot where it is by now, and not those of before a connection that was lost', async () => {
    const { table, players } = await tableOf(10, 20)
    const [a, b] = players as [Player, Player]
    await table.run(3)
    a.pilot = () => ({ turn: 0, thrust: 0, fire: true })
    await table.run(1)
    const [own, seen] = [a, b].map(({ session }) => session.view().shots.filter(({ owner }) => owner === 10))
    const known = new Map(own!.map((shot) => [shot.id, shot]))
    const together = seen!.filter(({ id }) => known.has(id))
    expect(together.length).toBeGreaterThan(0)
    // Two steps: what one has stepped already, the other is about to.
    for (const { id, x, y } of together) {
      expect(Math.hypot(x - known.get(id)!.x, y - known.get(id)!.y)).toBeLessThan(30)
    }
    const heard = () => b.events.filter((event) => event.type === 'fired').length
    table.network.between('P10', 'P20').interrupt(6_000)
    await table.run(5.5)
    const before = heard()
    a.pilot = () => ({ turn: 0, thrust: 0, fire: false })
    await table.run(6)
    expect(b.room.peers).toEqual([10])
    expect(heard() - before).toBeLessThan(6)
  })

  it('see each other fly smoothly over a bad line, and agree all the same', async () => {
    const { table, players } = await tableOf(10, 20)
    const [a, b] = players as [Player, Player]
    table.network.set({ latencyMs: 100, jitterMs: 20, loss: 0.05 })
    await table.run(3)
    table.hand(a)
    let frozen = 0
    let jerks = 0
    const frames = 10 * 60
    const path: { x: number; y: number; life: number }[] = []
    for (let frame = 0; frame < frames; frame++) {
      await table.run(1 / 60)
      const seen = shipOf(b, 10)!
      if (seen.frozen) frozen++
      path.push(seen)
      const [before, last] = path.slice(-3)
      if (!before || !last || before.life !== seen.life) continue
      // A ship that is thrust turns a little; one whose place was guessed wrongly is moved at once.
      const jerk = Math.hypot(seen.x - 2 * last.x + before.x, seen.y - 2 * last.y + before.y)
      if (jerk > 1) jerks++
    }
    expect(frozen).toBe(0)
    expect(jerks).toBeLessThan(frames / 20)
    a.pilot = () => ({ turn: 0, thrust: 0, fire: false })
    await table.run(2)
    expect(arenas(table)[0]).toEqual(arenas(table)[1])
  })

  it('agree on the arena after a wild half minute', async () => {
    const { table } = await tableOf(10, 20, 30, 40)
    await playAsBots(table, 40)
    for (const player of table.players) player.pilot = () => ({ turn: 0, thrust: 0, fire: false })
    await table.run(0.3)
    const [first, ...rest] = arenas(table)
    for (const other of rest) expect(other).toEqual(first)
    expect(ranking(first!)[0]!.points).toBeGreaterThan(5)
    expect(table.players.some(({ events }) => events.some((event) => event.type === 'destroyed'))).toBe(true)
    expect(table.players.flatMap(({ errors }) => errors)).toEqual([])
  })

  it('begin the next round together', async () => {
    const { table, players } = await tableOf(10, 20)
    const [a, b] = players as [Player, Player]
    a.pilot = FLY
    await table.run(ROUND_SECONDS + 2)
    expect(b.session.arena.phase).toBe('board')
    await table.run(10)
    expect(b.session.arena).toMatchObject({ phase: 'play', round: 2 })
    expect(arenas(table)[0]).toEqual(arenas(table)[1])
    const left = players.map(({ session }) => session.view().remaining)
    expect(Math.abs(left[0]! - left[1]!)).toBeLessThan(0.05)
  }, 60_000)
})

describe('a late joiner', () => {
  it('gets orbs, points, round, names and ships', async () => {
    const { table } = await tableOf(10, 20, 30)
    await playAsBots(table, 10)
    const late = await table.join(5)
    await table.run(0.5)
    expect(late.session.arena.orbs).toEqual(table.players[0]!.session.arena.orbs)
    expect(late.session.arena.scores.map(({ id }) => id).sort((a, b) => a - b)).toEqual([5, 10, 20, 30])
    expect(late.session.view().ships.map(({ profile }) => profile.name)).toEqual(['P5', 'P10', 'P20', 'P30'])
    const left = [late, table.players[0]!].map(({ session }) => session.view().remaining)
    expect(Math.abs(left[0]! - left[1]!)).toBeLessThan(0.05)
  })

  it('who meets others before the referee opens no arena of its own', async () => {
    const { table, players } = await tableOf(50, 60)
    await table.run(10)
    const before = players[0]!.session.arena.orbs
    const late = await table.sit(5)
    table.signaling.connect(5, 60)
    await table.run(7)
    expect(players[1]!.session.arena.orbs).toEqual(expect.arrayContaining([...before]))
    table.signaling.connect(5, 50)
    await table.run(3)
    expect(late.session.refereeId).toBe(50)
    expect(late.session.arena.orbs).toEqual(players[1]!.session.arena.orbs)
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

  it('hands over by leaving: points, orbs and the round go on', async () => {
    const { table, players } = await tableOf(30, 10, 20)
    const [host] = players as [Player]
    await playAsBots(table, 20)
    const { scores, orbs, round, endsAt } = host.session.arena
    table.leave(host)
    await table.run(0.2)
    for (const { session } of table.players) {
      expect(session.refereeId).toBe(10)
      expect(session.arena).toMatchObject({ round, endsAt })
      expect(secondsLeft(session.arena, endsAt - 60)).toBe(1)
      expect(session.arena.scores.map(({ id }) => id).sort()).toEqual([10, 20])
      const points = scores.filter(({ id }) => id !== 30).map((score) => score.points)
      expect(session.arena.scores.reduce((sum, score) => sum + score.points, 0)).toBeGreaterThanOrEqual(
        points.reduce((sum, each) => sum + each, 0),
      )
    }
    expect(table.players[0]!.session.arena.orbs.length).toBeGreaterThanOrEqual(orbs.length - 2)
    table.signaling.makeHost(20)
    await table.run(0.1)
    for (const { session } of table.players) expect(session.refereeId).toBe(20)
    await playAsBots(table, 10)
    for (const player of table.players) player.pilot = () => ({ turn: 0, thrust: 0, fire: false })
    await table.run(0.3)
    expect(arenas(table)[0]).toEqual(arenas(table)[1])
  })

  it('gives a player who comes back in the same round, with the same id, its points again', async () => {
    const { table, players } = await tableOf(10, 20)
    table.hand(players[1]!)
    await table.run(20)
    const { points } = players[0]!.session.arena.scores.find(({ id }) => id === 20)!
    expect(points).toBeGreaterThan(0)
    table.leave(players[1]!)
    await table.run(1)
    expect(players[0]!.session.arena.scores.map(({ id }) => id)).toEqual([10])
    const again = await table.join(20)
    await table.run(1.5)
    expect(again.session.arena.scores.find(({ id }) => id === 20)).toMatchObject({ points })
  })

  it('is not believed when it is somebody else', async () => {
    const { table, players } = await tableOf(10, 30)
    const [host, honest] = players as [Player, Player]
    const liar = await stranger(table, 20)
    const orbs: [] = []
    liar.ruled.arena({ round: 99, phase: 'play', endsAt: 1, orbs, scores: [] })
    liar.ruled.events([{ type: 'score', score: { id: 20, points: 1_000, kills: 0, deaths: 0 } }])
    await table.run(0.1)
    expect(honest.session.arena).toMatchObject({ round: 1 })
    expect(honest.errors.map(({ code }) => code)).toEqual(['ERR_RPC_FAILED', 'ERR_RPC_FAILED'])
    expect(host.session.arena.scores.find(({ id }) => id === 20)!.points).toBeLessThan(1_000)
  })

  it('does not pay for deaths faster than ships come back', async () => {
    const { table, players } = await tableOf(10, 30)
    const victim = await stranger(table, 20)
    for (let count = 0; count < 10; count++) victim.said.hit(30, count, 0, 800, 800)
    await table.run(0.5)
    expect(players[0]!.session.arena.scores.find(({ id }) => id === 30)!.kills).toBe(1)
  })
})

describe('a peer that misbehaves', () => {
  it('cannot flood with shots or chat', async () => {
    const { table, players } = await tableOf(10)
    const [a] = players as [Player]
    const { said, room } = await stranger(table, 20)
    await table.run(0.5)
    for (let count = 0; count < 60; count++) {
      if (room.peers.length === 0) break
      said.volley(Math.floor(room.clock.now() * 0.06) & 0xffff, count, 3, 800, 800, 0, 0, 0)
      said.chat(`spam ${count}`)
    }
    await table.run(0.05)
    expect(a.session.view().shots.length).toBeLessThanOrEqual(60)
    expect(a.events.filter((event) => event.type === 'chat').length).toBeLessThanOrEqual(8)
    expect(a.errors.every(({ code }) => code === 'ERR_RATE_LIMITED' || code === 'ERR_INVALID_DATA')).toBe(true)
    expect(a.errors.length).toBeGreaterThan(20)
  })

  it('with another version of the game is told of', async () => {
    const { table, players } = await tableOf(10)
    const room = await table.enter(20)
    room.rpcs({ state: calls.chat })
    table.signaling.connect(10, 20)
    await table.run(1)
    expect(players[0]!.events).toContainEqual({ type: 'outdated', id: 20 })
  })

  it('as a host with another version leaves a player to fly alone', async () => {
    const table = new ArenaTable()
    const host = await table.enter(10)
    host.rpcs({ ask: calls.chat }, { set: 'arena' })
    void host.clock.ready
    const player = await table.sit(20)
    player.pilot = FLY
    table.signaling.connect(10, 20)
    await table.run(2)
    const { self } = player.session.view()
    await table.run(3)
    const later = player.session.view().self
    expect(Math.hypot(later.x - self.x, later.y - self.y)).toBeGreaterThan(20)
    expect(player.events).toContainEqual({ type: 'outdated', id: 10 })
  })
})
