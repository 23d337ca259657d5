// What one direction of a link does to its datagrams, and the check of what users write there.

import { NetError } from '../errors.ts'
import { DEFAULT_DUPLICATE_MS, DEFAULT_QUEUE_BYTES, DEFAULT_REORDER_MS } from './constants.ts'

/** Losses that come together (Gilbert–Elliott): the link is in a burst or not, and may change with every datagram. */
export interface BurstLoss {
  /** The share of datagrams that are sent during bursts, 0 to below 1. */
  readonly share: number
  /** The mean length of a burst, in datagrams, from 1. */
  readonly meanPackets: number
  /** The share that is lost during a burst, 0 to 1. Default 1. Outside of bursts `loss` applies. */
  readonly lossInBurst?: number
}

/** Times in ms one way, shares from 0 to 1. What is left out stays as it was; at first nothing is lost or delayed. */
export interface LinkConditions {
  /** Every datagram is lost. */
  readonly outage?: boolean
  /** The share of datagrams lost, each by itself. */
  readonly loss?: number
  /** Losses that come together; `null`: none. */
  readonly burstLoss?: BurstLoss | null
  /** What the bottleneck passes, in bytes a second with all headers; `Infinity`: no bottleneck. */
  readonly rateBytesPerSecond?: number
  /** What waits in front of the bottleneck at most, in bytes; more is lost. Default 100,000. */
  readonly queueBytes?: number
  /** The time every datagram takes. A round trip is twice that. */
  readonly latencyMs?: number
  /** The mean of what is added to it: exponential, at most 5 means. Never reorders: who is held up holds up who follows. */
  readonly jitterMs?: number
  /** The share of datagrams that come `reorderMs` later, so that others overtake them. */
  readonly reorder?: number
  readonly reorderMs?: number
  /** The share of datagrams that come twice, the second time up to `duplicateMs` later. */
  readonly duplicate?: number
  readonly duplicateMs?: number
}

/** Conditions with nothing left out. */
export type FullConditions = Required<LinkConditions>

export const PERFECT: FullConditions = {
  outage: false,
  loss: 0,
  burstLoss: null,
  rateBytesPerSecond: Number.POSITIVE_INFINITY,
  queueBytes: DEFAULT_QUEUE_BYTES,
  latencyMs: 0,
  jitterMs: 0,
  reorder: 0,
  reorderMs: DEFAULT_REORDER_MS,
  duplicate: 0,
  duplicateMs: DEFAULT_DUPLICATE_MS,
}

type Rule = readonly [test: (value: number) => boolean, text: string]

const share: Rule = [(value) => value >= 0 && value <= 1, 'a share from 0 to 1']
const duration: Rule = [(value) => value >= 0 && value < Number.POSITIVE_INFINITY, 'a number of milliseconds from 0']

const RULES: Readonly<Record<Exclude<keyof LinkConditions, 'outage' | 'burstLoss'>, Rule>> = {
  loss: share,
  duplicate: share,
  reorder: share,
  latencyMs: duration,
  jitterMs: duration,
  reorderMs: duration,
  duplicateMs: duration,
  rateBytesPerSecond: [(value) => value > 0, 'a number of bytes a second above 0, or Infinity'],
  queueBytes: [(value) => value >= 0, 'a number of bytes from 0, or Infinity'],
}

export const CONDITION_NAMES: ReadonlySet<string> = new Set(Object.keys(PERFECT))

/** `changes` on top of `base`. @throws {NetError} ERR_INVALID_PARAMETER, and nothing is changed. */
export function withConditions(base: FullConditions, changes: LinkConditions): FullConditions {
  if (typeof changes !== 'object' || changes === null) refuse('conditions', 'an object', changes)
  const result: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue
    if (!CONDITION_NAMES.has(name)) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        `A link has no condition ${name}; it has ${[...CONDITION_NAMES].join(', ')}.`,
      )
    }
    check(name as keyof LinkConditions, value)
    result[name] = value
  }
  return result as unknown as FullConditions
}

function check(name: keyof LinkConditions, value: unknown): void {
  if (name === 'outage') {
    if (typeof value !== 'boolean') refuse(name, 'true or false', value)
  } else if (name === 'burstLoss') checkBurstLoss(value)
  else checkNumber(name, value, RULES[name])
}

function checkBurstLoss(value: unknown): void {
  if (value === null) return
  if (typeof value !== 'object') refuse('burstLoss', '{ share, meanPackets, lossInBurst? } or null', value)
  const { share: part, meanPackets, lossInBurst = 1 } = value as Partial<BurstLoss>
  checkNumber('burstLoss.share', part, [(number) => number >= 0 && number < 1, 'a share from 0 to below 1'])
  checkNumber('burstLoss.lossInBurst', lossInBurst, share)
  checkNumber('burstLoss.meanPackets', meanPackets, [(number) => number >= 1 && number < 1e9, 'a number from 1'])
  // Bursts of n fill no more than n of n + 1 datagrams: between two there is at least one.
  if (part! > meanPackets! / (meanPackets! + 1)) {
    const shortest = Math.ceil(part! / (1 - part!) - 1e-9)
    refuse('burstLoss.meanPackets', `at least ${shortest} for bursts to fill a share of ${part}`, meanPackets)
  }
}

function checkNumber(name: string, value: unknown, [test, text]: Rule): void {
  if (typeof value !== 'number' || !test(value)) refuse(name, text, value)
}

function refuse(name: string, text: string, value: unknown): never {
  throw new NetError('ERR_INVALID_PARAMETER', `${name} is ${text}, not ${String(value)}.`)
}
