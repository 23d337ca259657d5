// What an RPC is: whose word it carries, how it travels, what it takes, and who handles it. Made with `rpc`; nothing here
// knows of peers.

import { NetError } from '../../net/errors.ts'
import { MAX_USER_CHANNELS } from '../constants.ts'
import { TransferMode } from '../types.ts'
import { MAX_RPC_NAME_LENGTH } from './constants.ts'
import type { InputOf, OutputOf, StandardSchema } from './standard-schema.ts'
import type {
  CallOptions,
  InputsOf,
  OutputsOf,
  ReliableCallOptions,
  RequestDefinitionOptions,
  RpcContext,
  RpcMode,
  RpcRateLimit,
  Sendable,
  Validators,
} from './types.ts'

/** What the compiler knows of an RPC. */
export interface RpcTypes {
  readonly kind: 'call' | 'request'
  readonly mode: RpcMode
  /** What is given to the call. */
  readonly args: readonly unknown[]
  /** What a request resolves to. */
  readonly result: unknown
  readonly handler: RpcHandler
}

/** The handler that an RPC of these types takes. */
type HandlerOf<Types> = Types extends RpcTypes ? Types['handler'] : never

/** Any handler: of the context, then the arguments. */
export type RpcHandler = (context: RpcContext, ...args: never) => unknown

/** Of every kind of RPC the options that it may have. */
export interface RpcSettings {
  readonly callLocal: boolean
  readonly channel: number
  readonly lane: string | undefined
  readonly args: Validators | undefined
  readonly result: StandardSchema | undefined
  readonly numbers: 'exact' | 'float32'
  readonly timed: boolean
  readonly rateLimit: RpcRateLimit | false | undefined
}

/**
 * One RPC. Immutable: it may be part of any number of sets, in any number of rooms. `Types` is an RpcTypes; where any will
 * do it is left open, so that the compiler infers it from the handler, not from where the definition stands.
 */
export class RpcDefinition<Types = unknown> {
  /** For the compiler only. */
  declare readonly '~types': Types
  readonly kind: 'call' | 'request'
  readonly mode: RpcMode
  readonly transferMode: TransferMode
  readonly settings: RpcSettings
  /** `undefined`: this side only calls. */
  readonly handler: RpcHandler | undefined

  constructor(
    kind: 'call' | 'request',
    mode: RpcMode,
    transferMode: TransferMode,
    settings: RpcSettings,
    handler: RpcHandler | undefined,
  ) {
    this.kind = kind
    this.mode = mode
    this.transferMode = transferMode
    this.settings = settings
    this.handler = handler
  }

  /**
   * The same RPC with this handler: for definitions that both sides share and only one of them handles, or each in its way.
   * @throws {NetError} ERR_INVALID_PARAMETER: not a function.
   */
  handle(handler: HandlerOf<Types>): RpcDefinition<Types> {
    return new RpcDefinition<Types>(this.kind, this.mode, this.transferMode, this.settings, checkHandler(handler))
  }
}

/** A handler whose arguments the compiler infers. */
type Handler<Args extends readonly unknown[], Result> = (context: RpcContext, ...args: Args) => Result

type MaybePromise<T> = T | Promise<T>

/** No function is that: a handler whose arguments or result cannot travel does not compile. */
type IfSendable<T> = [T] extends [Sendable<T>] ? unknown : 'an argument or the result cannot travel'

/** Options that are none of a function's: a handler that does not fit must not be taken for them. */
type NoFunction = { readonly apply?: never }

type CallDefinition<
  Mode extends RpcMode,
  Args extends readonly unknown[],
  Handled extends readonly unknown[],
> = RpcDefinition<{ kind: 'call'; mode: Mode; args: Args; result: undefined; handler: Handler<Handled, unknown> }>

type RequestDefinition<
  Mode extends RpcMode,
  Args extends readonly unknown[],
  Result,
  Handled extends readonly unknown[],
  Given,
> = RpcDefinition<{
  kind: 'request'
  mode: Mode
  args: Args
  result: Result
  handler: Handler<Handled, MaybePromise<Given>>
}>

/** Defines an RPC without a reply. The handler comes last; without one, give the arguments as a type. */
export interface DefineCall<Options> {
  /** With validators: they say what the handler gets, and what the caller gives. */
  <const V extends Validators, Mode extends RpcMode>(
    mode: Mode,
    options: Omit<Options, 'args'> & { readonly args: V },
    handler?: Handler<OutputsOf<V>, unknown>,
  ): CallDefinition<Mode, InputsOf<V>, OutputsOf<V>>
  <Args extends readonly unknown[], Mode extends RpcMode = RpcMode>(
    mode: Mode,
    handler: Handler<Args, unknown> & IfSendable<Args>,
  ): CallDefinition<Mode, Args, Args>
  <Args extends readonly unknown[], Mode extends RpcMode = RpcMode>(
    mode: Mode,
    options: Options,
    handler: Handler<Args, unknown> & IfSendable<Args>,
  ): CallDefinition<Mode, Args, Args>
  <Args extends readonly unknown[] = [], Mode extends RpcMode = RpcMode>(
    mode: Mode,
    options?: Options & NoFunction,
  ): CallDefinition<Mode, Args, Args>
}

