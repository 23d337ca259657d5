// Stands between clients and a signaling server, changes nothing and keeps a copy of every text that crosses.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

export interface SignalingTap {
  /** What clients use instead of the server's. */
  readonly url: string
  /** Everything that was said, by the clients and by the server. */
  readonly texts: readonly string[]
  close(): Promise<void>
}

export async function startSignalingTap(serverUrl: string): Promise<SignalingTap> {
  const tap = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(tap, 'listening')
  const texts: string[] = []
  tap.on('connection', (client) => {
    const server = new WebSocket(serverUrl)
    const opened = once(server, 'open')
    opened.catch(() => client.terminate())
    const carry = (text: string, to: WebSocket) => {
      texts.push(text)
      to.send(text)
    }
    client.on('message', (data) => void opened.then(() => carry(String(data), server)).catch(() => {}))
    server.on('message', (data) => carry(String(data), client))
    client.on('error', () => {})
    server.on('error', () => {})
    client.on('close', () => server.terminate())
    server.on('close', (code, reason) => client.close(code === 1005 || code === 1006 ? 1000 : code, reason))
  })
  return {
    url: `ws://127.0.0.1:${(tap.address() as AddressInfo).port}`,
    texts,
    async close() {
      for (const client of tap.clients) client.terminate()
      await new Promise<void>((resolve) => tap.close(() => resolve()))
    },
  }
}
