// The requests to one peer that wait for their replies: their numbers, and how they end without one.

import type { CancelTimer } from '../../net/clock.ts'
import { NetError } from '../../net/errors.ts'
import {
  DEFAULT_REQUEST_TIMEOUT_MS,
  MAX_ABANDONED_REQUESTS,
  MAX_PENDING_REQUESTS,
  MAX_REQUEST_TIMEOUT_MS,
} from './constants.ts'
import type { RpcEntry } from './own-set.ts'
import type { RequestOptions } from './types.ts'

interface Pending {
  readonly entry: RpcEntry
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly release: () => void
}

/** Sets a deadline. */
type Schedule = (ms: number, callback: () => void) => CancelTimer

export class PendingRequests {
  readonly #pending = new Map<number, Pending>()
  /** Numbers whose reply nobody waits for any more, the oldest first: it may still come, and is not that of a later request. */
  readonly #abandoned = new Set<number>()
  readonly #schedule: Schedule
  #last = 0

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  /**
   * Begins a request: `send` is given its number, and whatever it throws is what the promise rejects with.
   * @param to Who is asked, for the message of an error.
   */
  begin(entry: RpcEntry, to: string, options: RequestOptions, send: (number: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, signal } = options
      if (!(timeoutMs > 0 && timeoutMs <= MAX_REQUEST_TIMEOUT_MS)) {
        const range = `more than 0 and at most ${MAX_REQUEST_TIMEOUT_MS}`
        throw new NetError('ERR_INVALID_PARAMETER', `timeoutMs is ${range}, not ${timeoutMs}.`)
      }
      if (signal?.aborted) throw aborted(entry, signal)
      if (this.#pending.size >= MAX_PENDING_REQUESTS) {
        const message = `${MAX_PENDING_REQUESTS} requests to ${to} wait for their replies: await some before you ask more.`
        throw new NetError('ERR_OUT_OF_MEMORY', message)
      }
      const number = this.#nextNumber()
      const cancel = this.#schedule(timeoutMs, () => {
        const message = `No reply to "${entry.label}" from ${to} within ${timeoutMs} ms.`
        this.#abandon(number, new NetError('ERR_TIMEOUT', message))
      })
      const abort = () => this.#abandon(number, aborted(entry, signal!))
      signal?.addEventListener('abort', abort)
      const release = () => {
        cancel()
        signal?.removeEventListener('abort', abort)
      }
      this.#pending.set(number, { entry, resolve, reject, release })
      try {
        send(number)
      } catch (error) {
        this.fail(number, error as Error)
      }
    })
  }

  /** Whether somebody still waits for the reply. */
  has(number: number): boolean {
    return this.#pending.has(number)
  }

  /** A reply came. What was asked; `undefined`: nobody waits for that any more. */
  answered(number: number): RpcEntry | undefined {
    this.#abandoned.delete(number)
    return this.#pending.get(number)?.entry
  }

  succeed(number: number, value: unknown): void {
    this.#take(number)?.resolve(value)
  }

  fail(number: number, error: Error): void {
    this.#take(number)?.reject(error)
  }

  failAll(error: NetError): void {
    for (const number of [...this.#pending.keys()]) this.fail(number, error)
  }

  #abandon(number: number, error: Error): void {
    this.fail(number, error)
    this.#abandoned.add(number)
    if (this.#abandoned.size <= MAX_ABANDONED_REQUESTS) return
    for (const oldest of this.#abandoned) {
      this.#abandoned.delete(oldest)
      return
    }
  }

  #take(number: number): Pending | undefined {
    const pending = this.#pending.get(number)
    this.#pending.delete(number)
    this.#abandoned.delete(number)
    pending?.release()
    return pending
  }

  #nextNumber(): number {
    do this.#last = (this.#last + 1) & 0xffff
    while (this.#pending.has(this.#last) || this.#abandoned.has(this.#last))
    return this.#last
  }
}

function aborted({ label }: RpcEntry, signal: AbortSignal): NetError {
  return new NetError('ERR_ABORTED', `The request "${label}" was aborted.`, { cause: signal.reason })
}