/** Defines an RPC that replies with what its handler returns. The handler comes last; without one, give the types. */
export interface DefineRequest<Options> {
  <const V extends Validators, S extends StandardSchema, Mode extends RpcMode>(
    mode: Mode,
    options: Omit<Options, 'args' | 'result'> & { readonly args: V; readonly result: S },
    handler?: Handler<OutputsOf<V>, MaybePromise<InputOf<S>>>,
  ): RequestDefinition<Mode, InputsOf<V>, OutputOf<S>, OutputsOf<V>, InputOf<S>>
  <const V extends Validators, Result, Mode extends RpcMode>(
    mode: Mode,
    options: Omit<Options, 'args' | 'result'> & { readonly args: V; readonly result?: undefined },
    handler?: Handler<OutputsOf<V>, MaybePromise<Result>> & IfSendable<Result>,
  ): RequestDefinition<Mode, InputsOf<V>, Result, OutputsOf<V>, Result>
  <Args extends readonly unknown[], S extends StandardSchema, Mode extends RpcMode>(
    mode: Mode,
    options: Omit<Options, 'result'> & { readonly result: S },
    handler: Handler<Args, MaybePromise<InputOf<S>>> & IfSendable<Args>,
  ): RequestDefinition<Mode, Args, OutputOf<S>, Args, InputOf<S>>
  <Args extends readonly unknown[], Result, Mode extends RpcMode = RpcMode>(
    mode: Mode,
    handler: Handler<Args, MaybePromise<Result>> & IfSendable<[Args, Result]>,
  ): RequestDefinition<Mode, Args, Result, Args, Result>
  <Args extends readonly unknown[], Result, Mode extends RpcMode = RpcMode>(
    mode: Mode,
    options: Omit<Options, 'result'>,
    handler: Handler<Args, MaybePromise<Result>> & IfSendable<[Args, Result]>,
  ): RequestDefinition<Mode, Args, Result, Args, Result>
  <Args extends readonly unknown[], Result, Mode extends RpcMode = RpcMode>(
    mode: Mode,
    options?: Omit<Options, 'result'> & NoFunction,
  ): RequestDefinition<Mode, Args, Result, Args, Result>
}

/**
 * Makes the definitions of RPCs, for `rpcs`: `rpc.reliable('any_peer', (context, text: string) => …)`. The handler's
 * arguments, and what that of a request returns, are what the callers' types are made of.
 * @throws {NetError} ERR_INVALID_PARAMETER: an option that cannot be.
 */
export const rpc = {
  /** A call that arrives, once and in order. */
  reliable: definer<DefineCall<ReliableCallOptions>>('call', TransferMode.Reliable),
  /** A call that may be lost or overtaken, and never waits. */
  unreliable: definer<DefineCall<CallOptions>>('call', TransferMode.Unreliable),
  /** A call that may be lost, and is dropped when a newer one came before it. */
  unreliableOrdered: definer<DefineCall<CallOptions>>('call', TransferMode.UnreliableOrdered),
  /** A reliable call with a reply. */
  request: definer<DefineRequest<RequestDefinitionOptions>>('request', TransferMode.Reliable),
} as const

type GivenOptions = Omit<Partial<RpcSettings>, 'args'> & { readonly args?: Validators | undefined }

/** The overloads above say what it takes; what comes from plain JavaScript is checked. */
function definer<Define>(kind: 'call' | 'request', transferMode: TransferMode): Define {
  const define = (mode: RpcMode, given?: GivenOptions | RpcHandler, last?: RpcHandler): RpcDefinition => {
    if (mode !== 'disabled' && mode !== 'any_peer' && mode !== 'authority') {
      throw invalid(`The mode of an RPC is disabled, any_peer or authority, not ${String(mode)}.`)
    }
    const [options, handler] = typeof given === 'function' ? [{}, given] : [given ?? {}, last]
    const settings = settingsFrom(options)
    return new RpcDefinition(kind, mode, transferMode, settings, handler && checkHandler(handler))
  }
  return define as unknown as Define
}

function settingsFrom({ args, result, rateLimit, ...options }: GivenOptions): RpcSettings {
  const { callLocal = false, channel = 0, lane, numbers = 'exact', timed = false } = options
  if (!Number.isInteger(channel) || channel < 0 || channel > MAX_USER_CHANNELS) {
    throw invalid(`The channel of an RPC is a whole number from 0 to ${MAX_USER_CHANNELS}, not ${channel}.`)
  }
  if (lane !== undefined && (typeof lane !== 'string' || lane.length > MAX_RPC_NAME_LENGTH)) {
    throw invalid(`The lane of an RPC is a name of at most ${MAX_RPC_NAME_LENGTH} characters.`)
  }
  if (lane !== undefined && channel !== 0) throw invalid('Lanes are for RPCs on channel 0.')
  if (numbers !== 'exact' && numbers !== 'float32') throw invalid(`numbers is exact or float32, not ${numbers}.`)
  if (args?.every(isValidator) === false || (result && !isValidator(result))) {
    throw invalid('args is an array of Standard Schema validators, one for each argument; result is one of them.')
  }
  if (rateLimit) {
    const { perSecond, burst = 1 } = rateLimit
    if (!(perSecond > 0 && burst >= 1))
      throw invalid('A rate limit is more than 0 perSecond, with a burst of 1 or more.')
  }
  return { callLocal, channel, lane, args: args && [...args], result, numbers, timed, rateLimit }
}

function isValidator(value: StandardSchema): boolean {
  return typeof value?.['~standard']?.validate === 'function'
}

function checkHandler(handler: RpcHandler): RpcHandler {
  if (typeof handler === 'function') return handler
  throw invalid('The handler of an RPC is a function.')
}

function invalid(message: string): NetError {
  return new NetError('ERR_INVALID_PARAMETER', message)
}
