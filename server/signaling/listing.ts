// The public rooms, page by page.

import { MAX_LISTED_ROOMS } from '../../src/net/signaling/constants.ts'
import type { ClientMessage, ListedRoom, ServerMessage } from '../../src/net/signaling/messages.ts'
import type { SignalingAdapter } from './adapter.ts'
import { MAX_LIST_SCAN } from './constants.ts'
import type { RoomState } from './room-state.ts'
import { propertyTag } from './room-state.ts'

type Question = Extract<ClientMessage, { type: 'list' }>

/** One page. It may be short of its limit, or empty, although there is a next one. */
export async function listRooms(
  { filter = {}, after, limit = MAX_LISTED_ROOMS }: Question,
  adapter: SignalingAdapter,
): Promise<Extract<ServerMessage, { type: 'rooms' }>> {
  const { topology, open, locked, metadata = {}, minPlayers = 0, maxPlayers = Number.POSITIVE_INFINITY } = filter
  const tags = [
    'public',
    ...(topology === undefined ? [] : [`topology=${topology}`]),
    ...(open === undefined ? [] : [`open=${open}`]),
    ...(locked === undefined ? [] : [`locked=${locked}`]),
    ...Object.entries(metadata).map(([key, value]) => propertyTag(key, value)),
  ]
  const rooms: ListedRoom[] = []
  let next = after
  for (let looked = 0; looked < MAX_LIST_SCAN; ) {
    const wanted = limit - rooms.length
    const page = await adapter.list<RoomState>({ tags, after: next, limit: wanted })
    for (const [, room] of page) {
      const players = room.peers.length
      if (players >= minPlayers && players <= maxPlayers) rooms.push(listed(room))
    }
    if (page.length < wanted) return { type: 'rooms', rooms }
    next = page.at(-1)![0]
    if (rooms.length >= limit) break
    looked += page.length
  }
  return { type: 'rooms', rooms, ...(next !== undefined && { next }) }
}

function listed({ code, topology, maxPeers, sealed, locked, metadata, peers }: RoomState): ListedRoom {
  return { code, topology, players: peers.length, maxPeers, sealed, locked, metadata }
}
