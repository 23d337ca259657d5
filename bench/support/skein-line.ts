// A line over Skein, in Node and in a page.

import { type JoinRoomOptions, joinRoom, type Room, TransferMode } from '../../src/index.ts'
import type { Side } from '../../test/support/link-client.ts'
import { bulkPiece, type LineEnd, type LineStack } from './line.ts'

/** The transfer is cut into packets of this size: the largest that Skein takes. */
const BULK_PACKET_BYTES = 8 * 1024 * 1024
/** Where more waits, the next packet of the transfer is not sent yet. */
const BULK_HIGH_WATER = 1024 * 1024

const STATE = { mode: TransferMode.Unreliable }
const GAMEPLAY = { mode: TransferMode.Reliable, lane: 'gameplay' }
const BULK = { mode: TransferMode.Reliable, lane: 'bulk' }

class SkeinLine implements LineEnd {
  onPacket: (bytes: Uint8Array) => void = () => {}
  readonly #room: Room
  readonly #peer: number

  constructor(room: Room, peer: number) {
    this.#room = room
    this.#peer = peer
    room.on('packet', (value) => this.onPacket(value as Uint8Array))
  }

  sendState(bytes: Uint8Array): void {
    this.#room.sendBytes(bytes, STATE)
  }

  sendGameplay(bytes: Uint8Array): void {
    this.#room.sendBytes(bytes, GAMEPLAY)
  }

  async sendBulk(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; left -= BULK_PACKET_BYTES) {
      while (this.#room.stats(this.#peer).bufferedBytes > BULK_HIGH_WATER) {
        await new Promise((resolve) => setTimeout(resolve, 4))
      }
      this.#room.sendBytes(bulkPiece(Math.min(left, BULK_PACKET_BYTES)), BULK)
    }
  }

  close(): Promise<void> {
    return this.#room.leave()
  }
}

/** @param useLink Makes the connections of this process or page go through the link. */
export function skeinStack(
  useLink: (link: string, side: Side) => void,
  options: Pick<JoinRoomOptions, 'node'> = {},
): LineStack {
  return {
    async listen({ signaling, link }) {
      useLink(link, 2)
      const room = await joinRoom({ signaling, ...options })
      return { room: room.code, connected: peerOf(room) }
    },
    async dial({ signaling, link }, code) {
      useLink(link, 1)
      return peerOf(await joinRoom({ signaling, room: code, ...options }))
    },
  }
}

function peerOf(room: Room): Promise<LineEnd> {
  return new Promise((resolve, reject) => {
    room.once('peerConnected', (peer) => resolve(new SkeinLine(room, peer)))
    room.once('connectionFailed', (_peer, error) => reject(error))
  })
}
