// Calls from other peers: whether they may be made, what they say, and what their handlers answer. Nothing here believes
// the sender, and nothing that a handler does reaches the link.

import { decodeSequence } from '../../net/codec/codec.ts'
import { NetError } from '../../net/errors.ts'
import { TokenBucket } from '../../net/token-bucket.ts'
import type { Courier } from '../api/courier.ts'
import type { TransferMode } from '../types.ts'
import { MAX_RPC_ARGUMENTS, MAX_RUNNING_REQUESTS, REPORT_BURST, REPORTS_PER_SECOND } from './constants.ts'
import { type RpcEntry, routeTo } from './own-set.ts'
import { DEFAULT_RATE_LIMIT, RateLimiter } from './rate-limiter.ts'
import { RpcError } from './rpc-error.ts'
import type { RpcContext } from './types.ts'
import { check, checkArguments } from './validators.ts'
import { encodeFailure, encodeResult, malformed, ReplyKind, readRequest, readTime } from './wire.ts'

/** What is kept of one peer that calls. */
interface Caller {
  readonly limiters: Map<RpcEntry, RateLimiter>
  readonly reports: TokenBucket
  /** Its requests that are being worked on. */
  running: number
}

export class IncomingCalls {
  /** Calls that were not let through: by their sender's rights, by a rate limit, for what they said. */
  refused = 0
  readonly #courier: Courier
  readonly #time: () => number | undefined
  readonly #callers = new Map<number, Caller>()

  constructor(courier: Courier, time: () => number | undefined) {
    this.#courier = courier
    this.#time = time
  }

