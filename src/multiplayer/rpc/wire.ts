// What RPCs look like on the wire. Little-endian; values are msgpack, one after the other, with nothing around them.
//
//   call      number [request:u16] [time:u32] argument …      request: where it has a reply; time: where it is timed
//   number    16 + n:u8 for the first 239 RPCs; 255 n:u16 beyond: the sender's number, from the order of its tables
//   time      eighths of a ms of the room's clock, modulo 2^32; 2^32 - 1: not known
//
//   TABLE     Service.Rpc 0, the name of a set, an array for each RPC (table.ts)
//   AGREED    Service.Rpc 1, the index of one of the receiver's tables:u8
//   REPLY     Service.Rpc 2 request:u16 [value]
//   REFUSAL   Service.Rpc 3 request:u16 code message          by this library
//   ERROR     Service.Rpc 4 request:u16 code message          by the handler

import { decodeSequence, encodeSequence, type PacketValue } from '../../net/codec/codec.ts'
import { NetError } from '../../net/errors.ts'

/** The part of the multiplayer API that these messages belong to. */
export const RPC_SERVICE = 4

export const RpcMessage = { Table: 0, Agreed: 1, Reply: 2, Refusal: 3, Error: 4 } as const

/** The first byte of a call of the RPC 0. */
export const FIRST_CALL_BYTE = 16
/** The number follows in two bytes. */
export const LONG_NUMBER = 255
/** The first RPC whose number takes more than the first byte. */
export const FIRST_LONG_NUMBER = LONG_NUMBER - FIRST_CALL_BYTE

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
  if (number < FIRST_LONG_NUMBER) bytes[0] = FIRST_CALL_BYTE + number
  else {
    bytes[0] = LONG_NUMBER
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
  if (first < LONG_NUMBER) return first - FIRST_CALL_BYTE
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
  return message(RpcMessage.Table, 0, [set, ...rows])
}

export function encodeAgreed(index: number): Uint8Array {
  return Uint8Array.of(RPC_SERVICE, RpcMessage.Agreed, index)
}

/** @throws {NetError} ERR_INVALID_PARAMETER: `value` cannot be sent. */
export function encodeReply(request: number, value: unknown, float32: boolean): Uint8Array {
  return answer(RpcMessage.Reply, request, value === undefined ? [] : [value as PacketValue], float32)
}

export function encodeFailure(
  kind: typeof RpcMessage.Refusal | typeof RpcMessage.Error,
  request: number,
  code: string,
  text: string,
): Uint8Array {
  return answer(kind, request, [code, text])
}

/** Reads what stands behind the first two bytes of a message of this service. @throws {NetError} ERR_INVALID_DATA */
export function readAnswer(bytes: Uint8Array): { readonly request: number; readonly values: PacketValue[] } {
  return { request: readU16(bytes, 2), values: decodeSequence(bytes, 4, 2) }
}

export function malformed(what: string): NetError {
  return new NetError('ERR_INVALID_DATA', `An RPC message could not be understood: ${what}.`)
}

function answer(kind: number, request: number, values: readonly PacketValue[], float32 = false): Uint8Array {
  const bytes = message(kind, 2, values, float32)
  writeU16(bytes, 2, request)
  return bytes
}

function message(kind: number, extra: number, values: readonly PacketValue[], float32 = false): Uint8Array {
  const bytes = encodeSequence(2 + extra, values, float32)
  bytes[0] = RPC_SERVICE
  bytes[1] = kind
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
