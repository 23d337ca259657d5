// What a data-channel message between two peers looks like. Little-endian; a length is a LEB128 of at most 2 bytes.
//
//   reliable message     frame …                       first reliable channel, reliable user channels
//   stream message       [STREAM] position:u32 frame … first reliable channel, or the bulk connection's channel
//   unreliable message   flags:u8 sequence:u16 [acknowledgement] [progress] frame …
//
//   flags  1 ACKNOWLEDGES  newest:u16 history:u32 receivedAt:u16 heldFor:u8  (of the other side's unreliable messages)
//          2 PROGRESS      reliable:u16 stream:u32  (messages taken in on the first reliable channel; next position)
//          4 ASKS          wants an acknowledgement at once
//
//   frame  head:u8 [lane:u8] [length] [piece] payload
//     head   kind (4 bits) | HAS_LANE or ORDERED | PIECE | LAST: no length, runs to the end of the message
//     piece  reliable: 1 first, 2 last (u8), and with the first the packet's length:u32
//            unreliable: packet:u16, index and count - 1 (4 bits each)
//
//   kind        channels           payload
//   VALUE       any                one msgpack value
//   BYTES       any                the packet itself
//   HELLO       reliable, port 0   version:u8, half of the session, modes: see greeting.ts. Alone in its message, not counted
//   GOODBYE     reliable           reason:u8, on port 0 also the end of the stream:u32; the last frame of its sender there
//   GOODBYE_ACK reliable, port 0   nothing: everything before the goodbye has arrived
//   SIGNAL      reliable, port 0   JSON: a description or candidate of the bulk connection
//   SERVICE     any                bytes of the layer above that are no packet of the game's
//   RELAY       any                a packet to or from somebody else, passed on by the other side (multiplayer/relay/wire.ts)
//   TAKEN       reliable, port 0   port:u8 count:u16, messages taken in on a reliable user channel
//   PROOF       reliable, port 0   of a further connection: its writer is of the session (session.ts). As HELLO otherwise
//   RESUME      reliable, port 0   behind it: what was taken in (greeting.ts). As HELLO otherwise

export const Kind = {
  Value: 0,
  Bytes: 1,
  Hello: 2,
  Goodbye: 3,
  GoodbyeAck: 4,
  // 5 and 6 were version 1's ping and pong.
  Signal: 7,
  Stream: 8,
  Service: 9,
  Relay: 10,
  Taken: 11,
  Proof: 12,
  Resume: 13,
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** The kinds that carry packets: of the game, of the services above the link, or of somebody else. */
export type PacketKind = typeof Kind.Value | typeof Kind.Bytes | typeof Kind.Service | typeof Kind.Relay

export function isPacketKind(kind: number): kind is PacketKind {
  return kind === Kind.Value || kind === Kind.Bytes || kind === Kind.Service || kind === Kind.Relay
}

/** The kinds that belong to a set of channels, and not to the link: they are alone in their message, and are not counted. */
export function isGreetingKind(kind: number): boolean {
  return kind === Kind.Hello || kind === Kind.Proof || kind === Kind.Resume
}

export const KIND_MASK = 0x0f
/** Reliable: a lane's number follows. Without it the frame is of the gameplay lane. */
export const HAS_LANE = 0x20
/** Unreliable: dropped when a newer ordered one came before. */
export const ORDERED = 0x20
export const PIECE = 0x40
export const LAST = 0x80

export const FIRST_PIECE = 1
export const LAST_PIECE = 2

export const Flag = { Acknowledges: 1, Progress: 2, Asks: 4 } as const

export const UNRELIABLE_HEADER = 3
export const ACKNOWLEDGEMENT_BYTES = 9
export const PROGRESS_BYTES = 6
/** The head of a stream message and its position. */
export const STREAM_HEADER = 5

/** Why one side says goodbye. */
export const Goodbye = { Left: 0, Kicked: 1 } as const
export type Goodbye = (typeof Goodbye)[keyof typeof Goodbye]

/** Whether `a` comes after `b` in a sequence of 16 bits that wraps (RFC 1982). */
export function isNewer(a: number, b: number): boolean {
  const distance = (a - b) & 0xffff
  return distance !== 0 && distance < 0x8000
}
