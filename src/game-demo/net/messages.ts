// What peers tell each other, as values and as packets. A packet is an array, its kind first: short, and msgpack needs
// no names. Positions and angles travel as whole numbers (quantised). Reading packets back is decode.ts.

import type { Arena, ArenaEvent, Orb, Score } from '../rules/arena.ts'
import type { Volley } from '../rules/shot.ts'

/** Raised when packets change so that older pages cannot play along. */
export const GAME_VERSION = 1

export const Kind = {
  State: 0,
  Volley: 1,
  Hit: 2,
  Claim: 3,
  Ask: 4,
  Snapshot: 5,
  Events: 6,
  Hello: 7,
  Chat: 8,
} as const

/** A ship at one time, as its owner tells it 30 times a second. */
export interface ShipState {
  /** The sender's simulation time, ms. */
  readonly time: number
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly angle: number
  readonly life: number
  readonly energy: number
  readonly thrust: boolean
  readonly shielded: boolean
  readonly surging: boolean
}

export type Message =
  | { readonly kind: typeof Kind.State; readonly state: ShipState }
  /** Shots were fired. */
  | { readonly kind: typeof Kind.Volley; readonly time: number; readonly volley: Volley }
  /** From the victim, who decides: a shot of `by` hit me, this is left. At 0 I am destroyed. */
  | {
      readonly kind: typeof Kind.Hit
      readonly by: number
      readonly shot: number
      readonly energy: number
      readonly x: number
      readonly y: number
    }
  /** To the referee: I touched this orb. */
  | { readonly kind: typeof Kind.Claim; readonly orb: number }
  /** To the referee: I have no copy of the arena from you. */
  | { readonly kind: typeof Kind.Ask }
  /** From the referee: the whole arena. */
  | { readonly kind: typeof Kind.Snapshot; readonly arena: Arena }
  /** From the referee: what changed. */
  | { readonly kind: typeof Kind.Events; readonly events: readonly ArenaEvent[] }
  | {
      readonly kind: typeof Kind.Hello
      readonly version: number
      readonly name: string
      readonly colour: number
      readonly bot: boolean
    }
  | { readonly kind: typeof Kind.Chat; readonly text: string }

/** What a packet is made of. */
export type Wire = (number | string | Wire)[]

/** Eighths of a unit: finer than a pixel, and any place of the arena fits 16 bits. */
export const POSITION_SCALE = 8
export const VELOCITY_SCALE = 8
/** Steps of a full turn: a tenth of a degree. */
export const ANGLE_STEPS = 4096
/** The clock is sent modulo this: it fits 32 bits and wraps after seven weeks. */
export const TIME_MODULO = 0x1_0000_0000

export const Flag = { Thrust: 1, Shielded: 2, Surging: 4 } as const

/** Numbers of the arena's events on the wire. */
export const EventKind = { PhasePlay: 0, PhaseBoard: 1, Clock: 2, Orb: 3, Taken: 4, Score: 5, Gone: 6 } as const

const time = (ms: number) => Math.round(ms) % TIME_MODULO
const position = (value: number) => Math.round(value * POSITION_SCALE)
const velocity = (value: number) => Math.round(value * VELOCITY_SCALE)
const angle = (value: number) => {
  const step = Math.round((value / (Math.PI * 2)) * ANGLE_STEPS) % ANGLE_STEPS
  return step < 0 ? step + ANGLE_STEPS : step
}
const tenths = (seconds: number) => Math.round(seconds * 10)

export function encode(message: Message): Wire {
  switch (message.kind) {
    case Kind.State: {
      const { state } = message
      const flags =
        (state.thrust ? Flag.Thrust : 0) | (state.shielded ? Flag.Shielded : 0) | (state.surging ? Flag.Surging : 0)
      return [
        Kind.State,
        time(state.time),
        position(state.x),
        position(state.y),
        velocity(state.vx),
        velocity(state.vy),
        angle(state.angle),
        state.life,
        // Rounded up: only a destroyed ship has 0.
        Math.ceil(state.energy),
        flags,
      ]
    }
    case Kind.Volley: {
      const { firstId, count, x, y, vx, vy } = message.volley
      const heading = angle(message.volley.angle)
      return [
        Kind.Volley,
        time(message.time),
        firstId,
        count,
        position(x),
        position(y),
        velocity(vx),
        velocity(vy),
        heading,
      ]
    }
    case Kind.Hit:
      return [Kind.Hit, message.by, message.shot, Math.ceil(message.energy), position(message.x), position(message.y)]
    case Kind.Claim:
      return [Kind.Claim, message.orb]
    case Kind.Ask:
      return [Kind.Ask]
    case Kind.Snapshot: {
      const { round, phase, remaining, orbs, scores } = message.arena
      return [
        Kind.Snapshot,
        round,
        phase === 'play' ? 0 : 1,
        tenths(remaining),
        orbs.map(orbWire),
        scores.map(scoreWire),
      ]
    }
    case Kind.Events:
      return [Kind.Events, message.events.map(eventWire)]
    case Kind.Hello:
      return [Kind.Hello, message.version, message.name, message.colour, message.bot ? 1 : 0]
    case Kind.Chat:
      return [Kind.Chat, message.text]
  }
}

function orbWire({ id, x, y, kind }: Orb): Wire {
  return [id, Math.round(x), Math.round(y), kind]
}

function scoreWire({ id, points, kills, deaths }: Score): Wire {
  return [id, points, kills, deaths]
}

function eventWire(event: ArenaEvent): Wire {
  switch (event.type) {
    case 'phase':
      return [event.phase === 'play' ? EventKind.PhasePlay : EventKind.PhaseBoard, event.round]
    case 'clock':
      return [EventKind.Clock, tenths(event.remaining)]
    case 'orb':
      return [EventKind.Orb, ...orbWire(event.orb)]
    case 'taken':
      return [EventKind.Taken, event.orb, event.by]
    case 'score':
      return [EventKind.Score, ...scoreWire(event.score)]
    case 'gone':
      return [EventKind.Gone, event.id]
  }
}
