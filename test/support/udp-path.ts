// The way between the two ends of one connection attempt, through sockets of its own. Like a pair of address
// translators: each address of one end has a socket, its face, which the other end takes for that address.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { UdpDirection } from './udp-conditions.ts'

interface Face {
  readonly socket: Socket
  /** The address that it stands for; learnt from the first packet that came from there. */
  address: { readonly host: string; readonly port: number } | undefined
  port: number | undefined
}

/** One end: what stands for it, and the direction that its packets take. */
interface End {
  readonly faces: Face[]
  readonly outwards: UdpDirection
}

/** A burst of both peers together: what the link loses is what its conditions say, not what the system has no room for. */
const SOCKET_BUFFER = 4 * 1024 * 1024

export class UdpPath {
  readonly #host: string
  readonly #ends: readonly [End, End]
  readonly #firstPorts: readonly [Promise<number>, Promise<number>]
  /** Packets for an end that has not been heard of yet. */
  unrouted = 0
  #closed = false

  /**
   * @param host The address of its sockets.
   * @param outwards The directions of the packets that end 0 sends, and that end 1 sends.
   */
  constructor(host: string, outwards: readonly [UdpDirection, UdpDirection]) {
    this.#host = host
    this.#ends = [
      { faces: [], outwards: outwards[0] },
      { faces: [], outwards: outwards[1] },
    ]
    this.#firstPorts = [this.#addFace(0), this.#addFace(1)]
  }

  /** Where the other end finds end `index`. */
  port(index: 0 | 1): Promise<number> {
    return this.#firstPorts[index]
  }

  /** End `index` can be reached at this address. Otherwise that is learnt from its first packet. */
  async know(index: 0 | 1, host: string, port: number): Promise<void> {
    await this.#firstPorts[index]
    const first = this.#ends[index].faces[0]!
    first.address ??= { host, port }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const { faces } of this.#ends) for (const { socket } of faces) socket.close()
  }

  async #addFace(index: 0 | 1, address?: Face['address']): Promise<number> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: SOCKET_BUFFER })
    const face: Face = { socket, address, port: undefined }
    this.#ends[index].faces.push(face)
    // A port that nobody has any more answers with an ICMP error, which is the network's business.
    socket.on('error', () => {})
    socket.on('message', (packet, from) => this.#arrived(index, face, packet, from))
    socket.bind(0, this.#host)
    await once(socket, 'listening')
    if (this.#closed) socket.close()
    else face.port = socket.address().port
    return face.port ?? 0
  }

  /** The other end sent a packet to a face of end `index`. */
  #arrived(index: 0 | 1, to: Face, packet: Buffer, from: RemoteInfo): void {
    const sender = index === 0 ? 1 : 0
    const { faces, outwards } = this.#ends[sender]
    let face = faces.find(({ address }) => address?.host === from.address && address.port === from.port)
    face ??= faces.find(({ address }) => address === undefined)
    if (!face) {
      // It has another address too. The first packet is lost, as on a router that is slow to learn.
      void this.#addFace(sender, { host: from.address, port: from.port })
      return
    }
    face.address ??= { host: from.address, port: from.port }
    const { socket, port } = face
    if (port === undefined) return
    outwards.pass(packet.length, () => {
      if (this.#closed) return
      if (to.address) socket.send(packet, to.address.port, to.address.host)
      else this.unrouted += 1
    })
  }
}
