// One process with a connection to each of many peers, which all live in a second process. Raw and Skein behind the same
// few methods.

import { Packr } from 'msgpackr'
import type { PacketValue, Room } from '../../src/index.ts'
import type { RawConnection, RawSide } from './raw-connection.ts'

/** All connections of a process, at either end. */
export interface Hub {
  /** Called for each packet that arrives. */
  onPacket: () => void
  /** Sends bytes unreliably over every connection. */
  sendBytes(bytes: Uint8Array): void
  /** Packs a value and sends it unreliably over every connection. */
  send(value: PacketValue): void
}

const packr = new Packr({ useRecords: false })
/** A star's host. */
const HOST = 1

class RawHub implements Hub {
  onPacket: () => void = () => {}
  readonly #connections: readonly RawConnection[]

  constructor(connections: readonly RawConnection[]) {
    this.#connections = connections
    for (const connection of connections) {
      connection.onUnreliable = (data) => {
        // Plain bytes are zeros here, which no packed state begins with.
        if (data[0] !== 0) packr.unpack(data)
        this.onPacket()
      }
    }
  }

  sendBytes(bytes: Uint8Array): void {
    for (const { unreliable } of this.#connections) unreliable.sendMessageBinary(bytes)
  }

  send(value: PacketValue): void {
    this.sendBytes(packr.pack(value))
  }
}

/** Of many raw connections one may fail; it is given up after this and offered again. A slow one takes a second. */
const RAW_OPEN_TIMEOUT_MS = 4_000

/** Opens `count` raw connections, one after the other. */
async function openAll(side: RawSide, count: number, next: () => Promise<RawConnection>): Promise<Hub> {
  const connections: RawConnection[] = []
  while (connections.length < count) {
    const connection = await next()
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), RAW_OPEN_TIMEOUT_MS))
    if ((await Promise.race([connection.opened, late])) === false) {
      console.error('  a raw connection failed and is opened again')
      await side.hangUp(connection)
    } else connections.push(connection)
  }
  return new RawHub(connections)
}

/** Raw, at the end that offers. */
export function dialRawHub(side: RawSide, count: number): Promise<Hub> {
  return openAll(side, count, async () => side.offer())
}

/** Raw, at the other end. */
export function answerRawHub(side: RawSide, count: number): Promise<Hub> {
  return openAll(side, count, () => side.offered())
}

class SkeinHub implements Hub {
  onPacket: () => void = () => {}
  readonly #rooms: readonly Room[]
  readonly #options: { readonly mode: 0; readonly to: number }

  /** @param to Guests send to the host, as the raw ones do: without it the host would pass on what they send to the others. */
  constructor(rooms: readonly Room[], to = 0) {
    this.#rooms = rooms
    this.#options = { mode: 0, to }
    for (const room of rooms) room.on('packet', () => this.onPacket())
  }

  sendBytes(bytes: Uint8Array): void {
    for (const room of this.#rooms) room.sendBytes(bytes, this.#options)
  }

  send(value: PacketValue): void {
    for (const room of this.#rooms) room.send(value, this.#options)
  }
}

async function joinStar(url: string, room: string | undefined, maxPeers: number): Promise<Room> {
  await import('../../src/node.ts')
  const { joinRoom } = await import('../../src/index.ts')
  return joinRoom({ signaling: url, room, topology: 'star', maxPeers, node: { bindAddress: '127.0.0.1' } })
}

/** Skein, the star's host. `connected` resolves when `count` peers are there. */
export async function hostSkeinHub(url: string, count: number): Promise<{ room: string; connected: Promise<Hub> }> {
  const room = await joinStar(url, undefined, count + 1)
  const connected = new Promise<Hub>((resolve) => {
    room.on('peerConnected', () => {
      if (room.peers.length === count) resolve(new SkeinHub([room]))
    })
  })
  return { room: room.code, connected }
}

/** Skein, the star's guests: `count` peers of one process. */
export async function joinSkeinHub(url: string, code: string, count: number): Promise<Hub> {
  const rooms: Room[] = []
  while (rooms.length < count) {
    const room = await joinStar(url, code, count + 1)
    if (room.peers.length === 0) await new Promise((resolve) => room.once('peerConnected', resolve))
    rooms.push(room)
  }
  return new SkeinHub(rooms, HOST)
}
