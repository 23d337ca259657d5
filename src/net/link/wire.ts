// What a data-channel message between two peers looks like. Little-endian.
//
//   reliable channels       [kind | MORE?] payload        MORE: the packet goes on in the next message of this channel
//   unreliable channels     [kind | ORDERED?] sequence:u16 payload
//
//   kind        channels              payload
//   VALUE       any                   one msgpack value
//   BYTES       any                   the packet itself
//   HELLO       reliable, the first   version:u8, the mode of each user channel:u8 …
//   GOODBYE     reliable              reason:u8; always the last of its sender
//   GOODBYE_ACK first reliable        nothing: everything before the goodbye has arrived
//   PING        first unreliable      nonce:u16, loss:u8 (of the other side's messages here, 255 = all)
//   PONG        first unreliable      nonce:u16, loss:u8

export const Kind = { Value: 0, Bytes: 1, Hello: 2, Goodbye: 3, GoodbyeAck: 4, Ping: 5, Pong: 6 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

export const KIND_MASK = 0x0f
/** Reliable: more fragments follow. */
export const MORE = 0x80
/** Unreliable: dropped when a newer ordered one came before. */
export const ORDERED = 0x40

export const RELIABLE_HEADER = 1
export const UNRELIABLE_HEADER = 3

/** Why one side says goodbye. */
export const Goodbye = { Left: 0, Kicked: 1 } as const
export type Goodbye = (typeof Goodbye)[keyof typeof Goodbye]

/** Whether `a` comes after `b` in a sequence of 16 bits that wraps (RFC 1982). */
export function isNewer(a: number, b: number): boolean {
  const distance = (a - b) & 0xffff
  return distance !== 0 && distance < 0x8000
}
