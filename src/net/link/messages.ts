// Builds the messages of a packet once, for however many peers it goes to.

import { MAX_FRAGMENT, MAX_UNRELIABLE_PACKET } from './constants.ts'
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

const scratch = new Uint8Array(UNRELIABLE_HEADER + MAX_UNRELIABLE_PACKET)

/**
 * An unreliable packet. Its sequence number is filled in for each peer by `stampSequence`. The result is good until the
 * next call: it is sent, or copied, at once, and an allocation 60 times a second for each peer is saved.
 */
export function unreliableMessage(kind: Kind, ordered: boolean, payload: Uint8Array): Uint8Array {
  scratch[0] = ordered ? kind | ORDERED : kind
  scratch.set(payload, UNRELIABLE_HEADER)
  return scratch.subarray(0, UNRELIABLE_HEADER + payload.length)
}

export function stampSequence(message: Uint8Array, sequence: number): void {
  message[1] = sequence & 0xff
  message[2] = sequence >>> 8
}
