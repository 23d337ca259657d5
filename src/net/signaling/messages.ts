// The signaling protocol: JSON text messages between a client and the signaling server, validated by both sides with
// the schemas below. Version 2. The transports in this folder and `server/signaling` speak it.
//
//   client                         server
//   create | join | match     →                      the first message; resume when it was in the room before
//                             ←    joined | error
//   signal {to}               →    signal {from}     relayed inside the room only; the server stamps the sender
//                             ←    peer_joined, peer_left, peer_back, presence, room
//                             ←    player_joined, player_left           a star's clients, to each other
//   presence, leave, ping     →    pong
//   seal, update, kick        →                      the host only
//   ice_servers               →    ice_servers       fresh TURN credentials; also sent unasked, before the old ones expire
//                             ←    closed            the room ended, or this client was closed
//   list                      →    rooms             before entering, or instead
//
// The newcomer offers to every peer in `joined.peers` that says so; those wait for its offer. So one side of each pair
// offers.

import * as v from 'valibot'
import {
  MAX_CANDIDATE_LENGTH,
  MAX_LISTED_ROOMS,
  MAX_PASSWORD_LENGTH,
  MAX_PEER_ID,
  MAX_PEERS_LIMIT,
  MAX_SDP_LENGTH,
  MAX_TOKEN_LENGTH,
  RESUME_SECRET_LENGTH,
} from './constants.ts'
import { Metadata, Presence, PresenceChange } from './presence.ts'

/** Of the signaling protocol. A client says it first, and the server has to speak the same. */
export const PROTOCOL_VERSION = 2

/** How the schemas are used: a long list of wrong entries must not cost a report for each. */
export const FIRST_PROBLEM = { abortEarly: true, abortPipeEarly: true } as const

/** A peer's id: 1 to 2^31 - 1. In a star room the host is 1. */
export const PeerId = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PEER_ID))
const RoomCode = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const Topology = v.picklist(['mesh', 'star'])
const Token = v.pipe(v.string(), v.maxLength(MAX_TOKEN_LENGTH))
const MaxPeers = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PEERS_LIMIT))

/** Counts how often a pair has dialled, so that what belongs to an earlier attempt is not taken for this one. */
export const Attempt = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)))

/** What two peers tell each other while they connect. */
export const Signal = v.variant('kind', [
  v.strictObject({
    kind: v.literal('description'),
    attempt: Attempt,
    type: v.picklist(['offer', 'answer']),
    sdp: v.pipe(v.string(), v.maxLength(MAX_SDP_LENGTH)),
  }),
  v.strictObject({
    kind: v.literal('candidate'),
    attempt: Attempt,
    media: v.pipe(v.string(), v.maxLength(64)),
    index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
    name: v.pipe(v.string(), v.maxLength(MAX_CANDIDATE_LENGTH)),
  }),
  /** From the side that answers: it saw the attempt fail. The other side may dial again at once. */
  v.strictObject({ kind: v.literal('failed'), attempt: Attempt }),
])

export const IceServer = v.object({
  urls: v.union([v.string(), v.array(v.string())]),
  username: v.optional(v.string()),
  credential: v.optional(v.string()),
})

/** What a star does when its host leaves: it ends, or it waits for the host to come back. */
const WhenHostLeaves = v.picklist(['close', 'wait'])
const Password = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_PASSWORD_LENGTH))
const Players = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PEERS_LIMIT))

/** Which public rooms are wanted. What is left out does not matter. */
export const RoomFilter = v.strictObject({
  topology: v.optional(Topology),
  /** Every one of these, with the same value. */
  metadata: v.optional(Metadata),
  /** With a place for one more, and not sealed. */
  open: v.optional(v.boolean()),
  /** With a password, or without. */
  locked: v.optional(v.boolean()),
  minPlayers: v.optional(Players),
  maxPlayers: v.optional(Players),
})

const entry = { version: v.number(), token: v.optional(Token), presence: v.optional(PresenceChange) }

