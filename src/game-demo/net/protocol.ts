// What players tell each other: definitions of RPCs, and the border with them. Players may be anybody, so every number has its
// range, every list its length, every text is clean; what is not so never reaches a handler. Who handles what is session.ts's;
// what the referee and the others say of the shared arena is in referee-desk.ts.

import * as v from 'valibot'
import { rpc } from '../../index.ts'
import {
  ARENA_HEIGHT,
  ARENA_WIDTH,
  SHIP_ENERGY,
  SHIP_MAX_SPEED,
  SHOT_COOLDOWN,
  SURGE_SHOTS,
  TICK_RATE,
} from '../rules/constants.ts'
import { CHAT_LENGTH, receiveText } from '../text.ts'

/** Steps between two states: 30 a second. */
export const STEPS_PER_STATE = 2

const between = (low: number, high: number) => v.pipe(v.number(), v.minValue(low), v.maxValue(high))
export const whole = (low: number, high: number) => v.pipe(between(low, high), v.integer())

export const Count = whole(0, 0x7fff_ffff)
export const PeerId = whole(1, 0x7fff_ffff)
export const X = between(0, ARENA_WIDTH)
export const Y = between(0, ARENA_HEIGHT)
/** The lowest 16 bits of the tick at which it was so: two bytes more than nothing, and good for nine minutes. */
const Tick = whole(0, 0xffff)
/** Rounding, and a bounce that is just happening. */
const Speed = between(-1.1 * SHIP_MAX_SPEED, 1.1 * SHIP_MAX_SPEED)
/** A little more than half a turn: 32 bits round π up. */
const Angle = between(-3.15, 3.15)
const Energy = between(0, SHIP_ENERGY)
const Text = v.pipe(
  v.string(),
  v.transform((text) => receiveText(text, CHAT_LENGTH) ?? ''),
  v.minLength(1),
)

/** 7 digits are finer than a pixel. */
const numbers = 'float32'
/** After a connection that was lost everything that waited comes at once: these let 15 s of it through. */
const bursts = { volleys: 20, hits: 20, chats: 6 }

export const calls = {
  /** A ship at a tick, as its owner tells it 30 times a second. */
  state: rpc.unreliableOrdered('any_peer', {
    args: [Tick, X, Y, Speed, Speed, Angle, whole(0, 255), Energy, v.boolean(), v.boolean(), v.boolean()],
    numbers,
    rateLimit: { perSecond: (2 * TICK_RATE) / STEPS_PER_STATE, burst: TICK_RATE },
  }),
  /** Shots were fired. Reliable: a shot that only its owner sees would be worse than one that comes a little late. */
  volley: rpc.reliable('any_peer', {
    args: [Tick, Count, whole(1, SURGE_SHOTS), X, Y, Speed, Speed, Angle],
    numbers,
    rateLimit: { perSecond: 1.15 / SHOT_COOLDOWN, burst: bursts.volleys },
  }),
  /** From the victim, who decides: a shot of that peer hit me, this is left. At 0 I am destroyed. */
  hit: rpc.reliable('any_peer', {
    args: [PeerId, Count, Energy, X, Y],
    numbers,
    rateLimit: { perSecond: 12, burst: bursts.hits },
  }),
  chat: rpc.reliable('any_peer', { args: [Text], rateLimit: { perSecond: 1, burst: bursts.chats } }),
}
