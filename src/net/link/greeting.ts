// What two links say first: on their first channels who they are, and on further ones how far they had come. That they are the
// same as before is shown by proofs (session.ts), in between.

import { NetError } from '../errors.ts'
import { LINK_VERSION, SESSION_BYTES } from './constants.ts'

/** How much of what the other side sent was taken in. */
export interface TakenIn {
  /** Messages of each reliable channel, in the order of the ports, 16 bits of each. */
  readonly messages: readonly number[]
  /** The position in the stream that is waited for. */
  readonly stream: number
}

/** Version, the half of the session, and how many modes follow. */
const FIXED_BYTES = 2 + SESSION_BYTES

/** The payload of HELLO. `half`: the writer's, of the session. */
export function writeGreeting(modes: readonly number[], half: Uint8Array): Uint8Array {
  return Uint8Array.of(LINK_VERSION, ...half, modes.length, ...modes)
}

/** The writer's half of the session. @throws {NetError} ERR_INVALID_DATA: the other side does not fit this one. */
export function readGreeting(payload: Uint8Array, modes: readonly number[]): Uint8Array {
  if (payload[0] !== LINK_VERSION) {
    throw misfit(`it speaks version ${payload[0]} of the wire format, we speak ${LINK_VERSION}`)
  }
  if (payload.length < FIXED_BYTES) throw misfit('its greeting ends too early')
  const theirs = payload.subarray(FIXED_BYTES, FIXED_BYTES + payload[FIXED_BYTES - 1]!)
  if (theirs.length !== modes.length || !modes.every((mode, i) => mode === theirs[i])) {
    throw misfit(`its user channels have the modes [${theirs.subarray(0, 64)}], ours [${modes}]`)
  }
  if (payload.length !== FIXED_BYTES + modes.length) throw misfit('its greeting has another length')
  return payload.slice(1, 1 + SESSION_BYTES)
}

/** The payload of RESUME. */
export function writeTakenIn({ messages, stream }: TakenIn): Uint8Array {
  const bytes = messages.flatMap((count) => [count & 0xff, (count >>> 8) & 0xff])
  return Uint8Array.of(...bytes, stream, stream >>> 8, stream >>> 16, stream >>> 24)
}

/** @param ports How many reliable channels there are. @throws {NetError} ERR_INVALID_DATA: it does not fit this side. */
export function readTakenIn(payload: Uint8Array, ports: number): TakenIn {
  if (payload.length !== 2 * ports + 4) throw misfit('what it has taken in is of another length')
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const messages = Array.from({ length: ports }, (_, port) => view.getUint16(2 * port, true))
  return { messages, stream: view.getUint32(2 * ports, true) }
}

function misfit(what: string): NetError {
  return new NetError('ERR_INVALID_DATA', `The peer does not fit this one: ${what}.`)
}
