// The same with Skein: a room on a real signaling server.

import {
  joinRoom,
  type Room,
  type SignalingSession,
  type SignalingTransport,
  TransferMode,
  WebSocketSignaling,
} from '../../src/index.ts'
import '../../src/node.ts'
import type { Dialled, Endpoint, State } from './endpoint.ts'

const UNRELIABLE = { mode: TransferMode.Unreliable }
const NODE = { bindAddress: '127.0.0.1' }

class SkeinEndpoint implements Endpoint {
  onState: (state: State) => void = () => {}
  readonly #room: Room
  readonly #peer: number

  constructor(room: Room, peer: number) {
    this.#room = room
    this.#peer = peer
    room.on('packet', (value) => this.onState(value as State))
  }

  get buffered(): number {
    return this.#room.stats(this.#peer).bufferedBytes
  }

  send(state: State): void {
    this.#room.send(state, UNRELIABLE)
  }

  close(): Promise<void> {
    return this.#room.leave()
  }
}

/** Opens a room. `connected` resolves with the first peer that comes. */
export async function hostSkein(url: string): Promise<{ code: string; connected: Promise<Endpoint> }> {
  const room = await joinRoom({ signaling: url, node: NODE })
  return { code: room.code, connected: peerOf(room) }
}

/** Joins a room and waits for the peer in it. */
export async function dialSkein(url: string, code: string): Promise<Dialled> {
  const startedAt = performance.now()
  const steps: Record<string, number> = {}
  let redials = 0
  const done = (step: string) => {
    steps[step] ??= performance.now() - startedAt
  }
  // Looks over signaling's shoulder; it changes nothing.
  const observed = (session: SignalingSession): SignalingSession => ({
    id: session.id,
    room: session.room,
    iceServers: session.iceServers,
    listen: (listener) =>
      session.listen((event) => {
        if (event.type === 'signal' && event.signal.kind === 'description') done('answered')
        listener(event)
      }),
    send: (to, signal) => {
      if (signal.kind === 'description') {
        done('offered')
        if ((signal.attempt ?? 0) > redials) redials = signal.attempt ?? 0
      }
      session.send(to, signal)
    },
    seal: (sealed) => session.seal(sealed),
    close: () => session.close(),
  })
  const inner = new WebSocketSignaling(url)
  const signaling: SignalingTransport = {
    open: async (request, context) => {
      done('prepared')
      const session = await inner.open(request, context)
      done('joined')
      return observed(session)
    },
  }
  const room = await joinRoom({ signaling, room: code, node: NODE })
  const endpoint = await peerOf(room)
  done('connected')
  return { endpoint, redials, steps }
}

function peerOf(room: Room): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    room.once('peerConnected', (peer) => resolve(new SkeinEndpoint(room, peer)))
    room.once('connectionFailed', (_peer, error) => reject(error))
  })
}
