// One WebSocket of the server: its heartbeat, its end, and its text handed to the session that understands it.

import type { RawData, WebSocket } from 'ws'
import type { Clock } from '../../src/net/clock.ts'
import { every } from '../../src/net/clock.ts'
import type { ServerMessage } from '../../src/net/signaling/messages.ts'
import type { ClientPort, ClientSessionParts } from './client-session.ts'
import { ClientSession } from './client-session.ts'
import { CLOSE_GRACE_MS, MAX_UNSENT_BYTES, PING_PERIOD_MS } from './constants.ts'

type OwnParts = Pick<ClientSessionParts, 'connection' | 'client' | 'addressKey' | 'bucket' | 'floodBucket'>
export type SharedParts = Omit<ClientSessionParts, keyof OwnParts | 'port'>

export class Connection {
  /** Resolves when the socket is closed and the client's room knows. */
  readonly done: Promise<void>
  readonly #session: ClientSession

  /**
   * @param write Called before each message.
   * @param shared What all connections of the server have, and `own` what only this one has.
   */
  constructor(socket: WebSocket, write: () => void, shared: SharedParts, own: OwnParts) {
    const { clock, log } = shared
    const { connection } = own
    const port = new SocketPort(socket, write, { clock, log, connection })
    // Inherited and not copied: that would be a kilobyte of each connection.
    const parts: ClientSessionParts = Object.assign(Object.create(shared), own, { port })
    const session = new ClientSession(parts)
    this.#session = session

    let answered = true
    const stopPinging = every(clock, PING_PERIOD_MS, () => {
      if (!answered) {
        log({ event: 'connection_cut', connection, reason: 'unanswered_ping' })
        socket.terminate()
        return
      }
      answered = false
      socket.ping()
    })
    socket.on('pong', () => {
      answered = true
    })
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) session.receiveBinary()
      else session.receive(data.toString())
    })
    // A frame that breaks the WebSocket protocol, or a lost link. `close` follows.
    socket.on('error', (error) => log({ event: 'failed', connection, error }))
    this.done = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        stopPinging()
        log({ event: 'connection_closed', connection, code, reason: reason.toString() })
        void session.end('drop').then(resolve)
      })
    })
  }

  /** Closes, so that the client resumes its place elsewhere. */
  moveOn(): void {
    this.#session.moveOn()
  }

  /** Tells the client that the server stops, and closes. */
  shutDown(): void {
    this.#session.shutDown()
  }
}

/** Closes `socket`, and cuts it when the other side does not answer that. */
export function closeSocket(socket: WebSocket, clock: Clock, code: number, reason: string): void {
  socket.close(code, reason)
  const cancel = clock.setTimeout(() => socket.terminate(), CLOSE_GRACE_MS)
  socket.once('close', cancel)
}

class SocketPort implements ClientPort {
  readonly #socket: WebSocket
  readonly #write: () => void
  readonly #parts: Pick<ClientSessionParts, 'clock' | 'log' | 'connection'>

  constructor(socket: WebSocket, write: () => void, parts: Pick<ClientSessionParts, 'clock' | 'log' | 'connection'>) {
    this.#socket = socket
    this.#write = write
    this.#parts = parts
  }

  send(message: ServerMessage): void {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
      const { log, connection } = this.#parts
      log({ event: 'connection_cut', connection, reason: 'slow_reader' })
      socket.terminate()
      return
    }
    this.#write()
    socket.send(JSON.stringify(message))
  }

  close(code: number, reason: string): void {
    const socket = this.#socket
    if (socket.readyState === socket.OPEN) closeSocket(socket, this.#parts.clock, code, reason)
  }
}
