// simple-peer over node-datachannel's polyfill. It has one channel, reliable and ordered unless told otherwise for all of
// it, so everything takes that one. Bulk goes through its stream, which has back-pressure.

import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Side } from '../../../test/support/link-client.ts'
import { bulkPiece, type LineEnd, type LineStack, type Meeting, RAW_PIECE_BYTES } from '../line.ts'
import { linkedConnection } from '../linked-connection.ts'
import { importRival } from './install.ts'

interface SimplePeer extends Duplex {
  signal(data: unknown): void
  send(bytes: Uint8Array): void
}
type SimplePeerConstructor = new (options: { initiator: boolean; wrtc: object }) => SimplePeer

class SimplePeerLine implements LineEnd {
  onPacket: (bytes: Uint8Array) => void = () => {}
  readonly #peer: SimplePeer

  constructor(peer: SimplePeer) {
    this.#peer = peer
    peer.on('data', (bytes: Uint8Array) => this.onPacket(bytes))
  }

  sendState(bytes: Uint8Array): void {
    this.#peer.send(bytes)
  }

  sendGameplay(bytes: Uint8Array): void {
    this.#peer.send(bytes)
  }

  async sendBulk(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; left -= RAW_PIECE_BYTES) {
      if (!this.#peer.write(bulkPiece(Math.min(left, RAW_PIECE_BYTES)))) await once(this.#peer, 'drain')
    }
  }

  async close(): Promise<void> {
    this.#peer.destroy()
  }
}

/** One line in a process. */
export class SimplePeerStack implements LineStack {
  readonly #send: (signal: unknown) => void
  #peer: Promise<SimplePeer> | undefined

  constructor(send: (signal: unknown) => void) {
    this.#send = send
  }

  receive(signal: unknown): void {
    void this.#peer?.then((peer) => peer.signal(signal))
  }

  async listen({ link }: Meeting): Promise<{ room: string; connected: Promise<LineEnd> }> {
    return { room: '', connected: this.#open(link, 2) }
  }

  dial({ link }: Meeting): Promise<LineEnd> {
    return this.#open(link, 1)
  }

  async #open(link: string, side: Side): Promise<LineEnd> {
    this.#peer = create(link, side)
    const peer = await this.#peer
    peer.on('signal', (signal) => this.#send(signal))
    await once(peer, 'connect')
    return new SimplePeerLine(peer)
  }
}

async function create(link: string, side: Side): Promise<SimplePeer> {
  const { default: Peer } = await importRival<{ default: SimplePeerConstructor }>('simple-peer/index.js')
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = await import('node-datachannel/polyfill')
  const Linked = linkedConnection(RTCPeerConnection as unknown as typeof globalThis.RTCPeerConnection, link, side, {
    bindAddress: '127.0.0.1',
  })
  return new Peer({
    initiator: side === 1,
    wrtc: { RTCPeerConnection: withPlainDescriptions(Linked), RTCSessionDescription, RTCIceCandidate },
  })
}

type Describing = new (
  configuration?: RTCConfiguration,
) => { createOffer(): Promise<RTCSessionDescriptionInit>; createAnswer(): Promise<RTCSessionDescriptionInit> }

/** simple-peer writes to the descriptions that it is given, which the polyfill's do not allow. */
function withPlainDescriptions(Base: typeof RTCPeerConnection): object {
  return class extends (Base as unknown as Describing) {
    override async createOffer(): Promise<RTCSessionDescriptionInit> {
      const { type, sdp = '' } = await super.createOffer()
      return { type, sdp }
    }

    override async createAnswer(): Promise<RTCSessionDescriptionInit> {
      const { type, sdp = '' } = await super.createAnswer()
      return { type, sdp }
    }
  }
}
