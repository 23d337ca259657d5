// What clocks say to each other: service messages (api/wire.ts), little-endian.
//
//   PING  1  0  number:u16                              what time is it?
//   PONG  1  1  number:u16  timeline:u32  time:f64  held:f32   room's time in ms when the question came, and ms until this
//
// The asker remembers when it asked, so nothing that it relies on comes back from the other side.

import { NetError } from '../../net/errors.ts'
import { Service } from '../api/wire.ts'
import { MAX_ROOM_TIME_MS, MAX_ROUND_TRIP_MS } from './constants.ts'

const Type = { Ping: 0, Pong: 1 } as const

const PING_BYTES = 4
const PONG_BYTES = 20

export type ClockMessage =
  | { readonly type: 'ping'; readonly number: number }
  | {
      readonly type: 'pong'
      readonly number: number
      /** Which run of time it is: another number when a host has begun anew. */
      readonly timeline: number
      /** When the question came. */
      readonly time: number
      /** How long the answer was kept back, in ms. */
      readonly held: number
    }

export function encodeClockMessage(message: ClockMessage): Uint8Array {
  const bytes = new Uint8Array(message.type === 'ping' ? PING_BYTES : PONG_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, Service.Clock)
  view.setUint16(2, message.number, true)
  if (message.type === 'pong') {
    view.setUint8(1, Type.Pong)
    view.setUint32(4, message.timeline, true)
    view.setFloat64(8, message.time, true)
    view.setFloat32(16, message.held, true)
  }
  return bytes
}

/** Of a message whose first byte says that it is the clock's. @throws {NetError} ERR_INVALID_DATA */
export function decodeClockMessage(bytes: Uint8Array): ClockMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes[1] === Type.Ping && bytes.length === PING_BYTES) return { type: 'ping', number: view.getUint16(2, true) }
  if (bytes[1] === Type.Pong && bytes.length === PONG_BYTES) {
    const time = view.getFloat64(8, true)
    const held = view.getFloat32(16, true)
    if (time >= 0 && time <= MAX_ROOM_TIME_MS && held >= 0 && held <= MAX_ROUND_TRIP_MS) {
      return { type: 'pong', number: view.getUint16(2, true), timeline: view.getUint32(4, true), time, held }
    }
  }
  throw new NetError('ERR_INVALID_DATA', 'A message of the clock could not be understood.')
}