  joined(id: number): void {
    const reports = new TokenBucket(this.#courier.clock, REPORT_BURST, REPORTS_PER_SECOND)
    this.#callers.set(id, { limiters: new Map(), reports, running: 0 })
  }

  left(id: number): void {
    this.#callers.delete(id)
  }

  /** A call of `entry`. @throws {NetError} It counts against the sender. */
  receive(entry: RpcEntry, bytes: Uint8Array, from: number, mode: TransferMode, channel: number): void {
    const caller = this.#callers.get(from)
    if (!caller) return
    const { definition, hasReply, label } = entry
    if (mode !== definition.transferMode || channel !== definition.settings.channel) {
      throw malformed(`"${label}" came over another channel than it is defined for`)
    }
    if (bytes.length < entry.headerBytes) throw malformed('cut off')
    const request = hasReply ? readRequest(bytes, entry) : undefined
    try {
      this.#admit(entry, from, caller)
      const time = entry.timed ? readTime(bytes, entry, this.#time()) : undefined
      const args = this.#arguments(entry, bytes)
      const context = { sender: from, time, channel }
      if (request === undefined) this.run(entry, context, args)
      else this.#answer(entry, context, args, request, caller)
    } catch (error) {
      this.refused += 1
      const { code } = error as NetError
      const isBad = code === 'ERR_INVALID_DATA'
      if (request !== undefined) this.#refuse(entry, from, request, isBad ? 'ERR_INVALID_PARAMETER' : code)
      if (isBad) throw error
      this.#report(from, error as NetError)
    }
  }

  /** Runs the handler of a call without a reply. What it throws is reported. */
  run(entry: RpcEntry, context: RpcContext, args: readonly unknown[]): void {
    const { handler } = entry.definition
    if (!handler) {
      this.#report(context.sender, noHandler(entry))
      return
    }
    try {
      const result = handler(context, ...(args as never))
      if (result instanceof Promise) result.catch((error: unknown) => this.#handlerThrew(entry, context, error))
    } catch (error) {
      this.#handlerThrew(entry, context, error)
    }
  }

  /** Runs the handler of a request. Rejects with what the one who asks may know; the rest is reported. */
  async runRequest(entry: RpcEntry, context: RpcContext, args: readonly unknown[]): Promise<unknown> {
    const { handler, settings } = entry.definition
    if (!handler) {
      this.#report(context.sender, noHandler(entry))
      throw new NetError('ERR_UNAVAILABLE', `The peer that was asked has no handler for "${entry.label}".`)
    }
    try {
      const value: unknown = await handler(context, ...(args as never))
      if (settings.result) check(`The result of "${entry.label}"`, settings.result, value, 'ERR_INVALID_PARAMETER')
      return value
    } catch (error) {
      if (error instanceof RpcError) throw error
      this.#handlerThrew(entry, context, error)
      throw new NetError('ERR_RPC_FAILED', `The handler of "${entry.label}" failed.`)
    }
  }

  /** Whether a call may be made now, by its sender's rights and by how often it calls. @throws {NetError} */
  #admit(entry: RpcEntry, from: number, caller: Caller): void {
    const { label, hasReply, definition } = entry
    // Before anything that costs more.
    const verdict = limiterOf(entry, caller, this.#courier)?.take()
    if (verdict === 'flood') {
      throw new NetError(
        'ERR_INVALID_DATA',
        `Peer ${from} goes on calling "${label}" at more than twice its rate limit.`,
      )
    }
    if (verdict === 'too many') {
      throw new NetError('ERR_RATE_LIMITED', `Peer ${from} calls "${label}" more often than its \`rateLimit\` says.`)
    }
    if (definition.mode === 'any_peer') return
    const { id, host } = this.#courier
    // The word of the authority: what it calls, and what it replies.
    if (definition.mode === 'disabled' || (hasReply ? id : from) !== host) {
      const why = definition.mode === 'disabled' ? 'it is disabled' : `peer ${host} is the authority`
      throw new NetError('ERR_UNAUTHORIZED', `Peer ${from} called "${label}", which it may not: ${why}.`)
    }
  }

  /** @throws {NetError} ERR_INVALID_DATA: they are not what the definition says. ERR_UNCONFIGURED: a bad validator. */
  #arguments(entry: RpcEntry, bytes: Uint8Array): readonly unknown[] {
    const args = decodeSequence(bytes, entry.headerBytes, MAX_RPC_ARGUMENTS)
    const validators = entry.definition.settings.args
    return validators ? checkArguments(`"${entry.label}"`, validators, args, 'ERR_INVALID_DATA') : args
  }

  /** @throws {NetError} ERR_RATE_LIMITED: too much is being worked on. */
  #answer(entry: RpcEntry, context: RpcContext, args: readonly unknown[], request: number, caller: Caller): void {
    const { sender } = context
    if (caller.running >= MAX_RUNNING_REQUESTS) {
      const message = `Peer ${sender} asked for "${entry.label}" while ${MAX_RUNNING_REQUESTS} of its requests are not answered.`
      throw new NetError('ERR_RATE_LIMITED', message)
    }
    caller.running += 1
    const reply = (encode: () => Uint8Array) => {
      // It may be another peer by now, with the same id.
      if (this.#callers.get(sender) === caller) this.#courier.send(encode(), routeTo(entry, sender))
    }
    this.runRequest(entry, context, args)
      .then((value) => reply(() => encodeResult(request, value, entry.float32)))
      .catch((error: unknown) => {
        if (error instanceof RpcError) {
          reply(() => encodeFailure(ReplyKind.Failure, request, error.code, error.message))
          return
        }
        // What it returned cannot be sent, or the peer cannot be sent to.
        const isOurs =
          error instanceof NetError && (error.code === 'ERR_RPC_FAILED' || error.code === 'ERR_UNAVAILABLE')
        if (!isOurs) this.#handlerThrew(entry, context, error)
        this.#refuse(entry, sender, request, isOurs ? error.code : 'ERR_RPC_FAILED')
      })
      .catch((error: unknown) => this.#handlerThrew(entry, context, error))
      .finally(() => {
        caller.running -= 1
      })
  }

  #refuse(entry: RpcEntry, to: number, request: number, code: string): void {
    if (!this.#callers.has(to)) return
    this.#courier.send(encodeFailure(ReplyKind.Refusal, request, code, ''), routeTo(entry, to))
  }

  #handlerThrew({ label }: RpcEntry, { sender }: RpcContext, cause: unknown): void {
    const what = cause instanceof Error ? cause.message : String(cause)
    this.#report(
      sender,
      new NetError('ERR_RPC_FAILED', `The handler of "${label}", called by peer ${sender}, failed: ${what}`, { cause }),
    )
  }

  /** A remote can cause errors as often as it calls: not all of them are told. */
  #report(from: number, error: NetError): void {
    if (this.#callers.get(from)?.reports.take(1) ?? true) this.#courier.report(error)
  }
}

function limiterOf(entry: RpcEntry, { limiters }: Caller, { clock }: Courier): RateLimiter | undefined {
  const { rateLimit = DEFAULT_RATE_LIMIT } = entry.definition.settings
  if (rateLimit === false) return undefined
  let limiter = limiters.get(entry)
  if (!limiter) {
    limiter = new RateLimiter(clock, rateLimit)
    limiters.set(entry, limiter)
  }
  return limiter
}

function noHandler({ label }: RpcEntry): NetError {
  return new NetError(
    'ERR_UNCONFIGURED',
    `"${label}" was called, and has no handler here: give it one with \`handle\`.`,
  )
}
