// Signaling of your own: how peers find each other is up to you, be it your lobby server, Firebase, or a QR code. This one is
// a Map. Everything else (who offers what to whom, and the game) is as ever.
//
// Run it:   npm run example 09
// You see:  Ben joined the room "kitchen".
//           Ann hears: it works

import 'skein/node'
import {
  joinRoom,
  NetError,
  SessionEvents,
  type SignalingRequest,
  type SignalingSession,
  type SignalingTransport,
} from 'skein'

class KitchenSignaling implements SignalingTransport {
  /** Of every member what it is told. In real life: sockets. */
  readonly #members = new Map<number, SessionEvents>()

  async open(request: SignalingRequest): Promise<SignalingSession> {
    if (request.action === 'join' && request.room !== 'kitchen')
      throw new NetError('ERR_ROOM_NOT_FOUND', `There is no room ${request.room}, only "kitchen".`)
    const id = this.#members.size + 1
    const events = new SessionEvents() // Keeps what happens until the room listens.
    // Of each pair exactly one side offers: the one who was there.
    for (const [other, theirs] of this.#members) {
      events.push({ type: 'peerJoined', id: other, offer: false })
      theirs.push({ type: 'peerJoined', id, offer: true })
    }
    this.#members.set(id, events)
    const host = 1
    const room = { code: 'kitchen', topology: 'mesh', maxPeers: 8, sealed: false, host } as const
    return {
      id,
      room: { ...room, public: false, locked: false, whenHostLeaves: 'close', metadata: {} },
      iceServers: [], // STUN and TURN, for players behind routers.
      listen: (listener) => events.listen(listener),
      // Descriptions and candidates: bring them to that member, in order.
      send: (to, signal) => void this.#members.get(to)?.push({ type: 'signal', from: id, signal }),
      seal: () => {},
      close: () => {
        events.stop()
        this.#members.delete(id)
        for (const theirs of this.#members.values()) theirs.push({ type: 'peerLeft', id })
      },
    }
  }
}

const signaling = new KitchenSignaling()
const ann = await joinRoom({ signaling })
const ben = await joinRoom({ signaling, room: 'kitchen' })
console.log(`Ben joined the room "${ben.code}".`)
ben.on('peerConnected', (id) => ben.send('it works', { to: id }))
ann.on('packet', (value) => {
  console.log(`Ann hears: ${value}`)
  void Promise.all([ann.leave(), ben.leave()])
})
