// Which peers define which of our sets as we do. A call goes to a peer once that peer has said so, so that whoever gets a
// call always knows what it means; until then reliable calls wait, for a while, and unreliable ones are lost.

import type { CancelTimer } from '../../net/clock.ts'
import { NetError } from '../../net/errors.ts'
import type { Courier } from '../api/courier.ts'
import { checkSize } from '../checks.ts'
import { TransferMode } from '../types.ts'
import {
  MAX_RPC_SETS,
  MAX_RPCS,
  MAX_WAITING_CALL_BYTES,
  MAX_WAITING_CALLS,
  RPC_AGREEMENT_TIMEOUT_MS,
} from './constants.ts'
import type { Deadlines } from './deadlines.ts'
import { OwnSet, type RpcEntry, routeTo } from './own-set.ts'
import { differences, type RpcRow, readTable } from './table.ts'
import type { RpcDefinitions } from './types.ts'
import { decodeTable, encodeAgreed, malformed, TableCommand } from './wire.ts'

export interface AgreementEvents {
  mismatch(peer: number, differences: readonly string[]): void
}

/** The request that a call is. */
export interface CallRequest {
  /** Whether its reply is still waited for. */
  isPending(): boolean
  fail(error: NetError): void
}

/** A call that waits. */
interface WaitingCall {
  readonly bytes: Uint8Array
  readonly entry: RpcEntry
  readonly request: CallRequest | undefined
}

interface Waiting {
  readonly calls: WaitingCall[]
  bytes: number
  readonly cancel: CancelTimer
}

