// What a room is and how it changes: pure functions over a plain record, so that every transport and every server
// process agrees. Storing and announcing the record is the caller's work.

import { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import { DEFAULT_MAX_PEERS, MAX_PEER_ID, STAR_HOST_ID } from './constants.ts'
import type { RoomInfo, Topology } from './messages.ts'

/** A room at one moment. Plain data: it can be stored as JSON. */
export interface RoomRecord {
  readonly code: string
  readonly topology: Topology
  /** How many peers the room takes, the host included. */
  readonly maxPeers: number
  /** No newcomers are let in. */
  readonly sealed: boolean
  readonly host: number
  /** Ids of the members, the longest-present first. */
  readonly peers: readonly number[]
  /** Grows with every change. Of two records of one room the larger is newer, however they arrive. */
  readonly revision: number
}

export interface RoomOptions {
  /** See `generateRoomCode`. */
  readonly code: string
  readonly topology: Topology
  /** Default DEFAULT_MAX_PEERS. */
  readonly maxPeers?: number | undefined
}

/** A room with its creator in it as the host. */
export function createRoom(options: RoomOptions, random: Random): RoomRecord {
  const { code, topology, maxPeers = DEFAULT_MAX_PEERS } = options
  const host = topology === 'star' ? STAR_HOST_ID : generatePeerId(random)
  return { code, topology, maxPeers, sealed: false, host, peers: [host], revision: 1 }
}

/** A random id that nobody in `taken` has: 2 to 2^31 - 1. (1 is the host of a star, and so never given by chance.) */
export function generatePeerId(random: Random, taken: readonly number[] = []): number {
  let id = random() >>> 1
  while (id <= STAR_HOST_ID || taken.includes(id)) id = id >= MAX_PEER_ID ? STAR_HOST_ID + 1 : id + 1
  return id
}

/**
 * The room with `id` in it.
 * @throws {NetError} ERR_ROOM_SEALED, ERR_ROOM_FULL, ERR_ALREADY_IN_USE (the id is taken).
 */
export function addPeer(room: RoomRecord, id: number): RoomRecord {
  if (room.peers.includes(id)) throw new NetError('ERR_ALREADY_IN_USE', `Peer ${id} is in the room already.`)
  if (room.sealed) throw new NetError('ERR_ROOM_SEALED', `Room ${room.code} takes no more peers: its host sealed it.`)
  if (room.peers.length >= room.maxPeers) {
    throw new NetError('ERR_ROOM_FULL', `Room ${room.code} holds ${room.maxPeers} peers already. Try again later.`)
  }
  return { ...room, peers: [...room.peers, id], revision: room.revision + 1 }
}

/**
 * The room without `id`, or undefined when it ends with that: nobody is left, or a star lost its host. In a mesh the
 * host's role goes to the longest-present peer. The same record comes back when `id` is not in it.
 */
export function removePeer(room: RoomRecord, id: number): RoomRecord | undefined {
  if (!room.peers.includes(id)) return room
  const peers = room.peers.filter((peer) => peer !== id)
  const successor = peers[0]
  if (successor === undefined) return undefined
  if (id !== room.host) return { ...room, peers, revision: room.revision + 1 }
  if (room.topology === 'star') return undefined
  return { ...room, peers, host: successor, revision: room.revision + 1 }
}

/**
 * The room, sealed or opened by `id`. The same record comes back when nothing changes.
 * @throws {NetError} ERR_UNAUTHORIZED when `id` is not the host.
 */
export function seal(room: RoomRecord, id: number, sealed: boolean): RoomRecord {
  if (room.host !== id) throw new NetError('ERR_UNAUTHORIZED', `Only the host (peer ${room.host}) may seal the room.`)
  return room.sealed === sealed ? room : { ...room, sealed, revision: room.revision + 1 }
}

/** The members with whom `id` connects: in a mesh everyone else; in a star the host with each client. */
export function visibleTo(room: RoomRecord, id: number): readonly number[] {
  if (!room.peers.includes(id)) return []
  return room.peers.filter(
    (peer) => peer !== id && (room.topology === 'mesh' || peer === room.host || id === room.host),
  )
}

/** Whether `from` offers to `to`: the later one of a pair does. So of each pair exactly one side offers. */
export function offers(room: RoomRecord, from: number, to: number): boolean {
  return room.peers.indexOf(from) > room.peers.indexOf(to)
}

/** What members are told about the room itself. */
export function roomInfo(room: RoomRecord): RoomInfo {
  const { code, topology, maxPeers, sealed, host } = room
  return { code, topology, maxPeers, sealed, host }
}

/** What changed for one member between two records of a room. */
export interface RoomChange {
  readonly left: readonly number[]
  readonly joined: readonly number[]
  readonly hostChanged: boolean
  readonly sealChanged: boolean
}

/** Compares two records of a room as member `id` sees them. */
export function roomChange(before: RoomRecord, after: RoomRecord, id: number): RoomChange {
  const saw = new Set(visibleTo(before, id))
  const sees = new Set(visibleTo(after, id))
  return {
    left: [...saw].filter((peer) => !sees.has(peer)),
    joined: [...sees].filter((peer) => !saw.has(peer)),
    hostChanged: before.host !== after.host,
    sealChanged: before.sealed !== after.sealed,
  }
}
