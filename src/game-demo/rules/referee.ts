// The referee's decisions: when orbs appear, who gets one, what a kill is worth, when a round ends. Pure: each function
// looks at the arena and returns the events to apply and to tell. The referee itself is `state` here: chance and timers.

import { type Arena, type ArenaEvent, ORB_POINTS, type Orb, OrbKind, phaseEnd, type Score, scoreOf } from './arena.ts'
import {
  ARENA_HEIGHT,
  ARENA_WIDTH,
  ORB_INTERVAL,
  ORBS_AT_START,
  ORBS_MAX,
  ORBS_PER_PLAYER,
  POINTS_KILL,
  STEP,
  WRECK_ORBS,
} from './constants.ts'
import { clamp, randomFreePoint } from './geometry.ts'
import { createRng, type Rng, random, randomBetween } from './rng.ts'

/** What only the acting referee keeps. It can be made anew from any copy of the arena. */
export interface Referee {
  readonly rng: Rng
  nextOrb: number
  /** Seconds until the next orb may appear. */
  orbIn: number
  /** The figures of those who left in this round: a page that is loaded anew has its points again. */
  readonly departed: Map<number, Score>
}

export function createReferee(arena: Arena, seed: number): Referee {
  // A gap above the known ids: orbs that the predecessor made and nobody here heard of must not share theirs.
  const highest = arena.orbs.reduce((most, orb) => Math.max(most, orb.id), 0)
  return { rng: createRng(seed), nextOrb: highest + 100, orbIn: 0, departed: new Map() }
}

/** What happens by itself in one step, the room's `tick`. `players` are the ids that are present. */
export function tickReferee(referee: Referee, arena: Arena, players: readonly number[], tick: number): ArenaEvent[] {
  const events = attendance(referee, arena, players)
  if (tick >= arena.endsAt) {
    const phase = arena.phase === 'play' ? 'board' : 'play'
    const round = phase === 'play' ? arena.round + 1 : arena.round
    events.push({ type: 'phase', phase, round, endsAt: phaseEnd(phase, tick) })
    if (phase === 'board') return events
    referee.orbIn = 0
    referee.departed.clear()
    for (let count = 0; count < ORBS_AT_START; count++) events.push({ type: 'orb', orb: randomOrb(referee) })
    return events
  }
  referee.orbIn -= STEP
  const wanted = Math.min(ORBS_MAX, ORBS_AT_START + ORBS_PER_PLAYER * (players.length - 1))
  if (arena.phase === 'play' && referee.orbIn <= 0 && arena.orbs.length < wanted) {
    // An arena that has just opened fills at once, later orbs come one by one.
    referee.orbIn = arena.orbs.length < ORBS_AT_START / 2 ? STEP : ORB_INTERVAL
    events.push({ type: 'orb', orb: randomOrb(referee) })
  }
  return events
}

/** Everybody who is present has a score, and nobody else. */
function attendance({ departed }: Referee, arena: Arena, players: readonly number[]): ArenaEvent[] {
  const events: ArenaEvent[] = []
  for (const id of players) {
    if (arena.scores.some((score) => score.id === id)) continue
    events.push({ type: 'score', score: departed.get(id) ?? scoreOf(arena, id) })
  }
  for (const score of arena.scores) {
    if (players.includes(score.id)) continue
    departed.set(score.id, score)
    events.push({ type: 'gone', id: score.id })
  }
  return events
}

/** A player says it touched an orb. The first one gets it. */
export function judgeClaim(arena: Arena, orbId: number, by: number): ArenaEvent[] {
  const orb = arena.orbs.find((candidate) => candidate.id === orbId)
  if (!orb || arena.phase !== 'play') return []
  const score = scoreOf(arena, by)
  return [
    { type: 'taken', orb: orbId, by },
    { type: 'score', score: { ...score, points: score.points + ORB_POINTS[orb.kind] } },
  ]
}

/** A player says that it was destroyed by another one, and where. Its wreck drops orbs. */
export function judgeKill(
  referee: Referee,
  arena: Arena,
  victim: number,
  by: number,
  at: { readonly x: number; readonly y: number },
): ArenaEvent[] {
  if (arena.phase !== 'play') return []
  const lost = scoreOf(arena, victim)
  const events: ArenaEvent[] = [{ type: 'score', score: { ...lost, deaths: lost.deaths + 1 } }]
  if (by !== victim && arena.scores.some((score) => score.id === by)) {
    const won = scoreOf(arena, by)
    events.push({ type: 'score', score: { ...won, points: won.points + POINTS_KILL, kills: won.kills + 1 } })
  }
  const room = Math.max(0, ORBS_MAX - arena.orbs.length)
  for (let count = 0; count < Math.min(WRECK_ORBS, room); count++) {
    events.push({ type: 'orb', orb: wreckOrb(referee, at.x, at.y) })
  }
  return events
}

function randomOrb(referee: Referee): Orb {
  const { x, y } = randomFreePoint(referee.rng, 50)
  const die = random(referee.rng)
  const kind = die < 0.07 ? OrbKind.Surge : die < 0.2 ? OrbKind.Prism : OrbKind.Spark
  return { id: referee.nextOrb++, x: Math.round(x), y: Math.round(y), kind }
}

function wreckOrb(referee: Referee, x: number, y: number): Orb {
  const angle = randomBetween(referee.rng, 0, Math.PI * 2)
  const distance = randomBetween(referee.rng, 14, 60)
  return {
    id: referee.nextOrb++,
    x: Math.round(clamp(x + Math.cos(angle) * distance, 30, ARENA_WIDTH - 30)),
    y: Math.round(clamp(y + Math.sin(angle) * distance, 30, ARENA_HEIGHT - 30)),
    kind: OrbKind.Spark,
  }
}
