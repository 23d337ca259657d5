// What the users of RPCs see: the context of a handler, the options of a definition, and the functions that calls go through,
// whose types all follow from the handlers.

import type { LaneName } from '../lane-names.ts'
import type { PacketValue } from '../types.ts'
import type { RpcDefinition, RpcTypes } from './definition.ts'
import type { InputOf, OutputOf, StandardSchema } from './standard-schema.ts'

/**
 * Whose word an RPC carries (Godot: MultiplayerAPI.RPCMode). The receiver decides by the sender that the connection proves.
 * - `any_peer`: everybody may call it.
 * - `authority`: calls are taken from the host alone; requests can be made by everybody, and are answered by the host alone.
 * - `disabled`: nobody may call it.
 */
export type RpcMode = 'disabled' | 'any_peer' | 'authority'

/** What a handler knows of its call. */
export interface RpcContext {
  /** The peer that called, as the connection proves it; in a local call this peer. */
  readonly sender: number
  /**
   * When it called, in ms of the room's clock. `undefined` where the definition is not `timed`, and until the clocks agree.
   * The sender says so: a cheat may lie.
   */
  readonly time: number | undefined
  /** 0, or the number of the user channel. */
  readonly channel: number
}

/** How often one peer may call one RPC. What comes above it is dropped and reported; a peer that goes on is disconnected. */
export interface RpcRateLimit {
  /** More than 0. Default 2,000. */
  readonly perSecond: number
  /** How many at once, 1 or more. Default: five seconds' worth. */
  readonly burst?: number
}

/** What the definition of an RPC or a request says beside its handler. */
export interface RpcOptions {
  /** Channel 0 (default), or the n-th user channel, whose mode has to be that of the RPC. */
  readonly channel?: number
  /**
   * One validator for each argument: any that is a Standard Schema (valibot, zod, arktype …). They run at the caller, whose
   * mistake is thrown, and at the receiver before its handler. Without them the types are a promise that an honest peer keeps.
   */
  readonly args?: undefined
  /**
   * How numbers that are not whole travel: `exact` (default, 9 bytes), or `float32` (5 bytes, 7 digits), in arguments and
   * in results. Whole numbers of up to 32 bits are exact and take 1 to 5 bytes either way.
   */
  readonly numbers?: 'exact' | 'float32'
  /** Whether the time of the call goes along, 4 bytes, for `context.time`. Default false. */
  readonly timed?: boolean
  /** What one peer may call it. False: as often as it likes. */
  readonly rateLimit?: RpcRateLimit | false
}

export interface CallOptions extends RpcOptions {
  /** Whether a call to everyone, or to this peer among others, runs here too. Default false. */
  readonly callLocal?: boolean
}

export interface ReliableCallOptions extends CallOptions {
  /** What goes before what, as in `send`. Default: by size. */
  readonly lane?: LaneName
}

export interface RequestDefinitionOptions extends RpcOptions {
  /** What goes before what, as in `send`: the request and its reply. Default: by size. */
  readonly lane?: LaneName
  /** A validator of the result, which runs at both sides, too. */
  readonly result?: StandardSchema | undefined
}

/** One validator for each argument. */
export type Validators = readonly StandardSchema[]

/** What the caller gives to validated arguments, and what the handler gets of them. */
export type InputsOf<V extends Validators> = OptionalAtTheEnd<{ -readonly [Index in keyof V]: InputOf<V[Index]> }>
export type OutputsOf<V extends Validators> = { -readonly [Index in keyof V]: OutputOf<V[Index]> }

type OptionalAtTheEnd<Args extends readonly unknown[]> = Args extends [...infer Rest, infer Last]
  ? undefined extends Last
    ? [...OptionalAtTheEnd<Rest>, Last?]
    : Args
  : Args

/** What can travel: whatever msgpack carries. Functions, symbols, Maps, Sets and the like become `never`. */
export type Sendable<T> = unknown extends T
  ? T
  : T extends PacketValue
    ? T
    : T extends Unsendable
      ? never
      : T extends object
        ? { [Key in keyof T]: Sendable<T[Key]> }
        : T

type Unsendable =
  | symbol
  | ((...args: never) => unknown)
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | Promise<unknown>
  | RegExp
  | Error
  | DataView

/** Where a request goes. */
export interface RequestOptions {
  /** How long to wait for the reply, in ms, up to 600,000. Default 5,000. */
  readonly timeoutMs?: number
  /** Aborting it rejects with ERR_ABORTED. The handler at the other side runs on. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Calls an RPC without a reply, at every connected peer.
 * @returns whether to go on, as `send`: false when a buffer is filling.
 * @throws {NetError} ERR_UNCONFIGURED: not connected. ERR_INVALID_PARAMETER: an argument that does not fit the definition or
 * cannot be sent, no such peer, or this peer itself without `callLocal`. ERR_UNAUTHORIZED: the RPC is disabled, or only the
 * host may call it. ERR_RPC_MISMATCH: that peer defines it otherwise. ERR_UNAVAILABLE: that peer has not defined it.
 * ERR_OUT_OF_MEMORY: too large.
 */
export interface RpcCall<Args extends readonly unknown[]> {
  (...args: Args): boolean
  /** The call that goes to one peer, or to several. */
  to(peer: number | readonly number[]): (...args: Args) => boolean
  /** The call that goes to everyone but this peer. */
  toAllBut(peer: number): (...args: Args) => boolean
  /** The call that goes to the room's host. */
  toHost(): (...args: Args) => boolean
}

/**
 * Calls an RPC that replies. The promise resolves to what its handler returns. It rejects with an RpcError that the handler
 * threw, or with a NetError: those of a call, and ERR_TIMEOUT, ERR_ABORTED, ERR_CONNECTION_ERROR (the peer is gone),
 * ERR_RATE_LIMITED (it is asked too often), ERR_UNAUTHORIZED (it is not the host), ERR_INVALID_DATA (a result that does not
 * fit the definition), ERR_RPC_FAILED (its handler threw something else).
 */
export interface RpcRequest<Args extends readonly unknown[], Result> {
  /** The request to one peer. To this peer itself it runs here. */
  to(peer: number, options?: RequestOptions): (...args: Args) => Promise<Result>
  /** The request to the room's host. */
  toHost(options?: RequestOptions): (...args: Args) => Promise<Result>
}

/** An RPC with the mode `disabled`: there is nothing to call. Who does so all the same gets ERR_UNAUTHORIZED. */
export type DisabledRpc = Readonly<Record<never, never>>

/** What `rpcs` takes beside the definitions. */
export interface RpcSetOptions {
  /** The name of the set, of at most 64 characters; the peers' sets of the same name belong together. Default: none. */
  readonly set?: string
}

/** A set of definitions by name. */
export type RpcDefinitions = Readonly<Record<string, RpcDefinition>>

/** The functions for a set of definitions: what `rpcs` returns. */
export type Rpcs<Definitions extends RpcDefinitions> = {
  readonly [Name in keyof Definitions]: RpcOf<Definitions[Name]>
}

type RpcOf<Definition extends RpcDefinition> =
  Definition extends RpcDefinition<infer Types extends RpcTypes>
    ? [Types['mode']] extends ['disabled']
      ? DisabledRpc
      : Types['kind'] extends 'request'
        ? RpcRequest<Types['args'], Types['result']>
        : RpcCall<Types['args']>
    : never
