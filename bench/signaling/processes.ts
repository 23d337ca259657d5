// Processes that answer calls, and the other side of that.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CallName, Calls, Handlers } from './calls.ts'

/** Longer than opening 10,000 sockets takes on a busy machine. */
const CALL_TIMEOUT_MS = 180_000

type Answer = { readonly id: number; readonly result?: unknown; readonly error?: string }

export class BenchProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #nextId = 0

  /** @param program A module beside this one that calls `answerCalls`. */
  constructor(program: 'server-process' | 'load-process' | 'attack-process') {
    const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url))
    this.#child = fork(path, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    this.#child.on('exit', (code, signal) => {
      for (const answer of this.#waiting.values()) answer({ id: -1, error: `${program} ended (${signal ?? code})` })
    })
  }

  call<Name extends CallName>(name: Name, params: Calls[Name]['params']): Promise<Calls[Name]['result']> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`"${name}" took too long`)), CALL_TIMEOUT_MS)
      this.#waiting.set(id, ({ result, error }) => {
        clearTimeout(timer)
        if (error === undefined) resolve(result as Calls[Name]['result'])
        else reject(new Error(`${name}: ${error}`))
      })
      this.#child.send({ id, name, params })
    })
  }

  stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.kill('SIGKILL')
    })
  }
}

/** In a child: answers what it is asked, until the parent is gone. */
export function answerCalls(handlers: Handlers): void {
  process.on('message', async ({ id, name, params }: { id: number; name: CallName; params: never }) => {
    try {
      const handler = handlers[name] as ((params: never) => Promise<unknown>) | undefined
      if (!handler) throw new Error('there is no such call')
      process.send?.({ id, result: await handler(params) })
    } catch (error) {
      process.send?.({ id, error: String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}
