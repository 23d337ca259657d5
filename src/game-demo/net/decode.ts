// The border: packets from other players, who may be anybody, become messages or nothing. Every number is checked to be
// whole and in its range, every list to be short, every text to be clean. Nothing here throws.

import { COLOURS } from '../profile.ts'
import type { Arena, ArenaEvent, Orb, Score } from '../rules/arena.ts'
import {
  ARENA_HEIGHT,
  ARENA_WIDTH,
  BOARD_SECONDS,
  ORBS_MAX,
  ROUND_SECONDS,
  SHIP_ENERGY,
  SHIP_MAX_SPEED,
  SURGE_SHOTS,
} from '../rules/constants.ts'
import { wrapAngle } from '../rules/geometry.ts'
import { CHAT_LENGTH, NAME_LENGTH, receiveText } from '../text.ts'
import {
  ANGLE_STEPS,
  EventKind,
  Flag,
  Kind,
  type Message,
  POSITION_SCALE,
  TIME_MODULO,
  VELOCITY_SCALE,
} from './messages.ts'

/** More peers than any room of the game takes. */
const SCORES_MAX = 64
/** A round's start brings its orbs in one message. */
const EVENTS_MAX = 128
const PEER_MAX = 0x7fff_ffff
const COUNT_MAX = 0x7fff_ffff
/** Rounding, and a bounce that is just happening. */
const SPEED_SLACK = 1.1

/** The message in a packet, or `undefined` where there is none. */
export function decode(packet: unknown): Message | undefined {
  if (!Array.isArray(packet)) return undefined
  const fields: readonly unknown[] = packet
  switch (fields[0]) {
    case Kind.State:
      return decodeState(fields)
    case Kind.Volley:
      return decodeVolley(fields)
    case Kind.Hit:
      return decodeHit(fields)
    case Kind.Claim:
      return fields.length === 2 && isWhole(fields[1], 0, COUNT_MAX) ? { kind: Kind.Claim, orb: fields[1] } : undefined
    case Kind.Ask:
      return fields.length === 1 ? { kind: Kind.Ask } : undefined
    case Kind.Snapshot: {
      const arena = decodeArena(fields)
      return arena && { kind: Kind.Snapshot, arena }
    }
    case Kind.Events: {
      const events = fields.length === 2 ? decodeList(fields[1], EVENTS_MAX, decodeEvent) : undefined
      return events && { kind: Kind.Events, events }
    }
    case Kind.Hello: {
      const [, version, rawName, colour, bot] = fields
      if (!isWhole(version, 0, COUNT_MAX) || !isWhole(colour, 0, COLOURS.length - 1) || !isWhole(bot, 0, 1))
        return undefined
      const name = receiveText(rawName, NAME_LENGTH)
      return name === undefined ? undefined : { kind: Kind.Hello, version, name, colour, bot: bot === 1 }
    }
    case Kind.Chat: {
      const text = receiveText(fields[1], CHAT_LENGTH)
      return text === undefined ? undefined : { kind: Kind.Chat, text }
    }
    default:
      return undefined
  }
}

function decodeState(fields: readonly unknown[]): Message | undefined {
  const [, time, x, y, vx, vy, angle, life, energy, flags] = fields
  const motion = decodeMotion(x, y, vx, vy, angle)
  if (!motion || fields.length !== 10) return undefined
  if (!isTime(time) || !isWhole(life, 0, 255) || !isWhole(energy, 0, SHIP_ENERGY) || !isWhole(flags, 0, 7))
    return undefined
  return {
    kind: Kind.State,
    state: {
      time,
      ...motion,
      life,
      energy,
      thrust: (flags & Flag.Thrust) !== 0,
      shielded: (flags & Flag.Shielded) !== 0,
      surging: (flags & Flag.Surging) !== 0,
    },
  }
}

function decodeVolley(fields: readonly unknown[]): Message | undefined {
  const [, time, firstId, count, x, y, vx, vy, angle] = fields
  const motion = decodeMotion(x, y, vx, vy, angle)
  if (!motion || fields.length !== 9 || !isTime(time)) return undefined
  if (!isWhole(firstId, 0, COUNT_MAX) || !isWhole(count, 1, SURGE_SHOTS)) return undefined
  return { kind: Kind.Volley, time, volley: { firstId, count, ...motion } }
}

function decodeHit(fields: readonly unknown[]): Message | undefined {
  const [, by, shot, energy, x, y] = fields
  if (fields.length !== 6 || !isWhole(by, 1, PEER_MAX) || !isWhole(shot, 0, COUNT_MAX)) return undefined
  if (!isWhole(energy, 0, SHIP_ENERGY) || !isX(x) || !isY(y)) return undefined
  return { kind: Kind.Hit, by, shot, energy, x: x / POSITION_SCALE, y: y / POSITION_SCALE }
}

