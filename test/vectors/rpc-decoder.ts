// A second reader of RPC messages, written from docs/STANDARD.md (section 6.3) alone and without any of the library.

import { Refused, readValues } from './decoder.ts'

export interface Row {
  readonly name: string
  readonly kind: string
  readonly mode: string
  readonly 'transfer mode': string
  readonly channel: number
  readonly lane: string
  readonly timed: boolean
  readonly validators: string
}

export type RpcMessage =
  | { readonly is: 'TABLE'; readonly set: string; readonly rows: readonly Row[] }
  | { readonly is: 'AGREED'; readonly index: number }
  | { readonly is: 'RESULT' | 'REFUSAL' | 'FAILURE'; readonly request: number; readonly values: readonly unknown[] }
  | CallMessage

export interface CallMessage {
  readonly is: 'call'
  readonly number: number
  readonly request: number | undefined
  readonly time: number | undefined
  readonly args: readonly unknown[]
}

/** What the reader knows: the row of the RPC that is called, and the time. */
export interface Known {
  readonly hasReply?: boolean
  readonly timed?: boolean
  readonly now?: number
}

/** @throws {Refused} */
export function readRpc(bytes: Uint8Array, known: Known = {}): RpcMessage {
  const [service, command] = bytes
  if (service === 2 && command === 0) return readTable(readValues(bytes.subarray(2)))
  if (service === 2 && command === 1 && bytes.length === 3) return { is: 'AGREED', index: bytes[2]! }
  if (service === 3) return readReply(bytes)
  if (service === 4 || (service !== undefined && service >= 16)) return readCall(bytes, known)
  throw new Refused('no RPC message')
}

function readTable([set, ...values]: readonly unknown[]): RpcMessage {
  const rows = values.map(readRow)
  if (!isText(set) || rows.length > 1_024) throw new Refused('a table')
  for (let i = 1; i < rows.length; i++) if (rows[i]!.name <= rows[i - 1]!.name) throw new Refused('the order of rows')
  return { is: 'TABLE', set, rows }
}

function readRow(value: unknown): Row {
  if (!Array.isArray(value) || value.length !== 8) throw new Refused('a row')
  const [name, kind, mode, transfer, channel, lane, timed, validators] = value as unknown[]
  if (!isText(name) || name === '' || !isText(lane) || !isText(validators) || typeof timed !== 'boolean') {
    throw new Refused('a row')
  }
  return {
    name,
    kind: oneOf(['call', 'request'], kind),
    mode: oneOf(['disabled', 'any_peer', 'authority'], mode),
    'transfer mode': oneOf(['unreliable', 'unreliable ordered', 'reliable'], transfer),
    channel: oneOf([...Array(33).keys()], channel),
    lane,
    timed,
    validators,
  }
}

function readReply(bytes: Uint8Array): RpcMessage {
  const is = (['RESULT', 'REFUSAL', 'FAILURE'] as const)[bytes[1] ?? 3]
  if (!is || bytes.length < 4) throw new Refused('a reply')
  const values = readValues(bytes.subarray(4))
  const fits = is === 'RESULT' ? values.length <= 1 : values.length === 2 && values.every((v) => typeof v === 'string')
  if (!fits) throw new Refused('the values of a reply')
  return { is, request: u16(bytes, 2), values }
}

function readCall(bytes: Uint8Array, { hasReply, timed, now = 0 }: Known): CallMessage {
  const isLong = bytes[0] === 4
  let at = isLong ? 3 : 1
  const number = isLong ? u16(bytes, 1) : bytes[0]! - 16
  if (isLong && number < 240) throw new Refused('a long form')
  let request: number | undefined
  let time: number | undefined
  if (hasReply) {
    request = u16(bytes, at)
    at += 2
  }
  if (timed) {
    const units = u16(bytes, at) + u16(bytes, at + 2) * 65_536
    at += 4
    if (units !== 2 ** 32 - 1) time = nearest(units, now * 8) / 8
  }
  if (at > bytes.length) throw new Refused('cut off')
  return { is: 'call', number, request, time, args: readValues(bytes.subarray(at)) }
}

/** Of the numbers with these low 32 bits the one that is nearest to `to`. */
function nearest(bits: number, to: number): number {
  return bits + Math.round((to - bits) / 2 ** 32) * 2 ** 32
}

function u16(bytes: Uint8Array, at: number): number {
  if (at + 2 > bytes.length) throw new Refused('cut off')
  return bytes[at]! + bytes[at + 1]! * 256
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 64
}

function oneOf<T>(list: readonly T[], index: unknown): T {
  const found = typeof index === 'number' ? list[index] : undefined
  if (found === undefined) throw new Refused('a number in a row')
  return found
}
