// What clocks say to each other. Little-endian, behind the service byte:
//
//   PING  0  number:u16                              what time is it?
//   PONG  1  number:u16  timeline:u32  time:f64      room's time in ms when the question came
//
// The asker remembers when it asked, so nothing that it relies on comes back from the other side.

import { NetError } from '../../net/errors.ts'
import { MAX_ROOM_TIME_MS } from './constants.ts'

const Type = { Ping: 0, Pong: 1 } as const

const PING_BYTES = 3
const PONG_BYTES = 15

export type ClockMessage =
  | { readonly type: 'ping'; readonly number: number }
  | {
      readonly type: 'pong'
      readonly number: number
      /** Which run of time it is: another number when a host has begun anew. */
      readonly timeline: number
      readonly time: number
    }

export function encodeClockMessage(message: ClockMessage): Uint8Array {
  const bytes = new Uint8Array(message.type === 'ping' ? PING_BYTES : PONG_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(1, message.number, true)
  if (message.type === 'pong') {
    view.setUint8(0, Type.Pong)
    view.setUint32(3, message.timeline, true)
    view.setFloat64(7, message.time, true)
  }
  return bytes
}

/** @throws {NetError} ERR_INVALID_DATA */
export function decodeClockMessage(bytes: Uint8Array): ClockMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes[0] === Type.Ping && bytes.length === PING_BYTES) return { type: 'ping', number: view.getUint16(1, true) }
  if (bytes[0] === Type.Pong && bytes.length === PONG_BYTES) {
    const time = view.getFloat64(7, true)
    if (time >= 0 && time <= MAX_ROOM_TIME_MS) {
      return { type: 'pong', number: view.getUint16(1, true), timeline: view.getUint32(3, true), time }
    }
  }
  throw new NetError('ERR_INVALID_DATA', 'A message of the clock could not be understood.')
}
