// What all players share: orbs, scores and the round. It changes only by events, which the referee decides (referee.ts)
// and everybody applies. So every copy is alike, and whoever must take over can.

import { BOARD_SECONDS, ORBS_MAX, ROUND_SECONDS, STEP, TICK_RATE } from './constants.ts'

/** 0: one point. 1: a prism, worth three. 2: a surge, triple shots for a while. */
export const OrbKind = { Spark: 0, Prism: 1, Surge: 2 } as const
export type OrbKind = (typeof OrbKind)[keyof typeof OrbKind]

export const ORB_POINTS: Readonly<Record<OrbKind, number>> = {
  [OrbKind.Spark]: 1,
  [OrbKind.Prism]: 3,
  [OrbKind.Surge]: 1,
}

export interface Orb {
  readonly id: number
  readonly x: number
  readonly y: number
  readonly kind: OrbKind
}

export interface Score {
  readonly id: number
  readonly points: number
  readonly kills: number
  readonly deaths: number
}

export type Phase = 'play' | 'board'

export interface Arena {
  /** Counts from 1. */
  readonly round: number
  readonly phase: Phase
  /** The tick with which the phase ends: only the referee ends it. */
  readonly endsAt: number
  readonly orbs: readonly Orb[]
  readonly scores: readonly Score[]
}

export type ArenaEvent =
  /** A phase begins. 'play' begins with no orbs and no points. */
  | { readonly type: 'phase'; readonly phase: Phase; readonly round: number; readonly endsAt: number }
  | { readonly type: 'orb'; readonly orb: Orb }
  | { readonly type: 'taken'; readonly orb: number; readonly by: number }
  /** Somebody's figures as they are now; a new player's are all 0. */
  | { readonly type: 'score'; readonly score: Score }
  | { readonly type: 'gone'; readonly id: number }

/** With which tick a phase ends that begins with `tick`. */
export function phaseEnd(phase: Phase, tick: number): number {
  return tick + (phase === 'play' ? ROUND_SECONDS : BOARD_SECONDS) * TICK_RATE
}

export function createArena(tick = 0): Arena {
  return { round: 1, phase: 'play', endsAt: phaseEnd('play', tick), orbs: [], scores: [] }
}

/** Seconds left of the phase. */
export function secondsLeft({ endsAt }: Arena, tick: number): number {
  return Math.max(0, (endsAt - tick) * STEP)
}

export function applyEvent(arena: Arena, event: ArenaEvent): Arena {
  switch (event.type) {
    case 'phase': {
      const { phase, round, endsAt } = event
      const base = { ...arena, phase, round, endsAt }
      if (phase === 'board') return base
      return { ...base, orbs: [], scores: arena.scores.map(({ id }) => ({ id, points: 0, kills: 0, deaths: 0 })) }
    }
    case 'orb':
      if (arena.orbs.length >= ORBS_MAX) return arena
      return { ...arena, orbs: [...arena.orbs.filter((orb) => orb.id !== event.orb.id), event.orb] }
    case 'taken':
      return { ...arena, orbs: arena.orbs.filter((orb) => orb.id !== event.orb) }
    case 'score':
      return {
        ...arena,
        scores: [...arena.scores.filter((score) => score.id !== event.score.id), event.score],
      }
    case 'gone':
      return { ...arena, scores: arena.scores.filter((score) => score.id !== event.id) }
  }
}

export function scoreOf(arena: Arena, id: number): Score {
  return arena.scores.find((score) => score.id === id) ?? { id, points: 0, kills: 0, deaths: 0 }
}

/** Best first: points, then kills, then fewer deaths, then the id, so that everyone shows the same order. */
export function ranking(arena: Arena): Score[] {
  return [...arena.scores].sort(
    (a, b) => b.points - a.points || b.kills - a.kills || a.deaths - b.deaths || a.id - b.id,
  )
}
