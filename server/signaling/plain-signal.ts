// Nearly everything that a server hears are signals. These are recognized by hand, for a third of what the schema takes;
// whatever is not exactly one goes on to the schema, which decides and explains.

import { MAX_CANDIDATE_LENGTH, MAX_PEER_ID, MAX_SDP_LENGTH } from '../../src/net/signaling/constants.ts'
import type { ClientMessage } from '../../src/net/signaling/messages.ts'

type SignalMessage = Extract<ClientMessage, { type: 'signal' }>

/** `json` if it is a message that ClientMessage accepts as it stands, of type `signal`; otherwise undefined. */
export function plainSignal(json: unknown): SignalMessage | undefined {
  if (!isObject(json) || json.type !== 'signal' || !isWhole(json.to, 1, MAX_PEER_ID) || keyCount(json) !== 3) {
    return undefined
  }
  const { signal } = json
  if (!isObject(signal)) return undefined
  return isSignal(signal) ? (json as unknown as SignalMessage) : undefined
}

function isSignal(signal: Record<string, unknown>): boolean {
  switch (signal.kind) {
    case 'candidate':
      return isCandidate(signal)
    case 'description':
      return isDescription(signal)
    case 'failed':
      return keyCount(signal) === 1 + attempts(signal)
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown, maxLength: number): boolean {
  return typeof value === 'string' && value.length <= maxLength
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}
