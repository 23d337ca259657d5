// The functions that calls go through, and what is checked before anything is sent.

import { encodeSequence, type PacketValue } from '../../net/codec/codec.ts'
import { NetError } from '../../net/errors.ts'
import type { Courier } from '../api/courier.ts'
import { checkId } from '../checks.ts'
import { ConnectionStatus, TARGET_PEER_BROADCAST } from '../types.ts'
import type { Agreement } from './agreement.ts'
import { MAX_RPC_ARGUMENTS } from './constants.ts'
import type { IncomingCalls } from './incoming.ts'
import type { OwnSet, RpcEntry } from './own-set.ts'
import type { PendingRequests } from './pending-requests.ts'
import type { RequestOptions, RpcCall, RpcRequest } from './types.ts'
import { checkArguments } from './validators.ts'
import { writeHeader } from './wire.ts'

/** What outgoing calls stand on. */
export interface OutgoingParts {
  readonly courier: Courier
  readonly agreement: Agreement
  /** Whose handlers local calls run. */
  readonly incoming: IncomingCalls
  readonly time: () => number | undefined
  /** Of a connected peer, or of this one. */
  pendingOf(id: number): PendingRequests | undefined
}

type Args = readonly unknown[]

export class OutgoingCalls {
  readonly #parts: OutgoingParts

  constructor(parts: OutgoingParts) {
    this.#parts = parts
  }

  /** The functions for a set, by name. */
  functionsFor(set: OwnSet): Record<string, RpcCall<Args> | RpcRequest<Args, unknown>> {
    // A name may be `__proto__`.
    const functions = Object.create(null) as Record<string, RpcCall<Args> | RpcRequest<Args, unknown>>
    for (const entry of set.entries) {
      functions[entry.name] = entry.hasReply ? this.#requestOf(entry) : this.#callOf(entry)
    }
    return Object.freeze(functions)
  }

  #callOf(entry: RpcEntry): RpcCall<Args> {
    const { courier } = this.#parts
    return Object.assign((...args: Args) => this.#call(entry, TARGET_PEER_BROADCAST, args), {
      to:
        (peer: number | readonly number[]) =>
        (...args: Args) =>
          this.#call(entry, checkTarget(peer), args),
      toAllBut:
        (peer: number) =>
        (...args: Args) => {
          checkId(peer)
          return this.#call(entry, -peer, args)
        },
      toHost:
        () =>
        (...args: Args) =>
          this.#call(entry, courier.host, args),
    })
  }

  #requestOf(entry: RpcEntry): RpcRequest<Args, unknown> {
    const { courier } = this.#parts
    return {
      to:
        (peer, options = {}) =>
        (...args) =>
          this.#request(entry, peer, options, args),
      toHost:
        (options = {}) =>
        (...args) =>
          this.#request(entry, courier.host, options, args),
    }
  }

  #call(entry: RpcEntry, to: number | readonly number[], args: Args): boolean {
    const { courier, agreement, incoming } = this.#parts
    const self = courier.id
    this.#checkCall(entry, args)
    if (entry.definition.mode === 'authority' && self !== courier.host) throw notTheAuthority(entry, courier.host)
    const { callLocal } = entry.definition.settings
    const names = typeof to === 'object' ? to.includes(self) : to === self
    if (names && !callLocal) {
      const message = `"${entry.label}" was called at this peer itself: define it with \`callLocal\` for that.`
      throw new NetError('ERR_INVALID_PARAMETER', message)
    }
    const handled = checked(entry, args)
    const bytes = this.#encode(entry, args, 0)
    let ready: boolean
    if (typeof to === 'object') ready = agreement.sendTo(names ? to.filter((id) => id !== self) : to, entry, bytes)
    else if (to > 0) ready = names || agreement.sendTo([to], entry, bytes)
    else ready = agreement.sendToAll(entry, bytes, 0 - to)
    // As in Godot, after it was sent.
    const runsHere = callLocal && (names || (typeof to === 'number' && to <= 0 && -to !== self))
    if (runsHere) incoming.run(entry, this.#localContext(entry), handled)
    return ready
  }

  async #request(entry: RpcEntry, to: number, options: RequestOptions, args: Args): Promise<unknown> {
    const { courier, agreement, incoming } = this.#parts
    checkId(to)
    this.#checkCall(entry, args)
    if (entry.definition.mode === 'authority' && to !== courier.host) throw notTheAuthority(entry, courier.host, to)
    const handled = checked(entry, args)
    const pending = this.#parts.pendingOf(to)
    if (!pending) throw new NetError('ERR_INVALID_PARAMETER', `Peer ${to} is not connected.`)
    const whom = to === courier.id ? 'this peer' : `peer ${to}`
    return pending.begin(entry, whom, options, (number) => {
      const fail = (error: Error) => pending.fail(number, error)
      if (to !== courier.id) {
        const request = { isPending: () => pending.has(number), fail }
        agreement.sendTo([to], entry, this.#encode(entry, args, number), request)
      } else {
        const answer = incoming.runRequest(entry, this.#localContext(entry), handled)
        answer.then((value) => pending.succeed(number, value), fail)
      }
    })
  }

  /** @throws {NetError} What Godot's `rpc` returns. */
  #checkCall({ label, definition }: RpcEntry, args: Args): void {
    const { status } = this.#parts.courier
    if (status === ConnectionStatus.Disconnected) {
      throw new NetError(
        'ERR_UNCONFIGURED',
        `"${label}" was called without a connected peer: create or join something first.`,
      )
    }
    if (status === ConnectionStatus.Connecting) {
      throw new NetError(
        'ERR_CONNECTION_ERROR',
        `"${label}" was called before the server is connected: await that first.`,
      )
    }
    if (definition.mode === 'disabled') throw new NetError('ERR_UNAUTHORIZED', `"${label}" is disabled.`)
    if (args.length > MAX_RPC_ARGUMENTS) {
      throw new NetError(
        'ERR_INVALID_PARAMETER',
        `An RPC has at most ${MAX_RPC_ARGUMENTS} arguments, not ${args.length}.`,
      )
    }
  }

  #encode(entry: RpcEntry, args: Args, request: number): Uint8Array {
    const bytes = encodeSequence(entry.headerBytes, args as readonly PacketValue[], entry.float32)
    writeHeader(bytes, entry, request, entry.timed ? this.#parts.time() : undefined)
    return bytes
  }

  #localContext({ timed, definition }: RpcEntry) {
    const { courier, time } = this.#parts
    return { sender: courier.id, time: timed ? time() : undefined, channel: definition.settings.channel }
  }
}

/** The arguments as the handler gets them: whoever calls hears of a mistake before anything is sent. */
function checked({ definition, label }: RpcEntry, args: Args): Args {
  const validators = definition.settings.args
  return validators ? checkArguments(`"${label}"`, validators, args, 'ERR_INVALID_PARAMETER') : args
}

function checkTarget(to: number | readonly number[]): number | readonly number[] {
  for (const id of typeof to === 'object' ? to : [to]) checkId(id)
  return to
}

function notTheAuthority({ label, hasReply }: RpcEntry, host: number, asked?: number): NetError {
  const message = hasReply
    ? `"${label}" is answered by the authority, peer ${host}, not by peer ${asked}: use toHost().`
    : `"${label}" may be called by the authority alone, which is peer ${host}.`
  return new NetError('ERR_UNAUTHORIZED', message)
}
