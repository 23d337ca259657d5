// Signatures take real time, and the simulated network has its own: it stands still while a signature is being made.

import { vi } from 'vitest'
import type { SimulatedNetwork } from '../../../src/testing.ts'

let underWay = 0

/** Counts what the platform's cryptography is doing. */
export function watchCryptography(): void {
  for (const name of ['sign', 'verify', 'digest', 'importKey', 'exportKey', 'generateKey', 'deriveBits'] as const) {
    const real = (crypto.subtle[name] as (...args: unknown[]) => Promise<unknown>).bind(crypto.subtle)
    vi.spyOn(crypto.subtle, name as 'sign').mockImplementation(((...args: unknown[]) => {
      underWay += 1
      return real(...args).finally(() => {
        underWay -= 1
      })
    }) as never)
  }
}

/** Moves virtual time, and only when no signature is waited for. */
export async function runUntil(network: SimulatedNetwork, goal: () => boolean, limitMs = 10_000): Promise<void> {
  const end = network.clock.now() + limitMs
  while (!goal()) {
    do await new Promise((resolve) => setImmediate(resolve))
    while (underWay > 0)
    if (goal()) return
    if (network.clock.now() >= end) throw new Error(`It did not happen within ${limitMs} ms.`)
    await network.run(1)
  }
}

export async function settled<T>(network: SimulatedNetwork, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const end = () => {
    isSettled = true
  }
  promise.then(end, end)
  await runUntil(network, () => isSettled)
  return promise
}
