// What two links say first on each set of channels: who they are, and, where they knew each other before, how far they had
// come. Two links that both know each other go on where they were; any other pair begins anew.

import { NetError } from '../errors.ts'
import type { Random } from '../random.ts'
import { LINK_VERSION, SESSION_BYTES } from './constants.ts'

/** How much of what the other side sent was taken in. */
export interface TakenIn {
  /** Messages of each reliable channel, in the order of the ports, 16 bits of each. */
  readonly messages: readonly number[]
  /** The position in the stream that is waited for. */
  readonly stream: number
}

export interface Greeting {
  /** The writer's half of the session, in hexadecimal digits. */
  readonly mine: string
  /** The reader's half, as the writer knows it. `undefined`: it knows none. */
  readonly yours: string | undefined
  readonly takenIn: TakenIn | undefined
}

const NOBODY = '00'.repeat(SESSION_BYTES)
/** Version, both halves, and how many modes follow. */
const FIXED_BYTES = 2 + 2 * SESSION_BYTES
/** TransferMode.Reliable of the layer above: the modes are only compared here, but for the channels that count. */
const RELIABLE_MODE = 2

/** One half of a session: drawn by chance, so that a peer that was started anew is not taken for the one before it. */
export function drawSession(random: Random): string {
  let digits = ''
  while (digits.length < 2 * SESSION_BYTES) digits += random().toString(16).padStart(8, '0')
  return digits === NOBODY ? drawSession(random) : digits
}

export function writeGreeting(modes: readonly number[], { mine, yours = NOBODY, takenIn }: Greeting): Uint8Array {
  const bytes = [LINK_VERSION, ...bytesOf(mine), ...bytesOf(yours), modes.length, ...modes]
  for (const count of takenIn?.messages ?? []) bytes.push(count & 0xff, (count >>> 8) & 0xff)
  if (takenIn) for (let shift = 0; shift < 32; shift += 8) bytes.push((takenIn.stream >>> shift) & 0xff)
  return Uint8Array.from(bytes)
}

/** @throws {NetError} ERR_INVALID_DATA: the other side does not fit this one. */
export function readGreeting(payload: Uint8Array, modes: readonly number[]): Greeting {
  if (payload[0] !== LINK_VERSION) {
    throw misfit(`it speaks version ${payload[0]} of the wire format, we speak ${LINK_VERSION}`)
  }
  const theirs = payload.subarray(FIXED_BYTES, FIXED_BYTES + (payload[FIXED_BYTES - 1] ?? 0))
  if (payload.length < FIXED_BYTES) throw misfit('its greeting ends too early')
  if (theirs.length !== modes.length || !modes.every((mode, i) => mode === theirs[i])) {
    throw misfit(`its user channels have the modes [${theirs.subarray(0, 64)}], ours [${modes}]`)
  }
  const mine = hexOf(payload.subarray(1, 1 + SESSION_BYTES))
  const yours = hexOf(payload.subarray(1 + SESSION_BYTES, 1 + 2 * SESSION_BYTES))
  const rest = payload.subarray(FIXED_BYTES + modes.length)
  const ports = 1 + modes.filter((mode) => mode === RELIABLE_MODE).length
  const isFresh = yours === NOBODY
  if (mine === NOBODY || rest.length !== (isFresh ? 0 : 2 * ports + 4)) throw misfit('its greeting has another length')
  if (isFresh) return { mine, yours: undefined, takenIn: undefined }
  const view = new DataView(rest.buffer, rest.byteOffset, rest.length)
  const messages = Array.from({ length: ports }, (_, port) => view.getUint16(2 * port, true))
  return { mine, yours, takenIn: { messages, stream: view.getUint32(2 * ports, true) } }
}

function bytesOf(digits: string): number[] {
  return Array.from({ length: SESSION_BYTES }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function misfit(what: string): NetError {
  return new NetError('ERR_INVALID_DATA', `The peer does not fit this one: ${what}.`)
}
