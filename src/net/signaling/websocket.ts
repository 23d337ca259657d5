// Signaling through a server: the socket. What the messages mean is in websocket-session.ts.

import { NetError } from '../errors.ts'
import { SIGNALING_TIMEOUT_MS } from './constants.ts'
import type { EntryMessage } from './entry.ts'
import { entryMessage } from './entry.ts'
import { remoteError } from './error-codes.ts'
import type { ClientMessage } from './messages.ts'
import type { Outcome } from './opening.ts'
import { opening } from './opening.ts'
import type { ServerInput } from './server-messages.ts'
import { readServerMessage } from './server-messages.ts'
import type { SignalingContext, SignalingRequest, SignalingSession, SignalingTransport } from './transport.ts'
import type { WebSocketConstructor, WebSocketLike } from './websocket-implementation.ts'
import { webSocketImplementation } from './websocket-implementation.ts'
import type { ServerLink } from './websocket-session.ts'
import { WebSocketSession } from './websocket-session.ts'

export interface WebSocketSignalingOptions {
  /** How long `open` waits for the connection and the answer together, in ms. Default SIGNALING_TIMEOUT_MS. */
  readonly timeoutMs?: number
  /** Used instead of the registered or the global WebSocket. */
  readonly webSocket?: WebSocketConstructor
}

/** Rooms on a signaling server (`skein/server`). Every `open` has a socket of its own. */
export class WebSocketSignaling implements SignalingTransport {
  readonly #url: string
  readonly #timeoutMs: number
  readonly #webSocket: WebSocketConstructor | undefined

  /**
   * @param url A `ws:` or `wss:` URL. A bad one is reported by `open`.
   * @throws {NetError} ERR_INVALID_PARAMETER for an option.
   */
  constructor(url: string | URL, options: WebSocketSignalingOptions = {}) {
    const { timeoutMs = SIGNALING_TIMEOUT_MS, webSocket } = options
    if (!(timeoutMs > 0 && Number.isFinite(timeoutMs))) {
      throw new NetError('ERR_INVALID_PARAMETER', 'timeoutMs is a number of milliseconds above 0.')
    }
    this.#url = String(url)
    this.#timeoutMs = timeoutMs
    this.#webSocket = webSocket
  }

  /** See SignalingTransport.open. @throws {NetError} also ERR_DRIVER_MISSING in a Node without a WebSocket. */
  async open(request: SignalingRequest, context: SignalingContext): Promise<SignalingSession> {
    const url = checkedUrl(this.#url)
    const entry = entryMessage(request)
    const Implementation = this.#webSocket ?? webSocketImplementation()
    const deadline = { ms: this.#timeoutMs, error: () => this.#timeoutError(url) }
    return opening(context, deadline, (outcome) => connect(Implementation, url, entry, context, outcome))
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

/** Connects and enters; reports to `outcome`. Returns what gives the attempt up. */
function connect(
  Implementation: WebSocketConstructor,
  url: string,
  entry: EntryMessage,
  { clock }: SignalingContext,
  { resolve, reject }: Outcome,
): () => void {
  const socket = construct(Implementation, url)
  const link = new SocketLink(socket)
  let session: WebSocketSession | undefined
  let connected = false
  let givenUp = false

  const answer = (input: ServerInput) => {
    if (input.kind === 'unknown') return
    if (input.kind === 'malformed') return reject(protocolError(url, input.reason))
    const { message } = input
    if (message.type === 'joined') {
      session = new WebSocketSession(message, link, clock)
      return resolve(session)
    }
    if (message.type === 'error' || message.type === 'closed') return reject(remoteError(message.code, message.message))
    if (message.type !== 'pong') reject(protocolError(url, `${message.type} came before joined`))
  }

  socket.addEventListener('open', () => {
    connected = true
    link.send(entry)
  })
  socket.addEventListener('message', ({ data }) => {
    const input = readServerMessage(data)
    if (session) session.receive(input)
    // A closing socket still delivers what was under way.
    else if (!givenUp) answer(input)
  })
  // Says nothing about the reason in browsers; `close` follows it always.
  socket.addEventListener('error', () => {})
  socket.addEventListener('close', ({ code, reason }) => {
    const error = brokenLinkError(url, connected, session !== undefined, code, reason)
    if (session) session.end(error)
    else reject(error)
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
