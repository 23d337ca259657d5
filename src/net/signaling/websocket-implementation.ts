// Where WebSockets come from: browsers and newer Nodes have them; for Node 20 `skein/node` brings the `ws` package. This
// file does not import it, so that a browser's bundle never sees it.

import { NetError } from '../errors.ts'

/** The part of the WebSocket API that Skein uses. The browsers' class and that of `ws` both fit. */
export interface WebSocketLike {
  readonly readyState: number
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
}

/** Makes WebSockets as browsers have them. */
export type WebSocketConstructor = new (url: string) => WebSocketLike

let registered: WebSocketConstructor | undefined

/** Makes every later `WebSocketSignaling` use `implementation`; undefined goes back to the global one. */
export function setWebSocketImplementation(implementation: WebSocketConstructor | undefined): void {
  registered = implementation
}

/** @throws {NetError} ERR_DRIVER_MISSING */
export function webSocketImplementation(): WebSocketConstructor {
  const implementation = registered ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket
  if (implementation) return implementation
  const message =
    "This version of Node has no WebSocket. Write `import 'skein/node'` before joining, and install the package `ws`."
  throw new NetError('ERR_DRIVER_MISSING', message)
}
