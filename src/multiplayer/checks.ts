// What a multiplayer peer is asked for is checked here, and what a mode means for a packet.

import { NetError } from '../net/errors.ts'
import { MAX_RELIABLE_PACKET, MAX_UNRELIABLE_PACKET } from '../net/link/constants.ts'
import { MAX_GRACE_MS, MAX_PEER_ID, MAX_SUSPICION_MS, MIN_SUSPICION_MS } from './constants.ts'
import type { WaitingPacket } from './inbox.ts'
import { type PatienceOptions, TransferMode } from './types.ts'

/** Which of its peer's channels it came over. */
export function portOf({ channel, mode }: WaitingPacket): number {
  if (channel > 0) return channel + 1
  return mode === TransferMode.Reliable ? 0 : 1
}

export function checkId(id: number): void {
  if (Number.isInteger(id) && id >= 1 && id <= MAX_PEER_ID) return
  throw new NetError('ERR_INVALID_PARAMETER', `A peer id is a whole number from 1 to ${MAX_PEER_ID}, not ${id}.`)
}

/** @throws {NetError} ERR_INVALID_PARAMETER */
export function checkPatience({ suspicionMs, graceMs }: PatienceOptions): void {
  const check = (name: string, ms: number | undefined, least: number, most: number) => {
    if (ms === undefined || (ms >= least && ms <= most)) return
    throw new NetError('ERR_INVALID_PARAMETER', `${name} is ${least} to ${most} ms, not ${ms}.`)
  }
  check('suspicionMs', suspicionMs, MIN_SUSPICION_MS, MAX_SUSPICION_MS)
  check('graceMs', graceMs, 0, MAX_GRACE_MS)
}

export function checkMode(mode: TransferMode): void {
  if (mode === 0 || mode === 1 || mode === 2) return
  throw new NetError('ERR_INVALID_PARAMETER', `A transfer mode is one of TransferMode's values, not ${mode}.`)
}

export function checkSize(bytes: number, mode: TransferMode): void {
  const reliable = mode === TransferMode.Reliable
  const limit = reliable ? MAX_RELIABLE_PACKET : MAX_UNRELIABLE_PACKET
  if (bytes <= limit) return
  const advice = reliable ? 'send it in parts' : 'send it reliably, or in parts'
  throw new NetError('ERR_OUT_OF_MEMORY', `A packet of ${bytes} bytes; ${limit} are possible: ${advice}.`)
}
