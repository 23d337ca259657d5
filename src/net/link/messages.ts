// Builds the messages of a packet once, for however many peers it goes to.

import { MAX_FRAGMENT } from './constants.ts'
import { type Kind, MORE, ORDERED, RELIABLE_HEADER, UNRELIABLE_HEADER } from './wire.ts'

/** A reliable packet: one message, or several fragments. */
export function reliableMessages(kind: Kind, payload: Uint8Array): Uint8Array[] {
  const size = MAX_FRAGMENT - RELIABLE_HEADER
  const messages: Uint8Array[] = []
  let start = 0
  do {
    const end = Math.min(start + size, payload.length)
    const message = new Uint8Array(RELIABLE_HEADER + end - start)
    message[0] = end < payload.length ? kind | MORE : kind
    message.set(start === 0 && end === payload.length ? payload : payload.subarray(start, end), RELIABLE_HEADER)
    messages.push(message)
    start = end
  } while (start < payload.length)
  return messages
}

/** An unreliable packet. Its sequence number is filled in for each peer by `stampSequence`. */
export function unreliableMessage(kind: Kind, ordered: boolean, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(UNRELIABLE_HEADER + payload.length)
  message.set(payload, UNRELIABLE_HEADER)
  return markUnreliable(kind, ordered, message)
}

/** A packet whose payload was written after room for `RELIABLE_HEADER`: nothing is copied when one message holds it. */
export function markReliable(kind: Kind, message: Uint8Array): readonly Uint8Array[] {
  if (message.length > MAX_FRAGMENT) return reliableMessages(kind, message.subarray(RELIABLE_HEADER))
  message[0] = kind
  return [message]
}

/** A packet whose payload was written after room for `UNRELIABLE_HEADER`. */
export function markUnreliable(kind: Kind, ordered: boolean, message: Uint8Array): Uint8Array {
  message[0] = ordered ? kind | ORDERED : kind
  return message
}

export function stampSequence(message: Uint8Array, sequence: number): void {
  message[1] = sequence & 0xff
  message[2] = sequence >>> 8
}
