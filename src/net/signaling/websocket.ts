// Signaling through a server: its sockets. What the messages mean is in websocket-session.ts.

import { NetError, toNetError } from '../errors.ts'
import { SIGNALING_TIMEOUT_MS } from './constants.ts'
import { checked, entryMessage } from './entry.ts'
import { remoteError } from './error-codes.ts'
import type { ClientMessage, ServerMessage } from './messages.ts'
import { PROTOCOL_VERSION } from './messages.ts'
import type { Deadline } from './opening.ts'
import { opening } from './opening.ts'
import type { ServerInput } from './server-messages.ts'
import { readServerMessage } from './server-messages.ts'
import type {
  RoomPage,
  RoomQuery,
  SignalingContext,
  SignalingRequest,
  SignalingSession,
  SignalingTransport,
} from './transport.ts'
import type { WebSocketConstructor, WebSocketLike } from './websocket-implementation.ts'
import { webSocketImplementation } from './websocket-implementation.ts'
import type { OpenLink, ServerLink } from './websocket-session.ts'
import { WebSocketSession } from './websocket-session.ts'

/** What `new WebSocketSignaling` takes. */
export interface WebSocketSignalingOptions {
  /** How long `open` waits for the connection and the answer together, in ms. Default SIGNALING_TIMEOUT_MS. */
  readonly timeoutMs?: number
  /** Whether a session whose link breaks makes it again, for as long as the server keeps its place. Default true. */
  readonly reconnect?: boolean
  /** Used instead of the registered or the global WebSocket. */
  readonly webSocket?: WebSocketConstructor
}

/**
 * Rooms on a signaling server (`skein/server`). Every `open` has a socket of its own. When it breaks, the session comes back
 * over another one by itself, with the same id in the same room.
 */
export class WebSocketSignaling implements SignalingTransport {
  readonly #url: string
  readonly #timeoutMs: number
  readonly #reconnect: boolean
  readonly #webSocket: WebSocketConstructor | undefined

  /**
   * @param url A `ws:` or `wss:` URL. A bad one is reported by `open`.
   * @throws {NetError} ERR_INVALID_PARAMETER for an option.
   */
  constructor(url: string | URL, options: WebSocketSignalingOptions = {}) {
    const { timeoutMs = SIGNALING_TIMEOUT_MS, reconnect = true, webSocket } = options
    if (!(timeoutMs > 0 && Number.isFinite(timeoutMs))) {
      throw new NetError('ERR_INVALID_PARAMETER', 'timeoutMs is a number of milliseconds above 0.')
    }
    this.#url = String(url)
    this.#timeoutMs = timeoutMs
    this.#reconnect = reconnect
    this.#webSocket = webSocket
  }

