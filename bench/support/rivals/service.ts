// What the rivals need from outside: the link's rewriting of candidates, and the signaling servers that Trystero (a Nostr
// relay) and PeerJS (a PeerServer) find their peers with, as far as two peers need them.

import { type WebSocket, WebSocketServer } from 'ws'
import { startLinkService } from '../../../test/support/link-service.ts'
import type { UdpLink } from '../../../test/support/udp-link.ts'
import type { LineService } from '../line-pair.ts'

export async function startRivalService(link: UdpLink): Promise<LineService> {
  const service = await startLinkService(link)
  const sockets = new WebSocketServer({ server: service.server })
  const relay = nostrRelay()
  const peerServer = peerJsServer()
  sockets.on('connection', (socket, request) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/peerjs') peerServer(socket, url.searchParams.get('id') ?? '')
    else relay(socket)
  })
  return {
    signaling: service.url,
    link: service.url,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      service.close()
    },
  }
}

interface NostrEvent {
  readonly id: string
  readonly kind: number
  readonly tags: readonly (readonly string[])[]
}
interface NostrFilter {
  readonly kinds?: readonly number[]
  readonly '#x'?: readonly string[]
}

/** NIP-01, events that are not kept. */
function nostrRelay(): (socket: WebSocket) => void {
  const subscriptions = new Map<WebSocket, Map<string, NostrFilter>>()
  return (socket) => {
    const own = new Map<string, NostrFilter>()
    subscriptions.set(socket, own)
    socket.on('close', () => subscriptions.delete(socket))
    socket.on('message', (data) => {
      const [type, first, filter] = JSON.parse(String(data))
      if (type === 'REQ') own.set(first, filter)
      if (type === 'CLOSE') own.delete(first)
      if (type !== 'EVENT') return
      const event = first as NostrEvent
      for (const [subscriber, filters] of subscriptions) {
        for (const [id, filter] of filters) {
          if (matches(event, filter)) subscriber.send(JSON.stringify(['EVENT', id, event]))
        }
      }
      socket.send(JSON.stringify(['OK', event.id, true, '']))
    })
  }
}

function matches({ kind, tags }: NostrEvent, filter: NostrFilter): boolean {
  if (filter.kinds && !filter.kinds.includes(kind)) return false
  const topics = filter['#x']
  return !topics || tags.some(([name, value]) => name === 'x' && topics.includes(value ?? ''))
}

/** Passes messages on to whom they name. */
function peerJsServer(): (socket: WebSocket, id: string) => void {
  const clients = new Map<string, WebSocket>()
  return (socket, id) => {
    clients.set(id, socket)
    socket.send(JSON.stringify({ type: 'OPEN' }))
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string; dst?: string }
      if (message.dst) clients.get(message.dst)?.send(JSON.stringify({ ...message, src: id }))
    })
  }
}
