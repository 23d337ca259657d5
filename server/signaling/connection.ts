// One WebSocket of the server: its heartbeat, its end, and its text handed to the session that understands it.

import type { Duplex } from 'node:stream'
import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import type { Clock } from '../../src/net/clock.ts'
import type { ClientPort, SessionSettings } from './client-session.ts'
import { ClientSession } from './client-session.ts'
import { CLOSE_GRACE_MS, MAX_UNSENT_BYTES } from './constants.ts'
import type { ClientParts } from './entrance.ts'
import type { Beating, Heartbeat } from './heartbeat.ts'
import type { CutReason } from './log.ts'
import { textFrames } from './text-frames.ts'
import type { Flushable, WriteBatch } from './write-batch.ts'
import { Outbox } from './write-batch.ts'

/** A socket that tells its connection itself what happens to it: listeners would be a table more for every socket. */
export class ClientSocket extends WebSocket {
  connection: Connection | undefined

  override emit(event: string | symbol, ...details: unknown[]): boolean {
    const { connection } = this
    if (!connection) return super.emit(event, ...details)
    switch (event) {
      case 'message':
        connection.heard(details[0] as RawData, details[1] as boolean)
        return true
      case 'pong':
        connection.answered()
        return true
      case 'error':
        connection.failed()
        return true
      case 'close':
        connection.closed(details[0] as number, String(details[1]))
    }
    return super.emit(event, ...details)
  }
}

export interface ConnectionSettings extends SessionSettings {
  readonly heartbeat: Heartbeat
  readonly writes: WriteBatch
  /** A client's socket is closed. */
  closed(client: ClientParts): void
  /** And its room knows. */
  done(connection: Connection): void
}

export class Connection implements ClientPort, Beating, Flushable {
  readonly #socket: ClientSocket
  readonly #settings: ConnectionSettings
  readonly #client: ClientParts
  readonly #session: ClientSession
  readonly #stream: Duplex
  /** Only while something waits: most clients say nothing most of the time. */
  #outbox: Outbox | undefined
  #answered = true
  #isDone = false
  #whenDone: (() => void)[] | undefined

  /** @param stream Under `socket`. */
  constructor(socket: ClientSocket, stream: Duplex, settings: ConnectionSettings, client: ClientParts) {
    this.#socket = socket
    this.#stream = stream
    this.#settings = settings
    this.#client = client
    this.#session = new ClientSession(settings, client, this)
    settings.heartbeat.add(this)
    socket.connection = this
  }

  /** Resolves when the socket is closed and the client's room knows. */
  get done(): Promise<void> {
    if (this.#isDone) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenDone ??= []
      this.#whenDone.push(resolve)
    })
  }

  send(text: string): void {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount + (this.#outbox?.length ?? 0) > MAX_UNSENT_BYTES) {
      this.#cut('slow_reader')
      return
    }
    if (!this.#outbox) {
      this.#outbox = new Outbox()
      this.#settings.writes.add(this)
    }
    this.#outbox.add(text)
  }

  close(code: number, reason: string): void {
    const socket = this.#socket
    if (socket.readyState !== socket.OPEN) return
    this.flush()
    closeSocket(socket, this.#settings.clock, code, reason)
  }

  /** Writes what waits, past the socket: each frame is whole, so its own pings may come between. Nothing follows a close frame. */
  flush(): void {
    const outbox = this.#outbox
    this.#outbox = undefined
    if (outbox && this.#socket.readyState === this.#socket.OPEN) this.#stream.write(textFrames(outbox.texts))
  }

  /** Closes, so that the client resumes its place elsewhere. */
  moveOn(): void {
    this.#session.moveOn()
  }

  /** Tells the client that the server stops, and closes. */
  shutDown(): void {
    this.#session.shutDown()
  }

  beat(): void {
    if (!this.#answered) {
      this.#cut('unanswered_ping')
      return
    }
    this.#answered = false
    this.#socket.ping()
  }

  answered(): void {
    this.#answered = true
  }

  heard(data: RawData, isBinary: boolean): void {
    if (isBinary) this.#session.receiveBinary()
    else this.#session.receive(data.toString())
  }

  /** The client broke WebSocket's rules, which is no failure of the server. `closed` follows, with a code that says how. */
  failed(): void {
    this.#log('bad_frame')
  }

  closed(code: number, reason: string): void {
    const { heartbeat, log } = this.#settings
    heartbeat.delete(this)
    this.#settings.closed(this.#client)
    log({ event: 'connection_closed', connection: this.#client.connection, code, reason })
    void this.#session.end('drop').then(() => {
      this.#isDone = true
      this.#settings.done(this)
      for (const resolve of this.#whenDone ?? []) resolve()
    })
  }

  #log(reason: CutReason): void {
    this.#settings.log({ event: 'connection_cut', connection: this.#client.connection, reason })
  }

  #cut(reason: CutReason): void {
    this.#log(reason)
    this.#socket.terminate()
  }
}

/** Closes `socket`, and cuts it when the other side does not answer that. */
export function closeSocket(socket: WebSocket, clock: Clock, code: number, reason: string): void {
  socket.close(code, reason)
  const cancel = clock.setTimeout(() => socket.terminate(), CLOSE_GRACE_MS)
  socket.once('close', cancel)
}
