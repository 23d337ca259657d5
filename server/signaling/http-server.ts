// The HTTP server under the sockets, where nobody brings one: handshakes are small and quick, or cut.

import type { EventEmitter } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import {
  HANDSHAKE_CHECK_MS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_PENDING_HANDSHAKES_PER_ADDRESS,
  TCP_CONNECTIONS_BESIDE_SOCKETS,
} from './constants.ts'
import { limitPendingHandshakes } from './pending-handshakes.ts'

/** Those that are ours alone: whatever else listens to their upgrades only counts them. */
const ours = new WeakSet<object>()

/** Whether an upgrade of `http` may be meant for somebody beside the one listener that asks. */
export function mayHaveOthers(http: EventEmitter): boolean {
  return !ours.has(http) && http.listenerCount('upgrade') > 1
}

/**
 * @param connections How many sockets there may be; a handshake under way has room beside them.
 * @param isDirect Clients come by themselves: what one address has under way can be limited. Through a proxy all come from
 * the proxy's.
 */
export function createHandshakeServer(connections: number, listener: RequestListener, isDirect: boolean): Server {
  const timeouts = {
    headersTimeout: HANDSHAKE_TIMEOUT_MS,
    requestTimeout: HANDSHAKE_TIMEOUT_MS,
    connectionsCheckingInterval: HANDSHAKE_CHECK_MS,
  }
  const http = createServer(timeouts, listener)
  http.maxConnections = connections + TCP_CONNECTIONS_BESIDE_SOCKETS
  if (isDirect) limitPendingHandshakes(http, MAX_PENDING_HANDSHAKES_PER_ADDRESS)
  ours.add(http)
  return http
}
