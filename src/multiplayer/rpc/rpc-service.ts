// The RPCs of one multiplayer API: messages come in from the courier and are given to the part that they are for.

import { NetError, type NetErrorCode } from '../../net/errors.ts'
import type { Courier, ServicePart } from '../api/courier.ts'
import { FIRST_RPC, Service } from '../api/wire.ts'
import { TransferMode } from '../types.ts'
import { Agreement } from './agreement.ts'
import { MAX_RPC_NAME_LENGTH } from './constants.ts'
import { Deadlines } from './deadlines.ts'
import { IncomingCalls } from './incoming.ts'
import { OutgoingCalls } from './outgoing.ts'
import { PendingRequests } from './pending-requests.ts'
import { RpcError } from './rpc-error.ts'
import type { RpcDefinitions, Rpcs } from './types.ts'
import { check } from './validators.ts'
import { decodeReply, malformed, ReplyKind, readNumber } from './wire.ts'

export interface RpcServiceOptions {
  /** The room's clock, in ms; `undefined` until the clocks agree. */
  readonly time: () => number | undefined
  /** A peer defines RPCs otherwise. */
  readonly mismatch: (peer: number, differences: readonly string[]) => void
}

/** Counters about RPCs. They only grow. */
export interface RpcStats {
  /** Calls of others that were not let through: by rights, by a rate limit, for what they said. */
  readonly refused: number
  /** Replies for which nobody waited any more. */
  readonly lateReplies: number
}

/** The first bytes of the messages that are RPC's. */
export function rpcServices(): number[] {
  const calls = Array.from({ length: 256 - FIRST_RPC }, (_, i) => FIRST_RPC + i)
  return [Service.RpcTable, Service.RpcReply, Service.RpcLong, ...calls]
}

/** The codes that another peer's refusal may have; any other is taken for ERR_RPC_FAILED. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_INVALID_PARAMETER: 'refused its arguments',
  ERR_UNAUTHORIZED: 'says that it may not be asked for that',
  ERR_RATE_LIMITED: 'is asked too often',
  ERR_UNAVAILABLE: 'has no handler for it',
}

export class RpcService implements ServicePart {
  readonly #courier: Courier
  readonly #time: () => number | undefined
  readonly #deadlines: Deadlines
  readonly #agreement: Agreement
  readonly #incoming: IncomingCalls
  readonly #outgoing: OutgoingCalls
  readonly #pending = new Map<number, PendingRequests>()
  /** Requests that this peer makes of itself. */
  readonly #own: PendingRequests
  #lateReplies = 0

  /** @param addTo Registers this part, and gives it its courier. */
  constructor(addTo: (part: ServicePart) => Courier, { time, mismatch }: RpcServiceOptions) {
    const courier = addTo(this)
    this.#courier = courier
    this.#time = time
    this.#deadlines = new Deadlines(courier.clock)
    this.#own = this.#newPending()
    this.#agreement = new Agreement(courier, this.#deadlines, { mismatch })
    this.#incoming = new IncomingCalls(courier, time)
    this.#outgoing = new OutgoingCalls({
      courier,
      agreement: this.#agreement,
      incoming: this.#incoming,
      time,
      pendingOf: (id) => (id === courier.id ? this.#own : this.#pending.get(id)),
    })
  }

  get stats(): RpcStats {
    return { refused: this.#incoming.refused, lateReplies: this.#lateReplies }
  }

  /** @throws {NetError} ERR_INVALID_PARAMETER, ERR_ALREADY_IN_USE, ERR_OUT_OF_MEMORY */
  define<Definitions extends RpcDefinitions>(definitions: Definitions, set = ''): Rpcs<Definitions> {
    if (typeof set !== 'string' || set.length > MAX_RPC_NAME_LENGTH) {
      throw new NetError('ERR_INVALID_PARAMETER', `The name of a set has at most ${MAX_RPC_NAME_LENGTH} characters.`)
    }
    const own = this.#agreement.define(set, definitions)
    // A clock may be kept from its first use on only: the first call shall not be the one that begins with it.
    if (own.entries.some(({ timed }) => timed)) this.#time()
    return this.#outgoing.functionsFor(own) as unknown as Rpcs<Definitions>
  }

  receive(message: Uint8Array, from: number, mode: TransferMode, channel: number): void {
    const service = message[0]!
    if (service === Service.RpcTable) this.#agreement.receive(message, from, mode)
    else if (service === Service.RpcReply) this.#receiveReply(message, from, mode)
    else {
      const entry = this.#agreement.meaningOf(readNumber(message), from)
      this.#incoming.receive(entry, message, from, mode, channel)
    }
  }

  joined(id: number): void {
    this.#pending.set(id, this.#newPending())
    this.#incoming.joined(id)
    this.#agreement.joined(id)
  }

  left(id: number): void {
    this.#agreement.left(id)
    this.#incoming.left(id)
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.failAll(new NetError('ERR_CONNECTION_ERROR', `Peer ${id} is gone before it replied.`))
  }

  poll(): void {
    this.#deadlines.expire()
  }

  close(): void {
    for (const id of [...this.#pending.keys()]) this.left(id)
    this.#own.failAll(new NetError('ERR_UNCONFIGURED', 'This peer was closed before it replied.'))
  }

  #receiveReply(message: Uint8Array, from: number, mode: TransferMode): void {
    if (mode !== TransferMode.Reliable) throw malformed('a reply on an unreliable channel')
    const pending = this.#pending.get(from)
    const { kind, request, values } = decodeReply(message)
    const entry = pending?.answered(request)
    if (!pending || !entry) {
      this.#lateReplies += 1
      return
    }
    if (kind === ReplyKind.Result && values.length <= 1) {
      const { result } = entry.definition.settings
      try {
        const what = `The reply of peer ${from} to "${entry.label}"`
        pending.succeed(request, result ? check(what, result, values[0], 'ERR_INVALID_DATA') : values[0])
      } catch (error) {
        pending.fail(request, error as Error)
        // Anything else is this side's own mistake, such as an asynchronous validator.
        if ((error as NetError).code === 'ERR_INVALID_DATA') throw error
      }
      return
    }
    const [code, text] = values
    if (typeof code !== 'string' || typeof text !== 'string' || values.length !== 2) throw malformed('a reply')
    if (kind === ReplyKind.Failure) pending.fail(request, new RpcError(code, text))
    else if (kind === ReplyKind.Refusal) pending.fail(request, refused(from, entry.label, code))
    else throw malformed('a reply')
  }

  #newPending(): PendingRequests {
    return new PendingRequests((ms, callback) => this.#deadlines.add(ms, this.#courier.autoPoll, callback))
  }
}

function refused(from: number, label: string, code: string): NetError {
  const why = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined
  if (why === undefined) {
    return new NetError('ERR_RPC_FAILED', `Peer ${from} could not answer "${label}": its handler failed.`)
  }
  return new NetError(code as NetErrorCode, `Peer ${from} did not answer "${label}": it ${why}.`)
}
