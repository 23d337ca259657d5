// Signaling that does what a test says: who has which id, who meets whom, and who is the host.

import {
  SessionEvents,
  type SignalingRequest,
  type SignalingSession,
  type SignalingTransport,
} from '../../../src/index.ts'

interface Seat {
  readonly events: SessionEvents
  presence: { readonly name: string; readonly properties: Readonly<Record<string, string | number | boolean>> }
}

export class TableSignaling {
  readonly #seats = new Map<number, Seat>()
  #host = 0

  /** The way in for the peer that shall have this id. The first one is the host. */
  seat(id: number): SignalingTransport {
    return { open: async (request) => this.#open(id, request) }
  }

  /** The two learn of each other. */
  connect(a: number, b: number): void {
    this.#introduce(a, b, true)
    this.#introduce(b, a, false)
  }

  makeHost(id: number): void {
    this.#host = id
    for (const { events } of this.#seats.values()) events.push({ type: 'room', room: this.#room })
  }

  #introduce(to: number, id: number, offer: boolean): void {
    const presence = { visible: true, ...this.#seats.get(id)!.presence }
    this.#seats.get(to)!.events.push({ type: 'peerJoined', id, offer, presence })
  }

  get #room() {
    const room = { code: 'TABLE', topology: 'mesh', maxPeers: 16, sealed: false, host: this.#host } as const
    return { ...room, public: false, locked: false, whenHostLeaves: 'close', metadata: {} } as const
  }

  #open(id: number, { presence: { name = '', properties = {} } = {} }: SignalingRequest): SignalingSession {
    const seat: Seat = { events: new SessionEvents(), presence: { name, properties } }
    this.#seats.set(id, seat)
    this.#host ||= id
    const toOthers = (push: (events: SessionEvents) => void) => {
      for (const [other, { events }] of this.#seats) if (other !== id) push(events)
    }
    return {
      id,
      room: this.#room,
      iceServers: [],
      listen: (listener) => seat.events.listen(listener),
      send: (to, signal) => this.#seats.get(to)?.events.push({ type: 'signal', from: id, signal }),
      seal: () => {},
      request: (request) => {
        if (request.type !== 'presence') throw new Error('No test asks for that.')
        const { name = seat.presence.name, properties = seat.presence.properties } = request.presence
        seat.presence = { name, properties }
        const presence = { visible: true, ...seat.presence }
        toOthers((events) => events.push({ type: 'presence', id, presence }))
      },
      close: () => {
        this.#seats.delete(id)
        toOthers((events) => events.push({ type: 'peerLeft', id }))
      },
    }
  }
}
