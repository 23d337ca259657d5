// A client that says whatever a test wants, correct or not.

import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import { Budgets } from '../../../server/signaling/budgets.ts'
import type { ClientParts } from '../../../server/signaling/entrance.ts'
import type { SignalingServerOptions } from '../../../server/signaling/options.ts'
import { createSignalingServer, type SignalingServer } from '../../../server/signaling/server.ts'
import type { Clock } from '../../../src/net/clock.ts'
import type { ClientMessage, ServerMessage, Topology } from '../../../src/net/signaling/messages.ts'

type MessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>

export class RawClient {
  readonly socket: WebSocket
  readonly messages: ServerMessage[] = []
  /** Resolves to the close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #waiting = new Set<() => void>()

  constructor(url: string, options: ClientOptions) {
    this.socket = new WebSocket(url, options)
    this.socket.on('error', () => {})
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(data.toString()))
      for (const check of [...this.#waiting]) check()
    })
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
  }

  static async connect(url: string, options: ClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(url, options)
    await once(client.socket, 'open')
    return client
  }

  say(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The first message of `type` from the `skip`-th message on: heard already, or as soon as it is. */
  heard<Type extends ServerMessage['type']>(type: Type, skip = 0): Promise<MessageOf<Type>> {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.messages.slice(skip).find((message) => message.type === type)
        if (!found) return
        this.#waiting.delete(check)
        resolve(found as MessageOf<Type>)
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** Waits until the server has worked off everything that was said. */
  async settled(): Promise<void> {
    const skip = this.messages.length
    this.say({ type: 'ping' })
    await this.heard('pong', skip)
  }

  codes(): string[] {
    return this.messages.flatMap((message) => (message.type === 'error' ? [message.code] : []))
  }

  async create(topology: Topology = 'mesh', maxPeers?: number): Promise<MessageOf<'joined'>> {
    this.say({ type: 'create', version: 2, topology, ...(maxPeers === undefined ? {} : { maxPeers }) })
    return this.heard('joined')
  }

  async join(room: string): Promise<MessageOf<'joined'>> {
    this.say({ type: 'join', version: 2, room })
    return this.heard('joined')
  }
}

/** Runs `test` against a server, and stops it and every client afterwards. */
export async function withServer(
  options: SignalingServerOptions,
  test: (connect: (options?: ClientOptions) => Promise<RawClient>, server: SignalingServer) => Promise<void>,
): Promise<void> {
  const server = await createSignalingServer({ host: '127.0.0.1', ...options })
  const clients: RawClient[] = []
  try {
    await test(async (clientOptions) => {
      const client = await RawClient.connect(server.url, clientOptions)
      clients.push(client)
      return client
    }, server)
  } finally {
    for (const client of clients) client.socket.terminate()
    await server.close()
  }
}

/** A client of which nothing is known but its address. */
export function nobody(address: string): ClientParts {
  return { connection: 1, client: { address, origin: undefined, url: '/' }, addressKey: address }
}

/** Budgets that no test uses up. */
export function ampleBudgets(clock: Clock): Budgets {
  return new Budgets(clock, {
    connectionsPerAddress: 100_000,
    connectsPerSecondPerAddress: 100_000,
    failedEntriesPerMinutePerAddress: 100_000,
    messagesPerSecondPerAddress: 100_000,
    messagesPerSecondPerRoom: 100_000,
  })
}

/** Resolves when a turn of the event loop has brought what `test` waits for. */
export async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setImmediate(resolve))
}
