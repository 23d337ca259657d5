// Two peer processes that connect to each other. Raw signals go from one to the other through this process, as Skein's
// go through the signaling server, which runs here too.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CallName, Calls, FromPeer, Stack, ToPeer } from './calls.ts'

const PROGRAM = fileURLToPath(new URL('./peer-process.js', import.meta.url))

/** Longer than anything that is asked: connecting gives up after 15 s, and no series is longer than 30 s. */
const CALL_TIMEOUT_MS = 60_000

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

class PeerProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0
  #ended: Error | undefined
  onSignal: (message: FromPeer & { type: 'signal' }) => void = () => {}

  constructor() {
    this.#child = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (message: FromPeer) => this.#hear(message))
    this.#child.on('exit', (code, signal) => {
      this.#ended = new Error(`A peer process ended (${signal ?? code}).`)
      for (const { reject } of this.#waiting.values()) reject(this.#ended)
    })
  }

  call<Name extends CallName>(name: Name, params: Calls[Name]['params']): Promise<Calls[Name]['result']> {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`A peer process did not answer "${name}" within ${CALL_TIMEOUT_MS / 1000} s.`))
      }, CALL_TIMEOUT_MS)
      this.#waiting.set(id, { resolve, reject, timer })
      this.tell({ type: 'call', id, name, params })
    })
  }

  tell(message: ToPeer): void {
    if (this.#child.connected) this.#child.send(message)
  }

  stop(): Promise<void> {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.kill('SIGKILL')
    })
  }

  #hear(message: FromPeer): void {
    if (message.type === 'signal') {
      this.onSignal(message)
      return
    }
    const waiting = this.#waiting.get(message.id)
    if (!waiting) return
    clearTimeout(waiting.timer)
    this.#waiting.delete(message.id)
    if (message.type === 'result') waiting.resolve(message.result as never)
    else waiting.reject(new Error(message.message))
  }
}

export class Pair {
  readonly stack: Stack
  /** The process that offers. */
  readonly dialler = new PeerProcess()
  /** The process that answers. */
  readonly listener = new PeerProcess()
  readonly #url: string

  /** @param url A signaling server. Raw pairs do not use it. */
  constructor(stack: Stack, url: string) {
    this.stack = stack
    this.#url = url
    this.dialler.onSignal = (message) => this.listener.tell(message)
    this.listener.onSignal = (message) => this.dialler.tell(message)
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