interface Motion {
  readonly x: number
  readonly y: number
  readonly vx: number
  readonly vy: number
  readonly angle: number
}

function decodeMotion(x: unknown, y: unknown, vx: unknown, vy: unknown, angle: unknown): Motion | undefined {
  const fastest = Math.ceil(SHIP_MAX_SPEED * SPEED_SLACK * VELOCITY_SCALE)
  if (!isX(x) || !isY(y) || !isWhole(angle, 0, ANGLE_STEPS - 1)) return undefined
  if (!isWhole(vx, -fastest, fastest) || !isWhole(vy, -fastest, fastest)) return undefined
  return {
    x: x / POSITION_SCALE,
    y: y / POSITION_SCALE,
    vx: vx / VELOCITY_SCALE,
    vy: vy / VELOCITY_SCALE,
    angle: wrapAngle((angle / ANGLE_STEPS) * Math.PI * 2),
  }
}

function decodeArena(fields: readonly unknown[]): Arena | undefined {
  const [, round, board, remaining, orbWires, scoreWires] = fields
  if (fields.length !== 6 || !isWhole(round, 1, COUNT_MAX) || !isWhole(board, 0, 1)) return undefined
  const phase = board === 1 ? 'board' : 'play'
  const longest = phase === 'board' ? BOARD_SECONDS : ROUND_SECONDS
  if (!isWhole(remaining, 0, longest * 10)) return undefined
  const orbs = decodeList(orbWires, ORBS_MAX, decodeOrb)
  const scores = decodeList(scoreWires, SCORES_MAX, decodeScore)
  return orbs && scores && { round, phase, remaining: remaining / 10, orbs, scores }
}

function decodeOrb(value: unknown): Orb | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [id, x, y, kind]: readonly unknown[] = value
  if (!isWhole(id, 0, COUNT_MAX) || !isWhole(x, 0, ARENA_WIDTH) || !isWhole(y, 0, ARENA_HEIGHT)) return undefined
  return kind === 0 || kind === 1 || kind === 2 ? { id, x, y, kind } : undefined
}

function decodeScore(value: unknown): Score | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined
  const [id, points, kills, deaths]: readonly unknown[] = value
  if (!isWhole(id, 1, PEER_MAX) || !isWhole(points, 0, COUNT_MAX)) return undefined
  if (!isWhole(kills, 0, COUNT_MAX) || !isWhole(deaths, 0, COUNT_MAX)) return undefined
  return { id, points, kills, deaths }
}

function decodeEvent(value: unknown): ArenaEvent | undefined {
  if (!Array.isArray(value)) return undefined
  const fields: readonly unknown[] = value
  const [kind, first, second] = fields
  switch (kind) {
    case EventKind.PhasePlay:
    case EventKind.PhaseBoard: {
      const phase = kind === EventKind.PhasePlay ? 'play' : 'board'
      return isWhole(first, 1, COUNT_MAX) ? { type: 'phase', phase, round: first } : undefined
    }
    case EventKind.Clock:
      return isWhole(first, 0, ROUND_SECONDS * 10) ? { type: 'clock', remaining: first / 10 } : undefined
    case EventKind.Orb: {
      const orb = decodeOrb(fields.slice(1))
      return orb && { type: 'orb', orb }
    }
    case EventKind.Taken:
      if (!isWhole(first, 0, COUNT_MAX) || !isWhole(second, 1, PEER_MAX)) return undefined
      return { type: 'taken', orb: first, by: second }
    case EventKind.Score: {
      const score = decodeScore(fields.slice(1))
      return score && { type: 'score', score }
    }
    case EventKind.Gone:
      return isWhole(first, 1, PEER_MAX) ? { type: 'gone', id: first } : undefined
    default:
      return undefined
  }
}

/** All or nothing: a list with one bad item is a bad list. */
function decodeList<T>(value: unknown, most: number, item: (value: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined
  const items: T[] = []
  for (const raw of value as readonly unknown[]) {
    const decoded = item(raw)
    if (decoded === undefined) return undefined
    items.push(decoded)
  }
  return items
}

function isWhole(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= low && value <= high
}

const isTime = (value: unknown): value is number => isWhole(value, 0, TIME_MODULO - 1)
const isX = (value: unknown): value is number => isWhole(value, 0, ARENA_WIDTH * POSITION_SCALE)
const isY = (value: unknown): value is number => isWhole(value, 0, ARENA_HEIGHT * POSITION_SCALE)
