// "Any open room with these properties, else a new one." Two that ask at the same instant end in the same room, on
// whichever processes they are: who opens the next room is decided by one record that all of them claim.

import type { Clock } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import type { Random } from '../../src/net/random.ts'
import type { ClientMessage } from '../../src/net/signaling/messages.ts'
import { hasProperties } from '../../src/net/signaling/presence.ts'
import { generateRoomCode } from '../../src/net/signaling/room-code.ts'
import type { SignalingAdapter, StoredRecord } from './adapter.ts'
import { CARE_BATCH, MATCH_ATTEMPTS, MATCH_CLAIM_MS, MATCH_RETRY_MS } from './constants.ts'
import type { RoomState } from './room-state.ts'
import { propertyTag } from './room-state.ts'
import { digest } from './secrets.ts'

type Wish = Extract<ClientMessage, { type: 'match' }>

/** Who opens the next room with certain properties. */
interface Claim extends StoredRecord {
  readonly code: string
  /** Until then it may not be there yet. */
  readonly openBy: number
}

interface MatchParts {
  readonly adapter: SignalingAdapter
  readonly clock: Clock
  readonly time: () => number
  readonly random: Random
}

/** Keys of claims begin like this; room codes cannot. */
export const CLAIM_PREFIX = 'match:'

/**
 * @param visit Enters the room with a code. @param open Opens a room with a code.
 * @throws {NetError} ERR_UNAVAILABLE when there was no end of it; what `visit` and `open` throw beside that a room cannot
 * be entered.
 */
export async function quickMatch<Place>(
  wish: Wish,
  parts: MatchParts,
  visit: (code: string) => Promise<Place>,
  open: (code: string) => Promise<Place>,
): Promise<Place> {
  const { adapter, clock, time, random } = parts
  const tags = tagsOf(wish)
  const key = `${CLAIM_PREFIX}${digest(JSON.stringify(tags))}`
  for (let attempt = 0; attempt < MATCH_ATTEMPTS; attempt++) {
    const claim = await adapter.transact<Claim>(key, (record) => record)
    if (claim) {
      const room = await adapter.transact<RoomState>(claim.code, (record) => record)
      const place = room && fits(room, wish) && (await tried(visit, claim.code))
      if (place) return place
      if (!room && time() < claim.openBy) {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, MATCH_RETRY_MS))
        continue
      }
    }
    let after: string | undefined
    do {
      const page = await adapter.list<RoomState>({ tags, after, limit: CARE_BATCH })
      for (const [code] of page) {
        const place = await tried(visit, code)
        if (place) return place
      }
      after = page.length < CARE_BATCH ? undefined : page.at(-1)?.[0]
    } while (after !== undefined)
    const code = generateRoomCode(random)
    const decided = await adapter.transact<Claim>(key, (record) => {
      // Another one was faster.
      if (record?.code !== claim?.code) return record
      const openBy = time() + MATCH_CLAIM_MS
      return { revision: (record?.revision ?? 0) + 1, code, openBy, dueAt: openBy }
    })
    if (decided?.code === code) return open(code)
  }
  throw new NetError('ERR_UNAVAILABLE', 'No room was found or opened in time. Try again.')
}

/** The place, or undefined where there is none (any more). */
async function tried<Place>(visit: (code: string) => Promise<Place>, code: string): Promise<Place | undefined> {
  try {
    return await visit(code)
  } catch (error) {
    const elsewhere = ['ERR_ROOM_NOT_FOUND', 'ERR_ROOM_FULL', 'ERR_ROOM_SEALED', 'ERR_KICKED', 'ERR_UNAVAILABLE']
    if (error instanceof NetError && elsewhere.includes(error.code)) return undefined
    throw error
  }
}

function tagsOf({ topology, maxPeers, metadata = {} }: Wish): string[] {
  const properties = Object.entries(metadata).map(([key, value]) => propertyTag(key, value))
  const size = maxPeers === undefined ? [] : [`maxPeers=${maxPeers}`]
  return ['public', 'open=true', 'locked=false', `topology=${topology}`, ...size, ...properties.sort()]
}

/** The room of a claim, which may have been changed since. */
function fits(room: RoomState, { topology, maxPeers, metadata = {} }: Wish): boolean {
  if (!room.public || room.locked || room.topology !== topology) return false
  return (maxPeers === undefined || room.maxPeers === maxPeers) && hasProperties(room.metadata, metadata)
}