/** What a client may say: a schema. */
export const ClientMessage = v.variant('type', [
  v.strictObject({
    type: v.literal('create'),
    ...entry,
    topology: Topology,
    maxPeers: v.optional(MaxPeers),
    public: v.optional(v.boolean()),
    metadata: v.optional(Metadata),
    password: v.optional(Password),
    whenHostLeaves: v.optional(WhenHostLeaves),
  }),
  v.strictObject({ type: v.literal('join'), ...entry, room: RoomCode, password: v.optional(Password) }),
  /** Any open public room with these properties, or else a new one. */
  v.strictObject({
    type: v.literal('match'),
    ...entry,
    topology: Topology,
    maxPeers: v.optional(MaxPeers),
    metadata: v.optional(Metadata),
    whenHostLeaves: v.optional(WhenHostLeaves),
  }),
  v.strictObject({
    type: v.literal('resume'),
    version: v.number(),
    room: RoomCode,
    id: PeerId,
    secret: v.pipe(v.string(), v.length(RESUME_SECRET_LENGTH)),
    /** The connections of before are gone: the others shall dial this peer like a newcomer. */
    fresh: v.optional(v.boolean()),
    presence: v.optional(PresenceChange),
  }),
  v.strictObject({
    type: v.literal('list'),
    version: v.number(),
    token: v.optional(Token),
    filter: v.optional(RoomFilter),
    /** `next` of the page before. */
    after: v.optional(RoomCode),
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_LISTED_ROOMS))),
  }),
  v.strictObject({ type: v.literal('signal'), to: PeerId, signal: Signal }),
  v.strictObject({ type: v.literal('presence'), presence: PresenceChange }),
  v.strictObject({ type: v.literal('seal'), sealed: v.boolean() }),
  v.strictObject({ type: v.literal('ice_servers') }),
  v.strictObject({ type: v.literal('update'), metadata: v.optional(Metadata), public: v.optional(v.boolean()) }),
  v.strictObject({ type: v.literal('kick'), id: PeerId, ban: v.boolean() }),
  v.strictObject({ type: v.literal('leave') }),
  v.strictObject({ type: v.literal('ping') }),
])

export const RoomInfo = v.object({
  code: RoomCode,
  topology: Topology,
  /** How many peers the room takes, the host included. */
  maxPeers: MaxPeers,
  sealed: v.boolean(),
  /** The peer that may seal the room: its creator, or whoever took over (mesh only). */
  host: PeerId,
  /** Whether it is listed, and found by a quick match. */
  public: v.optional(v.boolean(), false),
  /** Whether it asks for a password. */
  locked: v.optional(v.boolean(), false),
  whenHostLeaves: v.optional(WhenHostLeaves, 'close'),
  metadata: v.optional(Metadata, {}),
})

/** A public room, as those see it who are not in it. */
export const ListedRoom = v.object({
  code: RoomCode,
  topology: Topology,
  players: Players,
  maxPeers: MaxPeers,
  sealed: v.boolean(),
  locked: v.boolean(),
  metadata: Metadata,
})

/** Another member that a client connects with. `life` tells a peer from an earlier one under the same id. */
const Peer = v.object({ id: PeerId, life: v.number(), presence: Presence })
/** One that it does not connect with. */
const Player = v.object({ id: PeerId, presence: Presence })

/** What the server may say: a schema. */
export const ServerMessage = v.variant('type', [
  v.object({
    type: v.literal('joined'),
    id: PeerId,
    room: RoomInfo,
    /** `offer`: the client sends the offer to this one; the others send theirs. */
    peers: v.array(v.object({ ...Peer.entries, offer: v.boolean() })),
    /** Of a star's client: the other ones. */
    players: v.optional(v.array(Player)),
    iceServers: v.array(IceServer),
    /** What `resume` takes, once, and for how long after the socket broke. */
    resume: v.object({ secret: v.pipe(v.string(), v.maxLength(256)), graceMs: v.number() }),
  }),
  v.object({ type: v.literal('peer_joined'), ...Peer.entries }),
  /** `kicked`: connections to it shall end. */
  v.object({ type: v.literal('peer_left'), id: PeerId, kicked: v.optional(v.boolean()) }),
  v.object({ type: v.literal('player_joined'), ...Player.entries }),
  v.object({ type: v.literal('player_left'), id: PeerId }),
  /** Its link to the server broke and stands again: signals in between were lost. */
  v.object({ type: v.literal('peer_back'), id: PeerId }),
  v.object({ type: v.literal('presence'), id: PeerId, presence: Presence }),
  v.object({ type: v.literal('signal'), from: PeerId, signal: Signal }),
  v.object({ type: v.literal('ice_servers'), iceServers: v.array(IceServer) }),
  v.object({ type: v.literal('room'), room: RoomInfo }),
  v.object({
    type: v.literal('rooms'),
    rooms: v.array(ListedRoom),
    /** Where the next page begins; left out on the last one. */
    next: v.optional(RoomCode),
  }),
  v.object({ type: v.literal('closed'), code: v.string(), message: v.string() }),
  v.object({ type: v.literal('error'), code: v.string(), message: v.string() }),
  v.object({ type: v.literal('pong') }),
])

/** Whether every peer is connected with every other one, or all with their host. */
export type Topology = v.InferOutput<typeof Topology>
export type Signal = v.InferOutput<typeof Signal>
export type IceServer = v.InferOutput<typeof IceServer>
export type RoomFilter = v.InferInput<typeof RoomFilter>
export type ListedRoom = v.InferOutput<typeof ListedRoom>
/** A room as its members see it. */
export type RoomInfo = v.InferOutput<typeof RoomInfo>
/** What a client says. */
export type ClientMessage = v.InferOutput<typeof ClientMessage>
/** What the server says. */
export type ServerMessage = v.InferOutput<typeof ServerMessage>
