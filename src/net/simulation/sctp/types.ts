// What an SCTP association of the simulation sends. Chunks are passed as objects; their sizes are counted as on a wire.

import { DATA_HEADER, FORWARD_TSN_CHUNK, FORWARD_TSN_STREAM, GAP_BLOCK, SACK_CHUNK, SCTP_HEADER } from '../constants.ts'

/** What a message is for: the channel's user, opening a channel in band (DCEP, RFC 8832), or closing it (RFC 6525). */
export type Payload =
  | { readonly type: 'data'; readonly data: Uint8Array | string }
  | { readonly type: 'open'; readonly label: string; readonly protocol: string; readonly reliability: Reliability }
  | { readonly type: 'ack' }
  | { readonly type: 'reset' }

export interface Reliability {
  readonly ordered: boolean
  /** How often a chunk is sent again; `undefined`: until it arrives. */
  readonly maxRetransmits?: number | undefined
  /** For how many ms a message is worth sending. */
  readonly maxPacketLifeTime?: number | undefined
}

/** One user message on its way, with the sender's notes. A receiver reads only what is marked. */
export interface Message {
  /** Read by the receiver, as are the next three. */
  readonly stream: number
  readonly payload: Payload
  /** On the wire; an empty message is sent as one byte (RFC 8831, 6.6). */
  readonly bytes: number
  readonly ordered: boolean
  /** Number among the ordered messages of the stream, read by the receiver; given when the first chunk is sent. */
  sequence: number
  readonly maxRetransmits: number
  /** When it is no longer worth sending, in ms. */
  readonly expiresAt: number
  /** Bytes that have been sent once. */
  sentBytes: number
  /** The first chunk's number; the others follow without a gap. -1: none was sent. */
  firstTsn: number
  lastTsn: number
  abandoned: boolean
}

/** A message or a piece of one. TSNs are numbers that do not wrap, from 1. */
export interface DataChunk {
  readonly tsn: number
  readonly message: Message
  readonly bytes: number
}

/** What has arrived: everything up to `cumulative`, and the ranges above it, first and last in turn. */
export interface Sack {
  readonly cumulative: number
  readonly ranges: readonly number[]
  /** Bytes that the receiver still takes. */
  readonly window: number
}

/** Chunks up to `tsn` that have not arrived are not worth waiting for (RFC 3758). */
export interface ForwardTsn {
  readonly tsn: number
  /** Of the ordered messages given up: the highest number in each stream. */
  readonly sequences: ReadonlyMap<number, number>
}

export interface Packet {
  readonly sack?: Sack | undefined
  readonly forward?: ForwardTsn | undefined
  readonly chunks: readonly DataChunk[]
}

export function chunkBytes(userBytes: number): number {
  return DATA_HEADER + ((userBytes + 3) & ~3)
}

/** Bytes of a packet with SCTP's header. */
export function packetBytes({ sack, forward, chunks }: Packet): number {
  let bytes = SCTP_HEADER
  if (sack) bytes += SACK_CHUNK + (sack.ranges.length / 2) * GAP_BLOCK
  if (forward) bytes += FORWARD_TSN_CHUNK + forward.sequences.size * FORWARD_TSN_STREAM
  for (const chunk of chunks) bytes += chunkBytes(chunk.bytes)
  return bytes
}

/** How long an association goes on when nothing is acknowledged. */
export interface Persistence {
  /** Timeouts in a row after which it fails. */
  readonly maxTimeouts: number
  /** The longest wait that doubling leads to, in ms. */
  readonly maxBackOffMs: number
}
