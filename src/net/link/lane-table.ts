// The lanes of a link: ours and the user's.

import { GAMEPLAY_LANE } from './frames.ts'
import type { LaneSettings } from './lanes.ts'

export const CONTROL_LANE = 0
export { GAMEPLAY_LANE }
export const BULK_LANE = 2
/** The user's begin here, in the order in which they were given. */
export const FIRST_USER_LANE = 3

/** Lanes of this priority and less urgent ones travel in the stream. */
const BULK_PRIORITY = 2

export type LaneTable = ReadonlyMap<number, LaneSettings>

const OURS: LaneTable = new Map([
  [CONTROL_LANE, { priority: 0 }],
  [GAMEPLAY_LANE, { priority: 1 }],
  [BULK_LANE, { priority: BULK_PRIORITY }],
])

/** Which lanes go over the reliable channel, and which in the stream. */
export function splitLanes(users: LaneTable = new Map()): { urgent: LaneTable; bulk: LaneTable } {
  const all = [...OURS, ...users]
  return {
    urgent: new Map(all.filter(([, { priority }]) => priority < BULK_PRIORITY)),
    bulk: new Map(all.filter(([, { priority }]) => priority >= BULK_PRIORITY)),
  }
}
