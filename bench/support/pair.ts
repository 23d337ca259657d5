// Two peer processes that connect to each other. Raw signals go from one to the other through this process, as Skein's
// go through the signaling server, which runs here too.

import { fileURLToPath } from 'node:url'
import type { Calls, Stack } from './calls.ts'
import { Child } from './child.ts'

const PROGRAM = fileURLToPath(new URL('./peer-process.js', import.meta.url))

export class Pair {
  readonly stack: Stack
  /** The process that offers. */
  readonly dialler = new Child<Calls>(PROGRAM)
  /** The process that answers. */
  readonly listener = new Child<Calls>(PROGRAM)
  readonly #url: string

  /** @param url A signaling server. Raw pairs do not use it. */
  constructor(stack: Stack, url: string) {
    this.stack = stack
    this.#url = url
    this.dialler.onSignal = (signal) => this.listener.signal(signal)
    this.listener.onSignal = (signal) => this.dialler.signal(signal)
  }

  /** Connects the two, and says how that went for the one that dialled. */
  async connect(): Promise<Calls['dial']['result']> {
    const { room } = await this.listener.call('listen', { stack: this.stack, url: this.#url })
    const connected = this.listener.call('connected', {})
    connected.catch(() => {})
    const result = await this.dialler.call('dial', { stack: this.stack, url: this.#url, room })
    await connected
    return result
  }

  /** Ends the connection; resolves when both ends are gone. */
  async hangUp(): Promise<void> {
    await Promise.all([this.dialler.call('hangUp', {}), this.listener.call('hangUp', {})])
  }

  /** Ends both processes. */
  async stop(): Promise<void> {
    await Promise.all([this.dialler.stop(), this.listener.stop()])
  }
}

/** Runs `action` with fresh pairs and a signaling server at `url`, and ends the pairs however it goes. */
export async function withPairs<T>(
  stacks: readonly Stack[],
  url: string,
  action: (pairs: readonly Pair[]) => Promise<T>,
): Promise<T> {
  const pairs = stacks.map((stack) => new Pair(stack, url))
  try {
    return await action(pairs)
  } finally {
    await Promise.all(pairs.map((pair) => pair.stop()))
  }
}
