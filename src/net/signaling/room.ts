// What a room is and how it changes: pure functions over a plain record, so that every transport and every server
// process agrees. Storing and announcing the record is the caller's work.

import { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import { DEFAULT_MAX_PEERS, MAX_PEER_ID, STAR_HOST_ID } from './constants.ts'
import type { RoomInfo, Topology } from './messages.ts'
import type { PlayerPresence, PresenceChange, Properties } from './presence.ts'
import { changedPresence } from './presence.ts'

/** A room at one moment. Plain data: it can be stored as JSON. */
export interface RoomRecord {
  readonly code: string
  readonly topology: Topology
  /** How many peers the room takes, the host included. */
  readonly maxPeers: number
  /** No newcomers are let in. */
  readonly sealed: boolean
  readonly host: number
  readonly public: boolean
  /** It asks for a password. */
  readonly locked: boolean
  /** What a star does without its host. */
  readonly whenHostLeaves: 'close' | 'wait'
  readonly metadata: Properties
  /** Ids of the members, the longest-present first. */
  readonly peers: readonly number[]
  /** Of each member. */
  readonly presence: Readonly<Record<number, PlayerPresence>>
  /** Grows with every change. Of two records of one room the larger is newer, however they arrive. */
  readonly revision: number
}

export interface RoomOptions {
  /** See `generateRoomCode`. */
  readonly code: string
  readonly topology: Topology
  /** Default DEFAULT_MAX_PEERS. */
  readonly maxPeers?: number | undefined
  readonly public?: boolean | undefined
  readonly locked?: boolean | undefined
  readonly whenHostLeaves?: 'close' | 'wait' | undefined
  readonly metadata?: Properties | undefined
  /** The creator's. */
  readonly presence?: PresenceChange | undefined
}

const NO_METADATA: Properties = Object.freeze({})

/** A room with its creator in it as the host. */
export function createRoom(options: RoomOptions, random: Random): RoomRecord {
  const { code, topology, maxPeers = DEFAULT_MAX_PEERS, locked = false, whenHostLeaves = 'close' } = options
  const host = topology === 'star' ? STAR_HOST_ID : generatePeerId(random)
  const presence = { [host]: changedPresence(options.presence ?? {}) }
  const { metadata = NO_METADATA } = options
  const room = { code, topology, maxPeers, sealed: false, host, public: options.public ?? false, locked }
  return { ...room, whenHostLeaves, metadata, peers: [host], presence, revision: 1 }
}

/** A random id that nobody in `taken` has: 2 to 2^31 - 1. (1 is the host of a star, and so never given by chance.) */
export function generatePeerId(random: Random, taken: readonly number[] = []): number {
  let id = random() >>> 1
  while (id <= STAR_HOST_ID || taken.includes(id)) id = id >= MAX_PEER_ID ? STAR_HOST_ID + 1 : id + 1
  return id
}

/** Whether there is a place for one more. */
export function isOpen(room: RoomRecord): boolean {
  return !room.sealed && room.peers.length < room.maxPeers && room.peers.includes(room.host)
}

/**
 * The room with `id` in it.
 * @throws {NetError} ERR_ROOM_SEALED, ERR_ROOM_FULL, ERR_UNAVAILABLE (a star waits for its host), ERR_ALREADY_IN_USE (the
 * id is taken).
 */
export function addPeer<R extends RoomRecord>(room: R, id: number, presence: PresenceChange = {}): R {
  if (room.peers.includes(id)) throw new NetError('ERR_ALREADY_IN_USE', `Peer ${id} is in the room already.`)
  if (room.sealed) throw new NetError('ERR_ROOM_SEALED', `Room ${room.code} takes no more peers: its host sealed it.`)
  if (room.peers.length >= room.maxPeers) {
    throw new NetError('ERR_ROOM_FULL', `Room ${room.code} holds ${room.maxPeers} peers already. Try again later.`)
  }
  if (!room.peers.includes(room.host)) {
    throw new NetError('ERR_UNAVAILABLE', `Room ${room.code} waits for its host. Try again when the host is back.`)
  }
  return changed(room, {
    // Not by spreading, which makes room for many more.
    peers: room.peers.concat(id),
    presence: { ...room.presence, [id]: changedPresence(presence) },
  })
}

/**
 * The room without `id`, or undefined when it ends with that: nobody is left, or a star lost its host and does not wait.
 * In a mesh the host's role goes to the longest-present peer. The same record comes back when `id` is not in it.
 */
export function removePeer<R extends RoomRecord>(room: R, id: number): R | undefined {
  if (!room.peers.includes(id)) return room
  const peers = room.peers.filter((peer) => peer !== id)
  const { [id]: _, ...presence } = room.presence
  if (room.topology === 'star') {
    if (id === room.host && room.whenHostLeaves === 'close') return undefined
    return changed(room, { peers, presence })
  }
  const [longestPresent] = peers
  if (longestPresent === undefined) return undefined
  return changed(room, { peers, presence, host: id === room.host ? longestPresent : room.host })
}

/**
 * The room, sealed or opened by `id`. The same record comes back when nothing changes.
 * @throws {NetError} ERR_UNAUTHORIZED when `id` is not the host.
 */
export function seal<R extends RoomRecord>(room: R, id: number, sealed: boolean): R {
  onlyHost(room, id, 'seal the room')
  return room.sealed === sealed ? room : changed(room, { sealed })
}

/**
 * The room, described anew by `id`. The same record comes back when nothing changes.
 * @throws {NetError} ERR_UNAUTHORIZED when `id` is not the host.
 */
export function describe<R extends RoomRecord>(
  room: R,
  id: number,
  change: { readonly metadata?: Properties | undefined; readonly public?: boolean | undefined },
): R {
  onlyHost(room, id, 'describe the room')
  const { metadata = room.metadata, public: isPublic = room.public } = change
  if (isPublic === room.public && isSame(metadata, room.metadata)) return room
  return changed(room, { metadata, public: isPublic })
}

/**
 * The room without `id`, which `by` throws out.
 * @throws {NetError} ERR_UNAUTHORIZED when `by` is not the host; ERR_INVALID_PARAMETER when it means itself;
 * ERR_DOES_NOT_EXIST when there is no such peer.
 */
export function kick<R extends RoomRecord>(room: R, by: number, id: number): R {
  onlyHost(room, by, 'throw somebody out')
  if (by === id) throw new NetError('ERR_INVALID_PARAMETER', 'The host cannot throw itself out. It can leave.')
  const rest = removePeer(room, id)
  if (rest === undefined || rest === room)
    throw new NetError('ERR_DOES_NOT_EXIST', `There is no peer ${id} in the room.`)
  return rest
}

/** The room with the presence of `id` changed. The same record comes back when nothing changes. */
export function present<R extends RoomRecord>(room: R, id: number, change: PresenceChange): R {
  const before = room.presence[id]
  const after = changedPresence(change, before)
  if (!before || isSame(before, after)) return room
  return changed(room, { presence: { ...room.presence, [id]: after } })
}

/** The room after a change that its members shall hear of. */
export function changed<R extends RoomRecord>(room: R, change: Partial<RoomRecord>): R {
  return { ...room, ...change, revision: room.revision + 1 }
}

function onlyHost(room: RoomRecord, id: number, act: string): void {
  if (room.host !== id) throw new NetError('ERR_UNAUTHORIZED', `Only the host (peer ${room.host}) may ${act}.`)
}

/** Whether two things that come from JSON or go there, and are small, say the same. */
export function isSame(one: object, other: object): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** The members with whom `id` connects: in a mesh everyone else; in a star the host with each client. */
export function visibleTo(room: RoomRecord, id: number): readonly number[] {
  if (!room.peers.includes(id)) return []
  return room.peers.filter((peer) => peer !== id && arePair(room, peer, id))
}

/** Whether `id` connects with `other`. */
export function connects(room: RoomRecord, id: number, other: number): boolean {
  return id !== other && arePair(room, id, other) && room.peers.includes(other) && room.peers.includes(id)
}

/** The members of whom `id` knows without connecting with them: in a star the other clients. */
export function knownTo(room: RoomRecord, id: number): readonly number[] {
  if (!room.peers.includes(id)) return []
  return room.peers.filter((peer) => peer !== id && !arePair(room, peer, id))
}

function arePair(room: RoomRecord, id: number, other: number): boolean {
  return room.topology === 'mesh' || id === room.host || other === room.host
}

/** Whether `from` offers to `to`: the later one of a pair does. So of each pair exactly one side offers. */
export function offers(room: RoomRecord, from: number, to: number): boolean {
  return room.peers.indexOf(from) > room.peers.indexOf(to)
}

/** What members are told about the room itself. */
export function roomInfo(room: RoomRecord): RoomInfo {
  const { code, topology, maxPeers, sealed, host, public: isPublic, locked, whenHostLeaves, metadata } = room
  return { code, topology, maxPeers, sealed, host, public: isPublic, locked, whenHostLeaves, metadata }
}

/** What changed for one member between two records of a room. */
export interface RoomChange {
  /** Of those with whom it connects. */
  readonly left: readonly number[]
  readonly joined: readonly number[]
  /** Of those of whom it only knows. */
  readonly playersLeft: readonly number[]
  readonly playersJoined: readonly number[]
  /** Those of either who stayed, with another presence. */
  readonly presence: readonly number[]
  readonly info: boolean
}

/** Compares two records of a room as member `id` sees them. */
export function roomChange(before: RoomRecord, after: RoomRecord, id: number): RoomChange {
  const peers = difference(visibleTo(before, id), visibleTo(after, id))
  const players = difference(knownTo(before, id), knownTo(after, id))
  const stayed = after.peers.filter((peer) => peer !== id && before.peers.includes(peer))
  return {
    left: peers.gone,
    joined: peers.come,
    playersLeft: players.gone,
    playersJoined: players.come,
    presence: stayed.filter((peer) => !isSame(before.presence[peer]!, after.presence[peer]!)),
    info: !isSame(roomInfo(before), roomInfo(after)),
  }
}

function difference(before: readonly number[], after: readonly number[]) {
  const had = new Set(before)
  const has = new Set(after)
  return { gone: before.filter((peer) => !has.has(peer)), come: after.filter((peer) => !had.has(peer)) }
}
