// How peers know that they mean the same RPCs: each describes its sets in tables, and compares those of the others with
// its own. What only one side needs to know (the handler, `callLocal`, `numbers`, rate limits) is not part of it.

import type { PacketValue } from '../../net/codec/codec.ts'
import { cleanText } from '../../net/signaling/clean-text.ts'
import { MAX_USER_CHANNELS } from '../constants.ts'
import { MAX_DIFFERENCES, MAX_RPC_ARGUMENTS, MAX_RPC_NAME_LENGTH, MAX_RPCS } from './constants.ts'
import type { RpcDefinition } from './definition.ts'
import type { StandardSchema } from './standard-schema.ts'
import type { Validators } from './types.ts'
import { malformed } from './wire.ts'

/** One RPC as it is described to others. The order of the keys is that of the wire. */
export interface RpcRow {
  readonly name: string
  readonly kind: string
  readonly mode: string
  readonly 'transfer mode': string
  readonly channel: number
  /** Empty: by size. */
  readonly lane: string
  readonly timed: boolean
  /** Empty: there are none. Otherwise how many, and what a hash of their JSON Schemas is, where they have one. */
  readonly validators: string
}

const KINDS = ['call', 'request']
/** In the order of Godot's values. */
const MODES = ['disabled', 'any_peer', 'authority']
const TRANSFER_MODES = ['unreliable', 'unreliable ordered', 'reliable']
const PROPERTIES = ['kind', 'mode', 'transfer mode', 'channel', 'lane', 'timed', 'validators'] as const

export function describe(name: string, { kind, mode, transferMode, settings }: RpcDefinition): RpcRow {
  const { channel, lane = '', timed, args, result } = settings
  return {
    name,
    kind,
    mode,
    'transfer mode': TRANSFER_MODES[transferMode]!,
    channel,
    lane,
    timed,
    validators: describeValidators(args, result),
  }
}

export function toWire(row: RpcRow): PacketValue {
  const { name, kind, mode, channel, lane, timed, validators } = row
  const transferMode = TRANSFER_MODES.indexOf(row['transfer mode'])
  return [name, KINDS.indexOf(kind), MODES.indexOf(mode), transferMode, channel, lane, timed, validators]
}

/** A table: the name of the set, then its rows. @throws {NetError} ERR_INVALID_DATA */
export function readTable(values: readonly PacketValue[]): { readonly set: string; readonly rows: readonly RpcRow[] } {
  const [set, ...rest] = values
  if (!isText(set, MAX_RPC_NAME_LENGTH)) throw malformed('a table without a name')
  if (rest.length > MAX_RPCS) throw malformed('a table that is too long')
  const rows = rest.map(fromWire)
  // Sorted names are the numbers; so no name comes twice.
  if (rows.some(({ name }, i) => i > 0 && name <= rows[i - 1]!.name)) throw malformed('a table that is not sorted')
  return { set, rows }
}

/** What differs between this side's table and the other's, in sentences. Empty: nothing. */
export function differences(ours: readonly RpcRow[], theirs: readonly RpcRow[]): string[] {
  const found: string[] = []
  const their = new Map(theirs.map((row) => [row.name, row]))
  for (const own of ours) {
    const other = their.get(own.name)
    if (!other) found.push(`${own.name}: only defined here`)
    else {
      for (const property of PROPERTIES) {
        if (own[property] === other[property]) continue
        found.push(`${own.name}: ${property} is ${shown(own[property])} here and ${shown(other[property])} there`)
      }
    }
    their.delete(own.name)
  }
  for (const name of their.keys()) found.push(`${cleanText(name, MAX_RPC_NAME_LENGTH)}: only defined there`)
  if (found.length <= MAX_DIFFERENCES) return found
  return [...found.slice(0, MAX_DIFFERENCES), `and ${found.length - MAX_DIFFERENCES} more`]
}

function shown(value: string | number | boolean): string {
  return typeof value === 'string' ? `"${cleanText(value, MAX_RPC_NAME_LENGTH)}"` : String(value)
}

function fromWire(value: PacketValue): RpcRow {
  if (!Array.isArray(value) || value.length !== 8) throw malformed('a row of a table')
  const [name, kindNumber, modeNumber, transferNumber, channel, lane, timed, validators] = value as unknown[]
  const kind = wordFor(kindNumber, KINDS)
  const mode = wordFor(modeNumber, MODES)
  const transferMode = wordFor(transferNumber, TRANSFER_MODES)
  if (
    !isText(name, MAX_RPC_NAME_LENGTH) ||
    name === '' ||
    kind === undefined ||
    mode === undefined ||
    transferMode === undefined ||
    typeof channel !== 'number' ||
    !Number.isInteger(channel) ||
    channel < 0 ||
    channel > MAX_USER_CHANNELS ||
    !isText(lane, MAX_RPC_NAME_LENGTH) ||
    typeof timed !== 'boolean' ||
    !isText(validators, MAX_RPC_NAME_LENGTH)
  ) {
    throw malformed('a row of a table')
  }
  return { name, kind, mode, 'transfer mode': transferMode, channel, lane, timed, validators }
}

function wordFor(number: unknown, words: readonly string[]): string | undefined {
  return typeof number === 'number' ? words[number] : undefined
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most
}

function describeValidators(args: Validators | undefined, result: StandardSchema | undefined): string {
  if (!args && !result) return ''
  const schemas = [...(args ?? []), ...(result ? [result] : [])].map(jsonSchemaOf)
  const counts = `${args ? `${Math.min(args.length, MAX_RPC_ARGUMENTS)} of arguments` : ''}${args && result ? ', ' : ''}${result ? 'of the result' : ''}`
  return schemas.every((schema) => schema !== undefined) && schemas.length > 0
    ? `${counts}, ${hash(schemas.join('\n'))}`
    : counts
}

/** Not every validator can say what it takes. */
function jsonSchemaOf(validator: StandardSchema): string | undefined {
  try {
    return JSON.stringify(validator['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }))
  } catch {
    return undefined
  }
}

/** FNV-1a: it is to find mistakes, not to stop anybody. */
function hash(text: string): string {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return (value >>> 0).toString(16).padStart(8, '0')
}
