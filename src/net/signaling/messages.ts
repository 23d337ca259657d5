// The signaling protocol: JSON text messages between a client and the signaling server, validated by both sides with
// the schemas below. Version 1. The transports in this folder and `server/signaling` speak it.
//
//   client                         server
//   create | join             →                      the first message
//                             ←    joined | error
//   signal {to}               →    signal {from}     relayed inside the room only; the server stamps the sender
//                             ←    peer_joined, peer_left, host, sealed
//   seal (host), leave, ping  →    pong
//   ice_servers               →    ice_servers       fresh TURN credentials; also sent unasked, before the old ones expire
//                             ←    closed            the room ended, or this client was closed
//
// The newcomer offers to every peer in `joined.peers`; those wait for its offer. So one side of each pair offers.

import * as v from 'valibot'
import { MAX_CANDIDATE_LENGTH, MAX_PEER_ID, MAX_PEERS_LIMIT, MAX_SDP_LENGTH, MAX_TOKEN_LENGTH } from './constants.ts'

export const PROTOCOL_VERSION = 1

/** How the schemas are used: a long list of wrong entries must not cost a report for each. */
export const FIRST_PROBLEM = { abortEarly: true, abortPipeEarly: true } as const

/** A peer's id: 1 to 2^31 - 1. In a star room the host is 1. */
export const PeerId = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PEER_ID))
const RoomCode = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const Topology = v.picklist(['mesh', 'star'])
const Token = v.pipe(v.string(), v.maxLength(MAX_TOKEN_LENGTH))
const MaxPeers = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PEERS_LIMIT))

/** Counts how often a pair has dialled, so that what belongs to an earlier attempt is not taken for this one. */
const Attempt = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)))

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

export const ClientMessage = v.variant('type', [
  v.strictObject({
    type: v.literal('create'),
    version: v.number(),
    topology: Topology,
    maxPeers: v.optional(MaxPeers),
    token: v.optional(Token),
  }),
  v.strictObject({ type: v.literal('join'), version: v.number(), room: RoomCode, token: v.optional(Token) }),
  v.strictObject({ type: v.literal('signal'), to: PeerId, signal: Signal }),
  v.strictObject({ type: v.literal('seal'), sealed: v.boolean() }),
  v.strictObject({ type: v.literal('ice_servers') }),
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
})

export const ServerMessage = v.variant('type', [
  v.object({
    type: v.literal('joined'),
    id: PeerId,
    room: RoomInfo,
    /** The peers to which the newcomer offers. */
    peers: v.array(PeerId),
    iceServers: v.array(IceServer),
  }),
  v.object({ type: v.literal('peer_joined'), id: PeerId }),
  v.object({ type: v.literal('peer_left'), id: PeerId }),
  v.object({ type: v.literal('signal'), from: PeerId, signal: Signal }),
  v.object({ type: v.literal('host'), id: PeerId }),
  v.object({ type: v.literal('sealed'), sealed: v.boolean() }),
  v.object({ type: v.literal('ice_servers'), iceServers: v.array(IceServer) }),
  v.object({ type: v.literal('closed'), code: v.string(), message: v.string() }),
  v.object({ type: v.literal('error'), code: v.string(), message: v.string() }),
  v.object({ type: v.literal('pong') }),
])

export type Topology = v.InferOutput<typeof Topology>
export type Signal = v.InferOutput<typeof Signal>
export type IceServer = v.InferOutput<typeof IceServer>
export type RoomInfo = v.InferOutput<typeof RoomInfo>
export type ClientMessage = v.InferOutput<typeof ClientMessage>
export type ServerMessage = v.InferOutput<typeof ServerMessage>
