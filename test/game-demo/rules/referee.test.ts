import { describe, expect, it } from 'vitest'
import {
  type Arena,
  type ArenaEvent,
  applyEvent,
  createArena,
  ORB_POINTS,
  OrbKind,
  ranking,
  scoreOf,
} from '../../../src/game-demo/rules/arena.ts'
import {
  BOARD_SECONDS,
  ORBS_AT_START,
  ORBS_MAX,
  POINTS_KILL,
  ROUND_SECONDS,
  TICK_RATE,
  WRECK_ORBS,
} from '../../../src/game-demo/rules/constants.ts'
import {
  createReferee,
  judgeClaim,
  judgeKill,
  type Referee,
  tickReferee,
} from '../../../src/game-demo/rules/referee.ts'

function apply(arena: Arena, events: readonly ArenaEvent[]): Arena {
  return events.reduce(applyEvent, arena)
}

/** Time goes on from one `run` of a referee to the next. */
const ticks = new WeakMap<Referee, number>()

function run(referee: Referee, arena: Arena, seconds: number, players: readonly number[]): Arena {
  let next = arena
  let tick = ticks.get(referee) ?? 0
  for (let step = 0; step < Math.round(seconds * TICK_RATE); step++) {
    next = apply(next, tickReferee(referee, next, players, ++tick))
  }
  ticks.set(referee, tick)
  return next
}

function opened(players: readonly number[] = [1, 2]): { referee: Referee; arena: Arena } {
  const referee = createReferee(createArena(), 5)
  return { referee, arena: run(referee, createArena(), 20, players) }
}

describe('orbs', () => {
  it('fill the arena and then stay at their number, with ids of their own', () => {
    const { arena, referee } = opened()
    const later = run(referee, arena, 20, [1, 2])
    expect(later.orbs.length).toBeGreaterThanOrEqual(ORBS_AT_START)
    expect(later.orbs.length).toBeLessThan(ORBS_MAX)
    expect(new Set(later.orbs.map((orb) => orb.id)).size).toBe(later.orbs.length)
  })

  it('appear at the same places for the same seed', () => {
    expect(opened().arena).toEqual(opened().arena)
  })

  it('go to the first who claims them, and to nobody else', () => {
    const { arena } = opened()
    const orb = arena.orbs[0]!
    const after = apply(arena, judgeClaim(arena, orb.id, 2))
    expect(scoreOf(after, 2).points).toBe(ORB_POINTS[orb.kind])
    expect(after.orbs).not.toContainEqual(orb)
    expect(judgeClaim(after, orb.id, 1)).toEqual([])
  })

  it('keep their ids apart from those of a referee before', () => {
    const { arena } = opened()
    const successor = createReferee(arena, 5)
    const later = run(successor, { ...arena, orbs: arena.orbs.slice(0, 3) }, 3, [1, 2])
    const known = new Set(arena.orbs.slice(3).map((orb) => orb.id))
    for (const orb of later.orbs) expect(known.has(orb.id)).toBe(false)
  })
})

describe('a kill', () => {
  it('scores for the killer, counts for the victim, and drops orbs at the wreck', () => {
    const { arena, referee } = opened()
    const after = apply(arena, judgeKill(referee, arena, 1, 2, { x: 500, y: 500 }))
    expect(scoreOf(after, 2)).toMatchObject({ points: POINTS_KILL, kills: 1 })
    expect(scoreOf(after, 1)).toMatchObject({ points: 0, deaths: 1 })
    const dropped = after.orbs.filter((orb) => Math.hypot(orb.x - 500, orb.y - 500) < 70)
    expect(dropped.length).toBeGreaterThanOrEqual(WRECK_ORBS)
    expect(dropped.every((orb) => orb.kind === OrbKind.Spark)).toBe(true)
  })

  it('scores for nobody when the killer is the victim or a stranger', () => {
    const { arena, referee } = opened()
    for (const by of [1, 99]) {
      const after = apply(arena, judgeKill(referee, arena, 1, by, { x: 500, y: 500 }))
      expect(after.scores.every((score) => score.points === 0)).toBe(true)
    }
  })

  it('counts only during play', () => {
    const { arena, referee } = opened()
    const board: Arena = { ...arena, phase: 'board' }
    expect(judgeKill(referee, board, 1, 2, { x: 0, y: 0 })).toEqual([])
    expect(judgeClaim(board, arena.orbs[0]!.id, 1)).toEqual([])
  })
})

describe('rounds', () => {
  it('end with the board, which keeps the points, and begin again without them', () => {
    const referee = createReferee(createArena(), 5)
    let arena = run(referee, createArena(), ROUND_SECONDS - 1, [1, 2])
    arena = apply(arena, judgeClaim(arena, arena.orbs[0]!.id, 1))
    const { points } = scoreOf(arena, 1)
    expect(points).toBeGreaterThan(0)
    arena = run(referee, arena, 2, [1, 2])
    expect(arena).toMatchObject({ phase: 'board', round: 1 })
    expect(scoreOf(arena, 1).points).toBe(points)
    arena = run(referee, arena, BOARD_SECONDS, [1, 2])
    expect(arena).toMatchObject({ phase: 'play', round: 2 })
    expect(arena.scores.map((score) => score.points)).toEqual([0, 0])
    expect(arena.orbs.length).toBeGreaterThanOrEqual(ORBS_AT_START)
  })

  it('give newcomers a score and take it from those who are gone', () => {
    const { arena, referee } = opened([1, 2])
    const after = run(referee, arena, 0.1, [2, 3])
    expect(after.scores.map((score) => score.id).sort()).toEqual([2, 3])
  })

  it('give those who come back their figures again, until the next one', () => {
    const { arena, referee } = opened([1, 2])
    const scored = apply(arena, judgeClaim(arena, arena.orbs[0]!.id, 1))
    const away = run(referee, scored, 1, [2])
    expect(away.scores.map((score) => score.id)).toEqual([2])
    expect(scoreOf(run(referee, away, 1, [1, 2]), 1)).toEqual(scoreOf(scored, 1))
    const next = run(referee, away, ROUND_SECONDS + BOARD_SECONDS, [2])
    expect(scoreOf(run(referee, next, 1, [1, 2]), 1).points).toBe(0)
  })
})

describe('the ranking', () => {
  it('orders by points, then kills, then deaths, then id', () => {
    const scores = [
      { id: 4, points: 5, kills: 0, deaths: 1 },
      { id: 3, points: 5, kills: 0, deaths: 0 },
      { id: 2, points: 5, kills: 1, deaths: 9 },
      { id: 1, points: 0, kills: 0, deaths: 0 },
      { id: 5, points: 9, kills: 0, deaths: 0 },
    ]
    expect(ranking({ ...createArena(), scores }).map((score) => score.id)).toEqual([5, 2, 3, 4, 1])
  })
})
