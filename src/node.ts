// `skein/node`: importing it makes Skein run in Node, with node-datachannel for WebRTC and ws for signaling.

import { createRequire } from 'node:module'
import { setPlatformDriver } from './net/drivers/chosen-driver.ts'
import { nodeDriver } from './net/drivers/node.ts'
import { setWebSocketImplementation, type WebSocketConstructor } from './net/signaling/websocket-implementation.ts'

setPlatformDriver(nodeDriver)

// ws is an optional peer dependency: without it (and with no WebSocket in Node itself) WebSocketSignaling says so.
try {
  const { WebSocket } = createRequire(import.meta.url)('ws') as { WebSocket: WebSocketConstructor }
  setWebSocketImplementation(WebSocket)
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
}

export { nodeDriver }
