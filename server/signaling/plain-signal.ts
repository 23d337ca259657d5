// Nearly everything that a server hears are signals. These are recognized by hand, for a third of what the schema takes, and
// passed on as they came; whatever does not look exactly like one goes on to the schema, which decides and explains.

import { MAX_CANDIDATE_LENGTH, MAX_PEER_ID, MAX_SDP_LENGTH } from '../../src/net/signaling/constants.ts'
import type { Signal } from '../../src/net/signaling/messages.ts'

/** A signal that was checked, and the JSON that says exactly that and nothing else. */
export interface SignalRequest {
  readonly type: 'signal'
  readonly to: number
  readonly signal: Signal
  readonly text: string
}

const BEGINNING = '{"type":"signal","to":'
const MIDDLE = ',"signal":'
const DIGIT_0 = 48
const CANDIDATE_LENGTH = '{"kind":"candidate","media":"","index":,"name":""}'.length
const ATTEMPT_LENGTH = '"attempt":,'.length

/** The signal that `text` is, if it is written as `JSON.stringify` writes one that ClientMessage accepts. */
export function plainSignal(text: string): SignalRequest | undefined {
  if (!text.startsWith(BEGINNING)) return undefined
  let to = 0
  let at = BEGINNING.length
  for (; ; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0
    if (!(digit >= 0 && digit <= 9)) break
    to = to * 10 + digit
    if (to === 0 || to > MAX_PEER_ID) return undefined
  }
  if (to === 0 || !text.startsWith(MIDDLE, at) || text.at(-1) !== '}') return undefined
  // Parsed by itself: so nothing can follow it that would end up in what is passed on.
  const json = text.slice(at + MIDDLE.length, -1)
  let signal: unknown
  try {
    signal = JSON.parse(json)
  } catch {
    return undefined
  }
  if (!isObject(signal) || !isSignal(signal)) return undefined
  return { type: 'signal', to, signal, text: isShortest(json, signal) ? json : JSON.stringify(signal) }
}

/**
 * Whether there is no shorter JSON for `signal`: then there are no blanks, escapes or keys said twice in it, which different
 * readers could understand differently. Said of candidates only, which most signals are.
 */
function isShortest(json: string, signal: Signal): boolean {
  if (signal.kind !== 'candidate') return false
  const { attempt, media, index, name } = signal
  const rest = json.length - CANDIDATE_LENGTH - digits(index) - media.length - name.length
  return rest === (attempt === undefined ? 0 : ATTEMPT_LENGTH + digits(attempt))
}

/** Of a whole number below 1,000. */
function digits(value: number): number {
  return value < 10 ? 1 : value < 100 ? 2 : 3
}

function isSignal(signal: object): signal is Signal {
  const { kind } = signal as Record<string, unknown>
  switch (kind) {
    case 'candidate':
      return isCandidate(signal as Record<string, unknown>)
    case 'description':
      return isDescription(signal as Record<string, unknown>)
    case 'failed':
      return keyCount(signal) === 1 + attempts(signal as Record<string, unknown>)
    default:
      return false
  }
}

function isCandidate(signal: Record<string, unknown>): boolean {
  return (
    keyCount(signal) === 4 + attempts(signal) &&
    isText(signal.media, 64) &&
    isWhole(signal.index, 0, 255) &&
    isText(signal.name, MAX_CANDIDATE_LENGTH)
  )
}

function isDescription(signal: Record<string, unknown>): boolean {
  return (
    keyCount(signal) === 3 + attempts(signal) &&
    (signal.type === 'offer' || signal.type === 'answer') &&
    isText(signal.sdp, MAX_SDP_LENGTH)
  )
}

/** How many keys a good `attempt` is; one that is not good is none, so that the count of keys is wrong. */
function attempts(signal: Record<string, unknown>): 0 | 1 {
  return isWhole(signal.attempt, 0, 255) ? 1 : 0
}

function keyCount(value: object): number {
  return Object.keys(value).length
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown, maxLength: number): boolean {
  return typeof value === 'string' && value.length <= maxLength
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}
