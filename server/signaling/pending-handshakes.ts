// Connections that have not become sockets yet, counted by address: whoever only opens them must not use up those that the
// server takes in all.

import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { addressKey } from './budgets.ts'

/** Lets `http` have at most `most` connections of one address that neither were upgraded nor have ended. */
export function limitPendingHandshakes(http: Server, most: number): void {
  const pending = new Map<string, number>()
  const releases = new WeakMap<Duplex, () => void>()
  http.on('connection', (socket) => {
    const key = addressKey(socket.remoteAddress ?? 'unknown')
    const count = pending.get(key) ?? 0
    if (count >= most) {
      socket.destroy()
      return
    }
    pending.set(key, count + 1)
    const release = () => {
      socket.off('close', release)
      releases.delete(socket)
      const left = (pending.get(key) ?? 1) - 1
      if (left > 0) pending.set(key, left)
      else pending.delete(key)
    }
    socket.on('close', release)
    releases.set(socket, release)
  })
  // From here on `limits.connectionsPerAddress` holds.
  http.on('upgrade', (_, socket) => releases.get(socket)?.())
}
