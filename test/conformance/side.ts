// One side of a pair: a host somewhere, and a way to give it commands.

import type { ConnectionConfiguration } from '../../src/net/drivers/driver.ts'
import { NetError, type NetErrorCode } from '../../src/net/errors.ts'
import type { DriverFacts } from './driver-facts.ts'
import { attempt, Host, type Json, type Reply } from './host.ts'

/** Runs a command there. @throws {NetError} what the library threw. */
export type Call = <Method extends keyof Host>(
  method: Method,
  ...args: Parameters<Host[Method]>
) => Promise<Awaited<ReturnType<Host[Method]>>>

export interface Side {
  readonly facts: DriverFacts
  /** What `initialize` is given unless a case says otherwise. */
  readonly configuration: ConnectionConfiguration
  readonly call: Call
  /** Errors that nobody caught. */
  readonly uncaught: string[]
}

/** A side in this process. What nobody catches here is reported by vitest itself. */
export function localSide(facts: DriverFacts, configuration: ConnectionConfiguration = {}): Side {
  const host = new Host()
  return {
    facts,
    configuration,
    uncaught: [],
    call: caller((method, args) => Promise.resolve(attempt(host, method, args))),
  }
}

/** Makes typed calls out of something that carries commands. */
export function caller(carry: (method: keyof Host, args: readonly Json[]) => Promise<Reply>): Call {
  const call = async (method: keyof Host, ...args: readonly Json[]): Promise<unknown> => {
    const { value, error } = await carry(method, args)
    if (error?.code === 'not a NetError') throw new Error(error.message)
    if (error) throw new NetError(error.code as NetErrorCode, error.message)
    return value
  }
  return call as Call
}

/** Keeps the traffic between two peers in Node on this machine. */
export const NODE_CONFIGURATION: ConnectionConfiguration = { node: { bindAddress: '127.0.0.1' } }
