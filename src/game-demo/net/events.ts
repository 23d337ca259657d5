// What happens in a game, for whoever shows it, sounds it or reacts to it. One union, one listener type.

import type { OrbKind, Phase } from '../rules/arena.ts'

export type GameEvent =
  | { readonly type: 'fired'; readonly by: number; readonly x: number; readonly y: number; readonly angle: number }
  /** A shot ended at a rock, a wall or a shield. */
  | { readonly type: 'sparks'; readonly x: number; readonly y: number; readonly owner: number }
  | { readonly type: 'hit'; readonly victim: number; readonly by: number; readonly x: number; readonly y: number }
  | { readonly type: 'destroyed'; readonly victim: number; readonly by: number; readonly x: number; readonly y: number }
  | { readonly type: 'spawned'; readonly id: number; readonly x: number; readonly y: number }
  | { readonly type: 'taken'; readonly by: number; readonly orb: OrbKind; readonly x: number; readonly y: number }
  | { readonly type: 'phase'; readonly phase: Phase; readonly round: number }
  | { readonly type: 'chat'; readonly from: number; readonly text: string }
  /** A player said its name: at first, or a new one. */
  | { readonly type: 'named'; readonly id: number; readonly name: string; readonly first: boolean }
  | { readonly type: 'left'; readonly id: number; readonly name: string }
  | { readonly type: 'referee'; readonly id: number }
  /** A peer speaks another version of the game. */
  | { readonly type: 'outdated'; readonly id: number }

export type GameListener = (event: GameEvent) => void
