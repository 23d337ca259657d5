// Stands between clients and a signaling server and replaces candidates by those of a UDP link: so that pages and other
// processes meet through the link and know nothing of it. What they tell each other once they are connected, to open
// another connection for bulk, does not come by here: whoever sends bulk uses linked-driver.ts.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import type { Signal } from '../../src/net/signaling/messages.ts'
import type { UdpLink } from './udp-link.ts'

const CLOSE_GRACE_MS = 1_000

export interface SignalingProxy {
  /** What clients use instead of the server's. */
  readonly url: string
  close(): Promise<void>
}

export async function startSignalingProxy(serverUrl: string, link: UdpLink): Promise<SignalingProxy> {
  const proxy = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(proxy, 'listening')
  proxy.on('connection', (client) => connect(client, new WebSocket(serverUrl), link))
  return {
    url: `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async close() {
      // Whoever has left is closing by itself; cut short, Firefox complains of it.
      const gone = [...proxy.clients].map((client) => once(client, 'close'))
      await Promise.race([Promise.all(gone), sleep(CLOSE_GRACE_MS)])
      for (const client of proxy.clients) client.terminate()
      await new Promise<void>((resolve) => proxy.close(() => resolve()))
    },
  }
}

interface ClientSignal {
  readonly type: string
  readonly to: number
  readonly signal: Signal
}

function connect(client: WebSocket, server: WebSocket, link: UdpLink): void {
  let id = 0
  /** What the client sends keeps its order, although sockets open asynchronously. */
  let queue: Promise<unknown> = once(server, 'open')
  queue.catch(() => client.terminate())
  client.on('message', (data) => {
    queue = queue.then(async () => {
      const message = JSON.parse(String(data)) as ClientSignal
      if (message.type !== 'signal') {
        server.send(String(data))
        return
      }
      const signal = await link.rewrite(id, message.to, message.signal)
      if (signal) server.send(JSON.stringify({ ...message, signal }))
    })
    queue.catch(() => client.terminate())
  })
  server.on('message', (data) => {
    const message = JSON.parse(String(data)) as { type: string; id: number }
    if (message.type === 'joined') id = message.id
    client.send(String(data))
  })
  client.on('error', () => {})
  server.on('error', () => {})
  client.on('close', () => server.terminate())
  server.on('close', () => client.terminate())
}
