// The RPCs that this peer defined together, with the numbers by which it calls them.

import { NetError } from '../../net/errors.ts'
import type { LaneName } from '../lane-names.ts'
import type { SendOptions, TransferMode } from '../types.ts'
import { MAX_RPC_NAME_LENGTH } from './constants.ts'
import { RpcDefinition } from './definition.ts'
import { describe, type RpcRow, toWire } from './table.ts'
import type { RpcDefinitions } from './types.ts'
import { type CallHeader, encodeTable, headerBytes } from './wire.ts'

/** One RPC of ours. */
export interface RpcEntry extends CallHeader {
  readonly set: OwnSet
  readonly name: string
  /** For messages: the name, with that of the set. */
  readonly label: string
  readonly definition: RpcDefinition
  readonly headerBytes: number
  readonly float32: boolean
  /** How it and its reply travel. */
  readonly route: { readonly mode: TransferMode; readonly channel: number; readonly lane: LaneName | undefined }
}

/** How a call of it, or a reply, goes to these peers. */
export function routeTo({ route: { mode, channel, lane } }: RpcEntry, to: number | readonly number[]): SendOptions {
  // Written out, because it is made for each call.
  return lane === undefined ? { to, mode, channel } : { to, mode, channel, lane }
}

export class OwnSet {
  /** Which of this peer's tables it is. */
  readonly index: number
  readonly name: string
  /** Sorted by name. */
  readonly entries: readonly RpcEntry[]
  readonly rows: readonly RpcRow[]
  /** The message that describes it. */
  readonly table: Uint8Array
  /** To how many of the peers it can be called. */
  agreedPeers = 0

  /** @param first The number of its first RPC. @throws {NetError} ERR_INVALID_PARAMETER */
  constructor(index: number, name: string, first: number, definitions: RpcDefinitions) {
    this.index = index
    this.name = name
    const sorted = Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1))
    this.rows = sorted.map(([key, definition]) => describe(key, checked(key, definition)))
    this.entries = sorted.map(([key, definition], i) => this.#entry(first + i, key, definition))
    this.table = encodeTable(name, this.rows.map(toWire))
  }

  #entry(number: number, name: string, definition: RpcDefinition): RpcEntry {
    const { kind, transferMode, settings } = definition
    const { timed, channel, lane, numbers } = settings
    const header = { number, hasReply: kind === 'request', timed }
    return {
      ...header,
      set: this,
      name,
      label: this.name === '' ? name : `${this.name}.${name}`,
      definition,
      headerBytes: headerBytes(header),
      float32: numbers === 'float32',
      route: { mode: transferMode, channel, lane },
    }
  }
}

function checked(name: string, definition: RpcDefinition): RpcDefinition {
  if (name === '' || name.length > MAX_RPC_NAME_LENGTH) {
    throw new NetError('ERR_INVALID_PARAMETER', `The name of an RPC has 1 to ${MAX_RPC_NAME_LENGTH} characters.`)
  }
  if (definition instanceof RpcDefinition) return definition
  throw new NetError('ERR_INVALID_PARAMETER', `"${name}" is no definition: make it with rpc.reliable, rpc.request, …`)
}
