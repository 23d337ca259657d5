// PeerJS, in a page: a connection of its own for each kind of delivery. Its `reliable: false` is unordered, but sent again
// until it arrives.

import Peer, { type DataConnection } from 'peerjs'
import { bulkPiece, type LineEnd, type LineStack } from '../line.ts'

const LISTENER = 'listener'

class PeerJsLine implements LineEnd {
  onPacket: (bytes: Uint8Array) => void = () => {}
  readonly #peer: Peer
  readonly #state: DataConnection
  readonly #reliable: DataConnection

  constructor(peer: Peer, state: DataConnection, reliable: DataConnection) {
    this.#peer = peer
    this.#state = state
    this.#reliable = reliable
    for (const connection of [state, reliable]) {
      connection.on('data', (data) => this.onPacket(new Uint8Array(data as ArrayBuffer)))
    }
  }

  sendState(bytes: Uint8Array): void {
    this.#state.send(bytes)
  }

  sendGameplay(bytes: Uint8Array): void {
    this.#reliable.send(bytes)
  }

  async sendBulk(bytes: number): Promise<void> {
    this.#reliable.send(bulkPiece(bytes))
  }

  async close(): Promise<void> {
    this.#peer.destroy()
  }
}

function enter(url: string, id: string): Promise<Peer> {
  const { hostname, port } = new URL(url)
  const peer = new Peer(id, {
    host: hostname,
    port: Number(port),
    path: '/',
    secure: false,
    config: { iceServers: [] },
  })
  return new Promise((resolve, reject) => {
    peer.on('open', () => resolve(peer))
    peer.on('error', reject)
  })
}

function opened(connection: DataConnection): Promise<DataConnection> {
  return new Promise((resolve) => {
    if (connection.open) resolve(connection)
    else connection.on('open', () => resolve(connection))
  })
}

export const peerJsStack: LineStack = {
  async listen({ signaling }) {
    const peer = await enter(signaling, LISTENER)
    const connected = new Promise<LineEnd>((resolve) => {
      const found = new Map<string, DataConnection>()
      peer.on('connection', async (connection) => {
        found.set(connection.label, await opened(connection))
        const [state, reliable] = [found.get('state'), found.get('reliable')]
        if (state && reliable) resolve(new PeerJsLine(peer, state, reliable))
      })
    })
    return { room: LISTENER, connected }
  },
  async dial({ signaling }, room) {
    const peer = await enter(signaling, 'dialler')
    const state = await opened(peer.connect(room, { label: 'state', reliable: false }))
    const reliable = await opened(peer.connect(room, { label: 'reliable', reliable: true }))
    return new PeerJsLine(peer, state, reliable)
  },
}
