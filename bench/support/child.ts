// A process that answers calls: what the main process keeps of it (Child), and what runs in it (serveParent).

import { type ChildProcess, fork } from 'node:child_process'

type ToChild =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly type: 'signal'; readonly signal: unknown }
type FromChild =
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
  | { readonly type: 'signal'; readonly signal: unknown }

/** Longer than connecting, which gives up after 15 s, and than a series of a minute. */
const CALL_TIMEOUT_MS = 90_000

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** @typeParam C The calls that its program answers. */
export class Child<C extends { [Name in keyof C]: { params: unknown; result: unknown } }> {
  /** Something for the process at the other end of a connection. */
  onSignal: (signal: unknown) => void = () => {}
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0
  #ended: Error | undefined

  /** @param program The path of its script. */
  constructor(program: string, execArgv: readonly string[] = []) {
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [...execArgv] })
    this.#child.on('message', (message: FromChild) => this.#hear(message))
    this.#child.on('exit', (code, signal) => {
      this.#ended = new Error(`A peer process ended (${signal ?? code}).`)
      for (const { reject } of this.#waiting.values()) reject(this.#ended)
    })
  }

  call<Name extends keyof C & string>(
    name: Name,
    params: C[Name]['params'],
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<C[Name]['result']> {
    if (this.#ended) return Promise.reject(this.#ended)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`A peer process did not answer "${name}" within ${timeoutMs / 1000} s.`))
      }, timeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
      this.#tell({ type: 'call', id, name, params })
    })
  }

  signal(signal: unknown): void {
    this.#tell({ type: 'signal', signal })
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

  #tell(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message)
  }

  #hear(message: FromChild): void {
    if (message.type === 'signal') {
      this.onSignal(message.signal)
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

export type Handlers<C> = {
  [Name in keyof C]: C[Name] extends { params: infer P; result: infer R } ? (params: P) => Promise<R> : never
}

/**
 * Answers the calls of the process that started this one; ends with it.
 * @param onSignal Called with what the other end sent.
 */
export function serveParent<C>(handlers: Handlers<C>, onSignal: (signal: unknown) => void = () => {}): void {
  const table = handlers as Record<string, (params: unknown) => Promise<unknown>>
  const answer = async (id: number, name: string, params: unknown): Promise<void> => {
    try {
      tellParent({ type: 'result', id, result: await table[name]!(params) })
    } catch (error) {
      tellParent({ type: 'failed', id, message: String(error) })
    }
  }
  process.on('message', (message: ToChild) => {
    if (message.type === 'signal') onSignal(message.signal)
    else void answer(message.id, message.name, message.params)
  })
  // The main process is gone, however that came: nothing is left behind.
  process.on('disconnect', () => process.exit())
}

/** Sends something to the process at the other end, by way of the main process. */
export function signalOther(signal: unknown): void {
  tellParent({ type: 'signal', signal })
}

function tellParent(message: FromChild): void {
  process.send?.(message)
}