/** Where one peer stands with one of our sets. Nothing known: no entry. */
type Standing =
  | { readonly kind: 'agreed' }
  | { readonly kind: 'differs'; readonly differences: readonly string[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'waiting'; readonly waiting: Waiting }

interface TheirTable {
  readonly set: string
  readonly rows: readonly RpcRow[]
  /** The number of its first RPC. */
  readonly first: number
}

/** What is known of one peer's RPCs. */
class RemoteTables {
  readonly tables: TheirTable[] = []
  /** What its numbers mean here. */
  readonly numbers: (RpcEntry | undefined)[] = []
  /** By the index of our set. */
  readonly standing: (Standing | undefined)[] = []
  count = 0
}

const AGREED: Standing = { kind: 'agreed' }
const CONTROL = { mode: TransferMode.Reliable, lane: 'control' } as const

export class Agreement {
  readonly #courier: Courier
  readonly #deadlines: Deadlines
  readonly #events: AgreementEvents
  readonly #sets = new Map<string, OwnSet>()
  readonly #order: OwnSet[] = []
  readonly #peers = new Map<number, RemoteTables>()
  #count = 0

  constructor(courier: Courier, deadlines: Deadlines, events: AgreementEvents) {
    this.#courier = courier
    this.#deadlines = deadlines
    this.#events = events
  }

  /** @throws {NetError} ERR_ALREADY_IN_USE: there is such a set. ERR_INVALID_PARAMETER, ERR_OUT_OF_MEMORY: too many. */
  define(name: string, definitions: RpcDefinitions): OwnSet {
    if (this.#sets.has(name)) {
      const what = name === '' ? 'The RPCs are' : `The RPCs of the set "${name}" are`
      throw new NetError('ERR_ALREADY_IN_USE', `${what} defined already: give further ones a \`set\` of their own.`)
    }
    const set = new OwnSet(this.#order.length, name, this.#count, definitions)
    if (this.#order.length >= MAX_RPC_SETS || this.#count + set.entries.length > MAX_RPCS) {
      throw new NetError('ERR_OUT_OF_MEMORY', `There can be ${MAX_RPCS} RPCs in ${MAX_RPC_SETS} sets.`)
    }
    this.#count += set.entries.length
    this.#sets.set(name, set)
    this.#order.push(set)
    for (const [id, remote] of this.#peers) {
      this.#courier.send(set.table, { ...CONTROL, to: id })
      this.#compare(id, remote, set)
    }
    return set
  }

  joined(id: number): void {
    this.#peers.set(id, new RemoteTables())
    for (const { table } of this.#order) this.#courier.send(table, { ...CONTROL, to: id })
  }

  left(id: number): void {
    const remote = this.#peers.get(id)
    if (!remote) return
    this.#peers.delete(id)
    for (const [index, standing] of remote.standing.entries()) {
      if (standing?.kind === 'agreed') this.#order[index]!.agreedPeers -= 1
      // Requests among them fail with the others to that peer.
      if (standing?.kind === 'waiting') standing.waiting.cancel()
    }
  }

  /** What a peer means by a number. @throws {NetError} ERR_INVALID_DATA: nothing. */
  meaningOf(number: number, from: number): RpcEntry {
    const entry = this.#peers.get(from)?.numbers[number]
    if (entry) return entry
    throw new NetError('ERR_INVALID_DATA', `Peer ${from} called the RPC ${number}, on which there is no agreement.`)
  }

  /** A message about tables. @throws {NetError} ERR_INVALID_DATA */
  receive(bytes: Uint8Array, from: number, mode: TransferMode): void {
    const remote = this.#peers.get(from)
    if (!remote) return
    if (mode !== TransferMode.Reliable) throw malformed('a table on an unreliable channel')
    if (bytes[1] === TableCommand.Table) this.#receiveTable(from, remote, bytes)
    else if (bytes[1] === TableCommand.Agreed && bytes.length === 3) this.#receiveAgreed(from, remote, bytes[2]!)
    else throw malformed('an unknown command')
  }

  /**
   * Sends a call to everyone but `except` (0: to everyone). Those who define it otherwise, or not at all, are left out:
   * that was told.
   */
  sendToAll(entry: RpcEntry, bytes: Uint8Array, except: number): boolean {
    const { set } = entry
    if (set.agreedPeers === this.#peers.size) return this.#courier.send(bytes, routeTo(entry, 0 - except))
    const agreed: number[] = []
    let ready = true
    for (const [id, remote] of this.#peers) {
      if (id === except) continue
      const standing = remote.standing[set.index]
      if (standing?.kind === 'agreed') agreed.push(id)
      else if (!standing || standing.kind === 'waiting') {
        ready = this.#wait(id, remote, { entry, bytes, request: undefined }) && ready
      }
    }
    return (agreed.length === 0 || this.#courier.send(bytes, routeTo(entry, agreed))) && ready
  }

  /** Sends a call to these peers. @throws {NetError} As `require`, and nothing was sent. */
  sendTo(ids: readonly number[], entry: RpcEntry, bytes: Uint8Array, request?: CallRequest): boolean {
    const remotes = ids.map((id) => this.#require(id, entry))
    let ready = true
    for (const [i, id] of ids.entries()) {
      const remote = remotes[i]!
      const isReady =
        remote.standing[entry.set.index]?.kind === 'agreed'
          ? this.#courier.send(bytes, routeTo(entry, id))
          : this.#wait(id, remote, { entry, bytes, request })
      ready &&= isReady
    }
    return ready
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER: no such peer. ERR_RPC_MISMATCH, ERR_UNAVAILABLE: not with that peer. */
  #require(id: number, { set, label }: RpcEntry): RemoteTables {
    const remote = this.#peers.get(id)
    if (!remote) throw new NetError('ERR_INVALID_PARAMETER', `Peer ${id} is not connected.`)
    const standing = remote.standing[set.index]
    if (standing?.kind === 'differs') {
      throw new NetError('ERR_RPC_MISMATCH', mismatchMessage(id, set, standing.differences))
    }
    if (standing?.kind === 'absent') {
      throw new NetError('ERR_UNAVAILABLE', `Peer ${id} has not defined "${label}": call \`rpcs\` there, too.`)
    }
    return remote
  }

  #receiveTable(from: number, remote: RemoteTables, bytes: Uint8Array): void {
    const { set, rows } = readTable(decodeTable(bytes))
    if (remote.tables.length >= MAX_RPC_SETS || remote.count + rows.length > MAX_RPCS) throw malformed('too many RPCs')
    if (remote.tables.some((table) => table.set === set)) throw malformed('a table that came before')
    remote.tables.push({ set, rows, first: remote.count })
    remote.count += rows.length
    const own = this.#sets.get(set)
    if (own) this.#compare(from, remote, own)
  }

  #receiveAgreed(from: number, remote: RemoteTables, index: number): void {
    const set = this.#order[index]
    const standing = remote.standing[index]
    if (!set || standing?.kind === 'agreed') throw malformed('agreement on nothing')
    if (standing?.kind === 'differs') return
    remote.standing[index] = AGREED
    set.agreedPeers += 1
    if (standing?.kind !== 'waiting') return
    standing.waiting.cancel()
    for (const { bytes, entry, request } of standing.waiting.calls) {
      if (request?.isPending() === false) continue
      try {
        this.#courier.send(bytes, routeTo(entry, from))
      } catch (error) {
        // It names a channel or a lane that is not there: the caller's mistake, and not that of the peer that agreed.
        if (request) request.fail(error as NetError)
        else this.#courier.report(error as NetError)
      }
    }
  }

  /** Compares the peer's table with ours, where both have one. */
  #compare(id: number, remote: RemoteTables, own: OwnSet): void {
    const index = remote.tables.findIndex(({ set }) => set === own.name)
    const their = remote.tables[index]
    if (!their) return
    const found = differences(own.rows, their.rows)
    if (found.length === 0) {
      for (const [i, entry] of own.entries.entries()) remote.numbers[their.first + i] = entry
      this.#courier.send(encodeAgreed(index), { ...CONTROL, to: id })
      return
    }
    const standing = remote.standing[own.index]
    // It says that it agrees, whatever it says: no call goes there any more.
    if (standing?.kind === 'agreed') own.agreedPeers -= 1
    remote.standing[own.index] = { kind: 'differs', differences: found }
    if (standing?.kind === 'waiting') {
      giveUp(standing.waiting, new NetError('ERR_RPC_MISMATCH', mismatchMessage(id, own, found)))
    }
    this.#events.mismatch(id, found)
  }

  /** Returns whether to go on. */
  #wait(id: number, remote: RemoteTables, call: WaitingCall): boolean {
    const { set, definition } = call.entry
    checkSize(call.bytes.length, definition.transferMode)
    // Late, it would be worth nothing.
    if (definition.transferMode !== TransferMode.Reliable) return true
    let standing = remote.standing[set.index]
    if (standing?.kind !== 'waiting') {
      const { autoPoll } = this.#courier
      const cancel = this.#deadlines.add(RPC_AGREEMENT_TIMEOUT_MS, autoPoll, () => this.#waitedInVain(id, remote, set))
      standing = { kind: 'waiting', waiting: { calls: [], bytes: 0, cancel } }
      remote.standing[set.index] = standing
    }
    const { waiting } = standing
    waiting.calls.push(call)
    waiting.bytes += call.bytes.length
    const isFull = waiting.calls.length > MAX_WAITING_CALLS || waiting.bytes > MAX_WAITING_CALL_BYTES
    if (isFull) this.#waitedInVain(id, remote, set)
    return !isFull
  }

  #waitedInVain(id: number, remote: RemoteTables, set: OwnSet): void {
    const standing = remote.standing[set.index]
    if (standing?.kind !== 'waiting') return
    remote.standing[set.index] = { kind: 'absent' }
    const { calls } = standing.waiting
    const what = set.name === '' ? 'any RPCs' : `the RPCs of the set "${set.name}"`
    const message = `Peer ${id} has not defined ${what}; ${calls.length} calls that waited for it were dropped.`
    const error = new NetError('ERR_UNAVAILABLE', message)
    giveUp(standing.waiting, error)
    this.#courier.report(error)
  }
}

function giveUp({ calls, cancel }: Waiting, error: NetError): void {
  cancel()
  for (const { request } of calls) request?.fail(error)
}

function mismatchMessage(id: number, { name }: OwnSet, found: readonly string[]): string {
  const what = name === '' ? 'the RPCs' : `the RPCs of the set "${name}"`
  return `Peer ${id} defines ${what} otherwise, so they cannot be called there. ${found.join('; ')}.`
}
