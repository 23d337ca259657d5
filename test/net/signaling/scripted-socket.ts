// A signaling server that is played by the test, one message at a time.

import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { type ServerMessage, type WebSocketLike, WebSocketSignaling } from '../../../src/net/signaling/index.ts'
import { Member } from './support.ts'

/** A socket whose other end is the test. */
export class ScriptedSocket implements WebSocketLike {
  static last: ScriptedSocket
  readonly url: string
  readyState = 0
  readonly sent: Record<string, unknown>[] = []
  readonly #listeners = new Map<string, ((event: never) => void)[]>()

  constructor(url: string) {
    this.url = url
    ScriptedSocket.last = this
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.readyState = 3
  }

  emit(type: string, event: unknown = {}): void {
    if (type === 'open') this.readyState = 1
    if (type === 'close') this.readyState = 3
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never)
  }

  serve(message: ServerMessage | Record<string, unknown>): void {
    this.emit('message', { data: JSON.stringify(message) })
  }
}

export const PRESENCE = { name: '', properties: {}, visible: true }
export const PEER = { life: 1, presence: PRESENCE }
export const SECRET = '0123456789abcdef0123456789abcdef'
export const JOINED = {
  type: 'joined',
  id: 5,
  room: {
    code: 'AAA-BBB-CCC',
    topology: 'mesh',
    maxPeers: 8,
    sealed: false,
    host: 9,
    public: false,
    locked: false,
    whenHostLeaves: 'close',
    metadata: {},
  },
  peers: [{ id: 9, offer: true, ...PEER }],
  iceServers: [{ urls: 'stun:stun.example' }],
  resume: { secret: SECRET, graceMs: 30_000 },
} as const

/** An `open` under way, with its socket and its time in the hands of the test. */
export async function attempt({ reconnect = false, ...options }: { signal?: AbortSignal; reconnect?: boolean } = {}) {
  const clock = new VirtualClock()
  const transport = new WebSocketSignaling('ws://signaling.example/x?y=1', { webSocket: ScriptedSocket, reconnect })
  const within = { clock, random: seededRandom(1), ...options }
  const opening = transport.open({ action: 'join', room: 'aaabbbccc', token: 'secret' }, within)
  opening.catch(() => {})
  return { clock, opening, socket: ScriptedSocket.last }
}

export async function joined(options: { reconnect?: boolean } = {}) {
  const { clock, opening, socket } = await attempt(options)
  socket.emit('open')
  socket.serve({ ...JOINED, peers: [...JOINED.peers], iceServers: [...JOINED.iceServers] })
  const member = new Member(await opening)
  return { clock, socket, member, errors: () => member.events.filter((event) => event.type === 'error') }
}

export const FRESH = [{ urls: 'turn:fresh.example', username: 'u', credential: 'c' }]
