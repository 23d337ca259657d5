import { describe, expect, it } from 'vitest'
import { WebSocket as NodeWebSocket } from 'ws'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import {
  CHECK_TIMEOUT_MS,
  ICE_SERVERS_WAIT_MS,
  MAX_BAD_MESSAGES,
  PING_PERIOD_MS,
  RECONNECT_FIRST_MS,
  SIGNALING_TIMEOUT_MS,
} from '../../../src/net/signaling/constants.ts'
import {
  type ServerMessage,
  setWebSocketImplementation,
  type WebSocketLike,
  WebSocketSignaling,
} from '../../../src/net/signaling/index.ts'
import { context, Member, offer, rejection, thrown } from './support.ts'
import { runTransportSuite } from './transport-suite.ts'

runTransportSuite('WebSocketSignaling', async () => {
  setWebSocketImplementation(NodeWebSocket)
  const server = await createSignalingServer({ host: '127.0.0.1' })
  return {
    transport: () => new WebSocketSignaling(server.url),
    close: async () => {
      setWebSocketImplementation(undefined)
      await server.close()
    },
  }
})

/** A socket whose other end is the test. */
class ScriptedSocket implements WebSocketLike {
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

const PRESENCE = { name: '', properties: {}, visible: true }
const PEER = { life: 1, presence: PRESENCE }
const SECRET = '0123456789abcdef0123456789abcdef'
const JOINED = {
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
async function attempt({ reconnect = false, ...options }: { signal?: AbortSignal; reconnect?: boolean } = {}) {
  const clock = new VirtualClock()
  const transport = new WebSocketSignaling('ws://signaling.example/x?y=1', { webSocket: ScriptedSocket, reconnect })
  const within = { clock, random: seededRandom(1), ...options }
  const opening = transport.open({ action: 'join', room: 'aaabbbccc', token: 'secret' }, within)
  opening.catch(() => {})
  return { clock, opening, socket: ScriptedSocket.last }
}

const FRESH = [{ urls: 'turn:fresh.example', username: 'u', credential: 'c' }]

async function joined(options: { reconnect?: boolean } = {}) {
  const { clock, opening, socket } = await attempt(options)
  socket.emit('open')
  socket.serve({ ...JOINED, peers: [...JOINED.peers], iceServers: [...JOINED.iceServers] })
  const member = new Member(await opening)
  return { clock, socket, member, errors: () => member.events.filter((event) => event.type === 'error') }
}

describe('a WebSocketSignaling that cannot open', () => {
  const create = { action: 'create', topology: 'mesh' } as const

  it('names a bad URL', async () => {
    for (const url of ['', 'signaling', '/signaling', 'http://x.example', 'wss://', 'ws://x.example/#fragment']) {
      const transport = new WebSocketSignaling(url, { webSocket: ScriptedSocket })
      expect(await rejection(transport.open(create, context())), url).toBe('ERR_SIGNALING_URL')
    }
  })

  it('reports a URL that the browser forbids', async () => {
    class Forbidden extends ScriptedSocket {
      constructor(url: string) {
        super(url)
        throw new DOMException('mixed content', 'SecurityError')
      }
    }
    const transport = new WebSocketSignaling('ws://x.example', { webSocket: Forbidden })
    expect(await rejection(transport.open(create, context()))).toBe('ERR_SIGNALING_URL')
  })

  it.skipIf('WebSocket' in globalThis)('says what to import where Node has no WebSocket', async () => {
    const opening = new WebSocketSignaling('ws://127.0.0.1:9').open(create, context())
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_DRIVER_MISSING',
      message: expect.stringContaining("import 'skein/node'"),
    })
  })

  it('says that nobody listens', async () => {
    const server = await createSignalingServer({ host: '127.0.0.1' })
    const { url } = server
    await server.close()
    const transport = new WebSocketSignaling(url, { webSocket: NodeWebSocket })
    expect(await rejection(transport.open(create, context()))).toBe('ERR_SIGNALING_UNREACHABLE')
  })

  it('says that the server closed before it answered', async () => {
    const { opening, socket } = await attempt()
    socket.emit('open')
    socket.emit('close', { code: 1006, reason: '' })
    expect(await rejection(opening)).toBe('ERR_SIGNALING_UNREACHABLE')
  })

  it('gives up a silent server in time, and closes the socket', async () => {
    const { clock, opening, socket } = await attempt()
    socket.emit('open')
    clock.advance(SIGNALING_TIMEOUT_MS)
    expect(await rejection(opening)).toBe('ERR_TIMEOUT')
    expect(socket.readyState).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([
    ['no JSON', 'hello'],
    ['binary', new ArrayBuffer(4)],
    ['no message', '[]'],
    ['a message without its parts', '{"type":"joined","id":1}'],
    ['a bad id', JSON.stringify({ ...JOINED, id: 0 })],
    ['too much', JSON.stringify({ ...JOINED, padding: 'x'.repeat(200_000) })],
    ['an event instead of an answer', '{"type":"peer_joined","id":3}'],
  ])('does not take %s for an answer', async (_, data) => {
    const { clock, opening, socket } = await attempt()
    socket.emit('open')
    socket.emit('message', { data })
    expect(await rejection(opening)).toBe('ERR_SIGNALING_PROTOCOL')
    expect(socket.readyState).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })

  it('passes on why the server refused, and a code that it does not know as ERR_SIGNALING_PROTOCOL', async () => {
    for (const [sent, code] of [
      ['ERR_TOKEN_REFUSED', 'ERR_TOKEN_REFUSED'],
      ['ERR_FROM_THE_FUTURE', 'ERR_SIGNALING_PROTOCOL'],
      ['toString', 'ERR_SIGNALING_PROTOCOL'],
    ] as const) {
      const { opening, socket } = await attempt()
      socket.emit('open')
      socket.serve({ type: 'error', code: sent, message: 'no' })
      expect(await rejection(opening)).toBe(code)
    }
  })

  it('closes the socket when the caller aborts, and stays aborted', async () => {
    const controller = new AbortController()
    const { clock, opening, socket } = await attempt({ signal: controller.signal })
    controller.abort()
    socket.emit('open')
    socket.serve({ ...JOINED })
    expect(await rejection(opening)).toBe('ERR_ABORTED')
    expect(socket.readyState).not.toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('refuses a timeout that is none', () => {
    expect(thrown(() => new WebSocketSignaling('ws://x.example', { timeoutMs: 0 }))).toBe('ERR_INVALID_PARAMETER')
  })
})

describe('a WebSocketSignaling session', () => {
  it('enters with one message and ignores what it does not know', async () => {
    const { opening, socket } = await attempt()
    expect(socket.sent).toEqual([])
    socket.emit('open')
    expect(socket.url).toBe('ws://signaling.example/x?y=1')
    expect(socket.sent).toEqual([{ type: 'join', version: 2, room: 'AAA-BBB-CCC', token: 'secret' }])
    socket.serve({ type: 'welcome_to_version_9' })
    socket.serve({ ...JOINED, motd: 'hello' })
    const session = await opening
    expect(session.room).toEqual(JOINED.room)
    expect(session.iceServers).toEqual([{ urls: 'stun:stun.example' }])
  })

  it('loses nothing that comes right behind the answer', async () => {
    const { opening, socket } = await attempt()
    socket.emit('open')
    socket.serve({ ...JOINED })
    socket.serve({ type: 'signal', from: 9, signal: offer('at once') })
    const member = new Member(await opening)
    expect(member.events.map(({ type }) => type)).toEqual(['peerJoined', 'signal'])
  })

  it('ignores events of types that it does not know', async () => {
    const { socket, member } = await joined()
    socket.serve({ type: 'weather', sunny: true })
    expect(member.events.map(({ type }) => type)).toEqual(['peerJoined'])
  })

  it('reports broken messages, and ends after too many', async () => {
    const { socket, member, errors, clock } = await joined()
    socket.emit('message', { data: '{' })
    socket.serve({ type: 'peer_joined', id: 'x' })
    socket.serve({ ...JOINED })
    expect(errors().map(({ error }) => error.code)).toEqual(Array(3).fill('ERR_SIGNALING_PROTOCOL'))
    for (let bad = 3; bad < MAX_BAD_MESSAGES; bad++) socket.emit('message', { data: new ArrayBuffer(1) })
    expect(member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_PROTOCOL' } })
    expect(socket.readyState).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })

  it('announces a peer once, never itself, and drops signals of peers that it was not told of', async () => {
    const { socket, member } = await joined()
    for (const id of [9, 5, 7, 7]) socket.serve({ type: 'peer_joined', id, ...PEER })
    socket.serve({ type: 'signal', from: 8, signal: offer('who?') })
    socket.serve({ type: 'peer_left', id: 7 })
    socket.serve({ type: 'peer_left', id: 7 })
    socket.serve({ type: 'signal', from: 7, signal: offer('late') })
    expect(member.events).toMatchObject([
      { type: 'peerJoined', id: 9, offer: true },
      { type: 'peerJoined', id: 7, offer: false },
      { type: 'peerLeft', id: 7 },
    ])
  })

  it('follows the host and the seal', async () => {
    const { socket, member } = await joined()
    socket.serve({ type: 'room', room: { ...JOINED.room, host: 5 } })
    socket.serve({ type: 'room', room: { ...JOINED.room, host: 5, sealed: true } })
    expect(member.session.room).toEqual({ ...JOINED.room, host: 5, sealed: true })
    expect(member.events.filter(({ type }) => type === 'room')).toHaveLength(2)
  })

  it('pings, and lives as long as anything is answered', async () => {
    const { clock, socket, member } = await joined()
    for (let round = 0; round < 5; round++) {
      clock.advance(PING_PERIOD_MS)
      socket.serve(round % 2 ? { type: 'pong' } : { type: 'weather' })
    }
    expect(socket.sent.filter(({ type }) => type === 'ping')).toHaveLength(5)
    expect(member.events.map(({ type }) => type)).toEqual(['peerJoined'])
  })

  it('ends when a ping stays unanswered', async () => {
    const { clock, socket, member } = await joined()
    clock.advance(2 * PING_PERIOD_MS - 1)
    expect(member.events.at(-1)?.type).toBe('peerJoined')
    clock.advance(1)
    expect(member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
    expect(socket.readyState).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })

  it('is taken for broken soon when it is asked to look and nothing is answered', async () => {
    const { clock, socket, member } = await joined()
    member.session.check?.()
    member.session.check?.()
    expect(socket.sent.filter(({ type }) => type === 'ping')).toHaveLength(1)
    clock.advance(CHECK_TIMEOUT_MS - 1)
    socket.serve({ type: 'pong' })
    clock.advance(CHECK_TIMEOUT_MS)
    expect(member.events.at(-1)?.type).toBe('peerJoined')
    member.session.check?.()
    clock.advance(CHECK_TIMEOUT_MS)
    expect(member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends when the link breaks, and with the reason when the server closes it', async () => {
    const broken = await joined()
    broken.socket.emit('close', { code: 1006, reason: '' })
    expect(broken.member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
    const closed = await joined()
    closed.socket.serve({ type: 'closed', code: 'ERR_ROOM_CLOSED', message: 'over' })
    closed.socket.emit('close', { code: 1000, reason: '' })
    expect(closed.member.events.filter(({ type }) => type === 'closed')).toMatchObject([
      { error: { code: 'ERR_ROOM_CLOSED', message: 'over' } },
    ])
  })

  it('says goodbye when it is closed, and nothing after that', async () => {
    const { clock, socket, member } = await joined()
    member.session.close()
    expect(socket.sent.at(-1)).toEqual({ type: 'leave' })
    const count = socket.sent.length
    member.session.send(9, offer('x'))
    member.session.close()
    socket.serve({ type: 'peer_joined', id: 7, ...PEER })
    expect(socket.sent).toHaveLength(count)
    expect(member.events.map(({ type }) => type)).toEqual(['peerJoined'])
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the ICE servers of a WebSocketSignaling', () => {
  it('are those that the server told last, asked or not', async () => {
    const { socket, member } = await joined()
    expect(member.session.iceServers).toEqual([{ urls: 'stun:stun.example' }])
    socket.serve({ type: 'ice_servers', iceServers: FRESH })
    expect(member.session.iceServers).toEqual(FRESH)
  })

  it('are asked for once, however many wait for them', async () => {
    const { clock, socket, member } = await joined()
    const before = clock.pendingTimers
    const answers = [member.session.refreshIceServers!(), member.session.refreshIceServers!()]
    expect(socket.sent.filter(({ type }) => type === 'ice_servers').length).toBe(1)
    socket.serve({ type: 'ice_servers', iceServers: FRESH })
    expect(await Promise.all(answers)).toEqual([FRESH, FRESH])
    expect(clock.pendingTimers).toBe(before)
  })

  it('are the old ones where the server is silent, or gone', async () => {
    const old = [{ urls: 'stun:stun.example' }]
    const { clock, socket, member } = await joined()
    const silent = member.session.refreshIceServers!()
    clock.advance(ICE_SERVERS_WAIT_MS)
    expect(await silent).toEqual(old)
    const cut = member.session.refreshIceServers!()
    socket.emit('close', { code: 1006, reason: '' })
    const gone = member.session.refreshIceServers!()
    clock.advance(ICE_SERVERS_WAIT_MS)
    expect(await Promise.all([cut, gone])).toEqual([old, old])
  })
})

describe('a WebSocketSignaling session whose link breaks', () => {
  /** It breaks, and the next attempt reaches the server. */
  async function broken() {
    const { clock, socket, member } = await joined({ reconnect: true })
    socket.emit('close', { code: 1006, reason: '' })
    clock.advance(RECONNECT_FIRST_MS)
    const again = ScriptedSocket.last
    expect(again).not.toBe(socket)
    again.emit('open')
    return { clock, socket, member, again }
  }

  it('comes back to its place by itself, and learns what happened meanwhile', async () => {
    const { clock, member, again } = await broken()
    expect(again.sent).toEqual([{ type: 'resume', version: 2, room: 'AAA-BBB-CCC', id: 5, secret: SECRET }])
    const secret = 'f'.repeat(32)
    const room = { ...JOINED.room, sealed: true }
    const peers = [
      { id: 9, offer: true, ...PEER },
      { id: 11, offer: false, ...PEER },
    ]
    again.serve({ ...JOINED, room, peers, resume: { secret, graceMs: 30_000 } })
    expect(member.events.slice(1)).toMatchObject([
      { type: 'interrupted', error: { code: 'ERR_SIGNALING_UNREACHABLE' } },
      { type: 'restored' },
      { type: 'room', room: { sealed: true } },
      { type: 'peerBack', id: 9 },
      { type: 'peerJoined', id: 11, offer: false },
    ])
    expect(member.session.place).toBe(`AAA-BBB-CCC 5 ${secret}`)
    // Which tells the server that the secret is here.
    expect(again.sent.at(-1)).toEqual({ type: 'ping' })
    member.session.send(9, offer('x'))
    expect(again.sent.at(-1)).toMatchObject({ type: 'signal', to: 9 })
    clock.advance(PING_PERIOD_MS)
    expect(again.sent.at(-1)).toEqual({ type: 'ping' })
    member.session.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('tries again with the same secret when the answer is lost, and with the new one only once that is here', async () => {
    const { clock, member, again } = await broken()
    again.emit('close', { code: 1006, reason: '' })
    await turn()
    clock.advance(2 * RECONNECT_FIRST_MS)
    const third = ScriptedSocket.last
    expect(third).not.toBe(again)
    third.emit('open')
    expect(third.sent).toEqual([{ type: 'resume', version: 2, room: 'AAA-BBB-CCC', id: 5, secret: SECRET }])
    const secret = 'f'.repeat(32)
    third.serve({ ...JOINED, resume: { secret, graceMs: 30_000 } })
    await turn()
    third.emit('close', { code: 1006, reason: '' })
    clock.advance(RECONNECT_FIRST_MS)
    ScriptedSocket.last.emit('open')
    expect(ScriptedSocket.last.sent).toMatchObject([{ type: 'resume', secret }])
    expect(member.events.map(({ type }) => type)).not.toContain('closed')
    member.session.close()
  })

  it('brings fresh ICE servers to those who asked for them before or meanwhile', async () => {
    const { clock, socket, member } = await joined({ reconnect: true })
    const old = member.session.iceServers
    const before = member.session.refreshIceServers!()
    socket.emit('close', { code: 1006, reason: '' })
    const meanwhile = member.session.refreshIceServers!()
    clock.advance(RECONNECT_FIRST_MS)
    const again = ScriptedSocket.last
    again.emit('open')
    expect(again.sent.map(({ type }) => type)).toEqual(['resume'])
    again.serve({ ...JOINED, iceServers: FRESH })
    expect(await Promise.all([before, meanwhile])).toEqual([FRESH, FRESH])
    expect(old).not.toEqual(FRESH)
  })

  it('tells apart who left and who came anew under the same id', async () => {
    const { member, again } = await broken()
    again.serve({ ...JOINED, peers: [{ id: 9, offer: false, ...PEER, life: 7 }] })
    expect(member.events.slice(3)).toMatchObject([
      { type: 'peerLeft', id: 9 },
      { type: 'peerJoined', id: 9, offer: false },
    ])
  })

  it('learns who else of its star came, left and changed meanwhile, and who is a player only', async () => {
    const { clock, opening, socket } = await attempt({ reconnect: true })
    const [ada, bob] = [
      { ...PRESENCE, name: 'Ada' },
      { ...PRESENCE, name: 'Bob' },
    ]
    const players = [
      { id: 7, presence: ada },
      { id: 8, presence: ada },
      { id: 9, presence: ada },
    ]
    socket.emit('open')
    socket.serve({ ...JOINED, players })
    const member = new Member(await opening)
    socket.serve({ type: 'player_joined', id: 5, presence: ada })
    socket.serve({ type: 'player_left', id: 9 })
    socket.serve({ type: 'peer_left', id: 7 })
    socket.serve({ type: 'peer_back', id: 7 })
    socket.serve({ type: 'signal', from: 7, signal: offer('behind the back of the host') })
    socket.serve({ type: 'presence', id: 6, presence: bob })
    expect(member.events).toMatchObject([
      { type: 'peerJoined', id: 9 },
      { type: 'playerJoined', id: 7, presence: ada },
      { type: 'playerJoined', id: 8, presence: ada },
    ])
    socket.emit('close', { code: 1006, reason: '' })
    clock.advance(RECONNECT_FIRST_MS)
    ScriptedSocket.last.emit('open')
    const now = [
      { id: 8, presence: bob },
      { id: 10, presence: bob },
    ]
    ScriptedSocket.last.serve({ ...JOINED, players: now })
    expect(member.events.slice(3)).toMatchObject([
      { type: 'interrupted' },
      { type: 'restored' },
      { type: 'playerLeft', id: 7 },
      { type: 'peerBack', id: 9 },
      { type: 'presence', id: 8, presence: bob },
      { type: 'playerJoined', id: 10, presence: bob },
    ])
  })

  it('keeps what the player says of itself, and refuses the rest, until there is a link', async () => {
    const { clock, socket, member } = await joined({ reconnect: true })
    socket.emit('close', { code: 1012, reason: 'resume' })
    member.session.request?.({ type: 'presence', presence: { name: 'Ada' } })
    member.session.seal(true)
    member.session.send(9, offer('lost'))
    await Promise.resolve()
    expect(member.events.at(-1)).toMatchObject({ type: 'error', error: { code: 'ERR_UNAVAILABLE' } })
    clock.advance(RECONNECT_FIRST_MS)
    const again = ScriptedSocket.last
    again.emit('open')
    again.serve({ ...JOINED })
    expect(again.sent.slice(1)).toEqual([{ type: 'presence', presence: { name: 'Ada' } }, { type: 'ping' }])
  })

  it('tries less and less often, and ends when the server keeps its place no longer', async () => {
    const { clock, socket, member } = await joined({ reconnect: true })
    socket.emit('close', { code: 1006, reason: '' })
    const times: number[] = []
    let last = socket
    for (let ms = 0; ms < 60_000; ms += 10) {
      clock.advance(10)
      if (ScriptedSocket.last === last) continue
      last = ScriptedSocket.last
      times.push(ms)
      last.emit('close', { code: 1006, reason: '' })
      await turn()
    }
    expect(times.length).toBeGreaterThan(7)
    expect(times.length).toBeLessThan(20)
    expect(times.at(-1)).toBeGreaterThan(20_000)
    expect(times.at(-1)).toBeLessThan(36_000)
    expect(member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends at once when it is told that its place is gone', async () => {
    const { clock, member, again } = await broken()
    again.serve({ type: 'error', code: 'ERR_DOES_NOT_EXIST', message: 'gone' })
    await turn()
    expect(member.events.at(-1)).toMatchObject({ type: 'closed', error: { code: 'ERR_SIGNALING_UNREACHABLE' } })
    expect(clock.pendingTimers).toBe(0)
  })

  it('stops trying when it is closed', async () => {
    const { clock, member, again } = await broken()
    member.session.close()
    again.serve({ ...JOINED })
    expect(again.readyState).toBe(3)
    expect(clock.pendingTimers).toBe(0)
  })
})

/** Lets promises that can go on go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
