// What RPCs look like on the wire. Little-endian; values are msgpack, one after the other, with nothing around them.
//
//   call      number [request:u16] [time:u32] argument …      request: where it has a reply; time: where it is timed
//   number    16 + n:u8 for the first 240 RPCs; RpcLong n:u16 beyond: the caller's number, from the order of its tables
//   time      eighths of a ms of the room's clock, modulo 2^32; 2^32 - 1: not known
//
//   TABLE     RpcTable 0, the name of a set, an array for each RPC (table.ts)
//   AGREED    RpcTable 1, the index of one of the receiver's tables:u8
//   RESULT    RpcReply 0 request:u16 [value]
//   REFUSAL   RpcReply 1 request:u16 code message             by this library
//   FAILURE   RpcReply 2 request:u16 code message             by the handler

import { decodeSequence, encodeSequence, type PacketValue } from '../../net/codec/codec.ts'
import { NetError } from '../../net/errors.ts'
import { FIRST_RPC, Service } from '../api/wire.ts'
import { MAX_RPCS } from './constants.ts'

export const TableCommand = { Table: 0, Agreed: 1 } as const
export const ReplyKind = { Result: 0, Refusal: 1, Failure: 2 } as const
export type ReplyKind = (typeof ReplyKind)[keyof typeof ReplyKind]

/** The first RPC whose number takes more than the first byte. */
export const FIRST_LONG_NUMBER = 256 - FIRST_RPC

const NO_TIME = 0xffff_ffff
const TIME_UNITS_PER_MS = 8

/** What stands before the arguments. */
export interface CallHeader {
  readonly number: number
  readonly hasReply: boolean
  readonly timed: boolean
}

export function headerBytes({ number, hasReply, timed }: CallHeader): number {
  return (number < FIRST_LONG_NUMBER ? 1 : 3) + (hasReply ? 2 : 0) + (timed ? 4 : 0)
}

/** Writes it to the begin of `bytes`. `time`: in ms of the room's clock. */
export function writeHeader(bytes: Uint8Array, header: CallHeader, request: number, time: number | undefined): void {
  const { number, hasReply, timed } = header
  let position = 1
  if (number < FIRST_LONG_NUMBER) bytes[0] = FIRST_RPC + number
  else {
    bytes[0] = Service.RpcLong
    position = writeU16(bytes, 1, number)
  }
  if (hasReply) position = writeU16(bytes, position, request)
  if (!timed) return
  const units = time === undefined ? NO_TIME : toUnits(time)
  writeU16(bytes, position, units & 0xffff)
  writeU16(bytes, position + 2, units >>> 16)
}

/** The number of the RPC that is called. @throws {NetError} ERR_INVALID_DATA */
export function readNumber(bytes: Uint8Array): number {
  const first = bytes[0]!
  if (first >= FIRST_RPC) return first - FIRST_RPC
  const number = readU16(bytes, 1)
  if (number < FIRST_LONG_NUMBER) throw malformed('a long form of a short number')
  return number
}

/** The number of the request that a call is. @throws {NetError} ERR_INVALID_DATA */
export function readRequest(bytes: Uint8Array, { number }: CallHeader): number {
  return readU16(bytes, number < FIRST_LONG_NUMBER ? 1 : 3)
}

/** When a call was made, in ms of the room's clock, which shows `now`. @throws {NetError} ERR_INVALID_DATA */
export function readTime(bytes: Uint8Array, header: CallHeader, now: number | undefined): number | undefined {
  const position = headerBytes(header) - 4
  const units = (readU16(bytes, position) | (readU16(bytes, position + 2) << 16)) >>> 0
  if (units === NO_TIME || now === undefined) return undefined
  // The nearest time with these bits.
  return now + ((units - toUnits(now)) | 0) / TIME_UNITS_PER_MS
}

export function encodeTable(set: string, rows: readonly PacketValue[]): Uint8Array {
  const bytes = encodeSequence(2, [set, ...rows])
  bytes[0] = Service.RpcTable
  bytes[1] = TableCommand.Table
  return bytes
}

/** The name of the set, then its rows. @throws {NetError} ERR_INVALID_DATA */
export function decodeTable(bytes: Uint8Array): PacketValue[] {
  return decodeSequence(bytes, 2, 1 + MAX_RPCS)
}

export function encodeAgreed(index: number): Uint8Array {
  return Uint8Array.of(Service.RpcTable, TableCommand.Agreed, index)
}

/** @throws {NetError} ERR_INVALID_PARAMETER: `value` cannot be sent. */
export function encodeResult(request: number, value: unknown, float32: boolean): Uint8Array {
  return encodeReply(ReplyKind.Result, request, value === undefined ? [] : [value as PacketValue], float32)
}

export function encodeFailure(
  kind: typeof ReplyKind.Refusal | typeof ReplyKind.Failure,
  request: number,
  code: string,
  message: string,
): Uint8Array {
  return encodeReply(kind, request, [code, message])
}

/** @throws {NetError} ERR_INVALID_DATA */
export function decodeReply(bytes: Uint8Array): { kind: number; request: number; values: PacketValue[] } {
  return { kind: bytes[1] ?? -1, request: readU16(bytes, 2), values: decodeSequence(bytes, 4, 2) }
}

export function malformed(what: string): NetError {
  return new NetError('ERR_INVALID_DATA', `An RPC message could not be understood: ${what}.`)
}

function encodeReply(kind: ReplyKind, request: number, values: readonly PacketValue[], float32 = false): Uint8Array {
  const bytes = encodeSequence(4, values, float32)
  bytes[0] = Service.RpcReply
  bytes[1] = kind
  writeU16(bytes, 2, request)
  return bytes
}

function toUnits(ms: number): number {
  const units = Math.floor(ms * TIME_UNITS_PER_MS) >>> 0
  return units === NO_TIME ? NO_TIME - 1 : units
}

function writeU16(bytes: Uint8Array, position: number, value: number): number {
  bytes[position] = value & 0xff
  bytes[position + 1] = value >>> 8
  return position + 2
}

function readU16(bytes: Uint8Array, position: number): number {
  if (position + 2 > bytes.length) throw malformed('cut off')
  return bytes[position]! | (bytes[position + 1]! << 8)
}
