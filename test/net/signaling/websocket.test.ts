import { describe, expect, it } from 'vitest'
import { WebSocket as NodeWebSocket } from 'ws'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import {
  CHECK_TIMEOUT_MS,
  ICE_SERVERS_WAIT_MS,
  MAX_BAD_MESSAGES,
  PING_PERIOD_MS,
  SIGNALING_TIMEOUT_MS,
} from '../../../src/net/signaling/constants.ts'
import { setWebSocketImplementation, WebSocketSignaling } from '../../../src/net/signaling/index.ts'
import { attempt, FRESH, JOINED, joined, PEER, ScriptedSocket } from './scripted-socket.ts'
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