  /** See SignalingTransport.open. @throws {NetError} also ERR_DRIVER_MISSING in a Node without a WebSocket. */
  async open(request: SignalingRequest, context: SignalingContext): Promise<SignalingSession> {
    const url = checkedUrl(this.#url)
    const entry = entryMessage(request)
    const Implementation = this.#webSocket ?? webSocketImplementation()
    const openLink: OpenLink = (message, { joined, failed }) => {
      const abandoned = new AbortController()
      const within = { clock: context.clock, signal: abandoned.signal }
      opening<WebSocketSession>(within, this.#deadline(url), ({ resolve, reject }) =>
        connect(Implementation, url, message, {
          answered(answer, link) {
            if (answer.type !== 'joined') return unexpected(answer)
            const session = joined(answer, link)
            resolve(session)
            return session
          },
          failed: reject,
        }),
      ).catch((error: NetError) => {
        if (!abandoned.signal.aborted) failed(error)
      })
      return () => abandoned.abort()
    }
    const parts = { ...context, ...(this.#reconnect && { openLink }) }
    return opening<SignalingSession>(context, this.#deadline(url), ({ resolve, reject }) =>
      connect(Implementation, url, entry, {
        answered(answer, link) {
          if (answer.type !== 'joined') return unexpected(answer)
          const session = new WebSocketSession(answer, link, parts)
          resolve(session)
          return session
        },
        failed: reject,
      }),
    )
  }

  /** See SignalingTransport.list. @throws {NetError} as `open` does. */
  async list(
    { after, limit, token, ...filter }: RoomQuery & { token?: string },
    context: SignalingContext,
  ): Promise<RoomPage> {
    const url = checkedUrl(this.#url)
    const question = checked({ type: 'list', version: PROTOCOL_VERSION, filter: given(filter), after, limit, token })
    const Implementation = this.#webSocket ?? webSocketImplementation()
    return opening<RoomPage>(context, this.#deadline(url), ({ resolve, reject }) =>
      connect(Implementation, url, question, {
        answered(answer, link) {
          if (answer.type !== 'rooms') return unexpected(answer)
          resolve({ rooms: answer.rooms, next: answer.next })
          link.close()
          return NOBODY
        },
        failed: reject,
      }),
    )
  }

  #deadline(url: string): Deadline {
    return { ms: this.#timeoutMs, error: () => this.#timeoutError(url) }
  }

  #timeoutError(url: string): NetError {
    return new NetError('ERR_TIMEOUT', `${url} did not answer within ${this.#timeoutMs} ms.`)
  }
}

function checkedUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    const message = `"${text}" is no URL. Give the signaling server as ws://… or wss://….`
    throw new NetError('ERR_SIGNALING_URL', message, { cause })
  }
  if ((url.protocol === 'ws:' || url.protocol === 'wss:') && url.hash === '') return url.href
  throw new NetError('ERR_SIGNALING_URL', `"${text}" is not a ws: or wss: URL (without a #fragment).`)
}

/** Whom a socket serves once it was answered. */
type Receiver = Pick<WebSocketSession, 'receive' | 'linkBroken'>

/** For a socket that has done its work. */
const NOBODY: Receiver = { receive() {}, linkBroken() {} }

interface ConnectEvents {
  /** The server's answer. @throws {NetError} when it is not the one that was asked for. */
  answered(answer: ServerMessage, link: ServerLink): Receiver
  failed(error: NetError): void
}

function unexpected({ type }: ServerMessage): never {
  throw new NetError('ERR_SIGNALING_PROTOCOL', `The signaling server answers ${type} to another question.`)
}

/** `filter` without what was left out; undefined when that is everything. */
function given(filter: object): object | undefined {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** Connects and says `first`. Returns what gives the attempt up. */
function connect(
  Implementation: WebSocketConstructor,
  url: string,
  first: ClientMessage,
  { answered, failed }: ConnectEvents,
): () => void {
  const socket = construct(Implementation, url)
  const link = new SocketLink(socket)
  let receiver: Receiver | undefined
  let connected = false
  let givenUp = false

  const answer = (input: ServerInput) => {
    if (input.kind === 'unknown') return
    if (input.kind === 'malformed') return failed(protocolError(url, input.reason))
    const { message } = input
    if (message.type === 'pong') return
    if (message.type === 'error' || message.type === 'closed') return failed(remoteError(message.code, message.message))
    try {
      receiver = answered(message, link)
      // Says that the answer is here: until then the secret that was shown is good once more.
      if (first.type === 'resume') link.send({ type: 'ping' })
    } catch (error) {
      failed(toNetError(error, 'ERR_SIGNALING_PROTOCOL', `${url} cannot be understood.`))
    }
  }

  socket.addEventListener('open', () => {
    connected = true
    link.send(first)
  })
  socket.addEventListener('message', ({ data }) => {
    const input = readServerMessage(data)
    if (receiver) receiver.receive(input)
    // A closing socket still delivers what was under way.
    else if (!givenUp) answer(input)
  })
  // Says nothing about the reason in browsers; `close` follows it always.
  socket.addEventListener('error', () => {})
  socket.addEventListener('close', ({ code, reason }) => {
    const error = brokenLinkError(url, connected, receiver !== undefined, code, reason)
    if (receiver) receiver.linkBroken(link, error)
    else failed(error)
  })
  return () => {
    givenUp = true
    link.close()
  }
}

function construct(Implementation: WebSocketConstructor, url: string): WebSocketLike {
  try {
    return new Implementation(url)
  } catch (cause) {
    // Browsers: `ws:` on an `https:` page, or a blocked port.
    throw new NetError('ERR_SIGNALING_URL', `A WebSocket to ${url} is not allowed from here.`, { cause })
  }
}

function protocolError(url: string, reason: string): NetError {
  return new NetError('ERR_SIGNALING_PROTOCOL', `${url} does not answer like a signaling server: ${reason}.`)
}

function brokenLinkError(url: string, connected: boolean, joined: boolean, code: number, reason: string): NetError {
  const why = reason === '' ? `code ${code}` : `code ${code}: ${reason}`
  if (joined) return new NetError('ERR_SIGNALING_UNREACHABLE', `The link to ${url} broke (${why}).`)
  if (connected) return new NetError('ERR_SIGNALING_UNREACHABLE', `${url} closed before it answered (${why}).`)
  return new NetError('ERR_SIGNALING_UNREACHABLE', `Nothing can be reached at ${url}. Is the signaling server running?`)
}

/** The socket as the session uses it: never throws. */
class SocketLink implements ServerLink {
  readonly #socket: WebSocketLike

  constructor(socket: WebSocketLike) {
    this.#socket = socket
  }

  send(message: ClientMessage): void {
    // 1 is OPEN. A socket that is closing has told its session, or is about to.
    if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify(message))
  }

  close(): void {
    this.#socket.close(1000)
  }
}
