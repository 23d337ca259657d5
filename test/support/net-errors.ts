// Catches the NetErrors that tests expect.

import { NetError } from '../../src/net/errors.ts'

/** The NetError that `call` throws. */
export function thrown(call: () => unknown): NetError {
  try {
    call()
  } catch (error) {
    if (error instanceof NetError) return error
    throw error
  }
  throw new Error('it was expected to throw')
}

/** The NetError that `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<NetError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof NetError) return error
    throw error
  }
  throw new Error('it was expected to reject')
}

/** Runs `action` and returns what it left as unhandled rejections, which would otherwise end the program. */
export async function unhandled(action: () => void | Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = []
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => errors.push(error))
  try {
    await action()
    // Node reports them after the microtasks of the turn in which they were made.
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
  }
  return errors
}
