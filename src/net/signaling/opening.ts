// The life of a pending `open`: settles once, by an answer, by time or by the caller's signal, and cleans up after itself.

import { NetError } from '../errors.ts'
import type { SignalingContext } from './transport.ts'

/** How an attempt reports its end. Only the first report counts. */
export interface Outcome<Result> {
  resolve(result: Result): void
  reject(error: NetError): void
}

export interface Deadline {
  readonly ms: number
  readonly error: () => NetError
}

/**
 * Runs `start` until it reports an outcome, the deadline passes or `context.signal` aborts. `start` returns what undoes
 * the attempt; it runs on every end but success.
 */
export function opening<Result>(
  context: Pick<SignalingContext, 'clock' | 'signal'>,
  deadline: Deadline | undefined,
  start: (outcome: Outcome<Result>) => () => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const { clock, signal } = context
    let settled = false
    let failed = false
    let undo: (() => void) | undefined
    const settle = (): boolean => {
      if (settled) return false
      settled = true
      cancelDeadline?.()
      signal?.removeEventListener('abort', abort)
      return true
    }
    const fail = (error: unknown) => {
      if (!settle()) return
      failed = true
      undo?.()
      reject(error)
    }
    const abort = () =>
      fail(new NetError('ERR_ABORTED', 'Joining was aborted by its caller.', { cause: signal?.reason }))
    const cancelDeadline = deadline && clock.setTimeout(() => fail(deadline.error()), deadline.ms)
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    try {
      undo = start({ resolve: (result) => void (settle() && resolve(result)), reject: fail })
      // It may have failed before there was anything to undo it with.
      if (failed) undo()
    } catch (error) {
      fail(error)
    }
  })
}
