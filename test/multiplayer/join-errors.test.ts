// Every way in which joining fails: a NetError with its own code, and a sentence that says what to do.

import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { SignalingServerOptions } from '../../server/signaling/options.ts'
import { createSignalingServer } from '../../server/signaling/server.ts'
import { hostRoom, joinRoom } from '../../src/multiplayer/join-room.ts'
import type { JoinRoomOptions } from '../../src/multiplayer/room-types.ts'
import { VirtualClock } from '../../src/net/clock.ts'
import { setPlatformDriver } from '../../src/net/drivers/chosen-driver.ts'
import { nodeDriver } from '../../src/net/drivers/node.ts'
import { systemRandom } from '../../src/net/random.ts'
import { MemorySignaling } from '../../src/net/signaling/memory.ts'
import type { SignalingRequest, SignalingTransport } from '../../src/net/signaling/transport.ts'
import { WebSocketSignaling } from '../../src/net/signaling/websocket.ts'
import { rejection } from '../support/net-errors.ts'
import { atEnd, closeAll, join, LOOPBACK, until } from '../support/peers.ts'
import { turn } from '../support/turn.ts'

afterEach(async () => {
  setPlatformDriver(nodeDriver)
  await closeAll()
})

async function startServer(options: SignalingServerOptions = {}): Promise<string> {
  const server = await createSignalingServer({ host: '127.0.0.1', ...options })
  atEnd(() => server.close())
  return server.url
}

/** A TCP server that takes connections and says nothing. */
async function startSilentServer(): Promise<{ server: Server; url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    atEnd(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => server.close())
  const address = server.address()
  return { server, url: `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` }
}

const refused = (options: JoinRoomOptions) => rejection(joinRoom({ node: LOOPBACK, ...options }))

describe('the signaling server', () => {
  it.each(['', 'my-server', 'http://example.org', 'ftp://example.org', 'ws://', 'wss://example.org/#part'])(
    'at "%s" is no address that can be used',
    async (signaling) => {
      const error = await refused({ signaling })
      expect(error.code).toBe('ERR_SIGNALING_URL')
      expect(error.message).toMatch(/ws:|wss:/)
    },
  )

  it('that is not running is unreachable', async () => {
    const { server, url } = await startSilentServer()
    await new Promise((resolve) => server.close(resolve))
    const error = await refused({ signaling: url })
    expect(error.code).toBe('ERR_SIGNALING_UNREACHABLE')
    expect(error.message).toContain('Is the signaling server running?')
  })

  it('that does not answer times out', async () => {
    const { url } = await startSilentServer()
    const error = await refused({ signaling: new WebSocketSignaling(url, { timeoutMs: 50 }) })
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toContain('did not answer within 50 ms')
  })
})

describe('the room', () => {
  it('that nobody has is not found', async () => {
    const signaling = await startServer()
    const error = await refused({ signaling, room: 'K7M-3QX-WPD' })
    expect(error.code).toBe('ERR_ROOM_NOT_FOUND')
    expect(error.message).toContain('K7M-3QX-WPD')
    expect((await refused({ signaling, room: '' })).code).toBe('ERR_ROOM_NOT_FOUND')
  })

  it('that is full takes nobody more, until somebody leaves', async () => {
    const signaling = await startServer()
    const first = await join({ signaling, maxPeers: 2 })
    const second = await join({ signaling, room: first.code })
    const error = await refused({ signaling, room: first.code })
    expect(error.code).toBe('ERR_ROOM_FULL')
    expect(error.message).toContain('later')
    await second.leave()
    for (;;) {
      try {
        await join({ signaling, room: first.code })
        break
      } catch (problem) {
        expect(problem).toMatchObject({ code: 'ERR_ROOM_FULL' })
      }
    }
  })

  it('that is sealed takes nobody more, until it is opened', async () => {
    const signaling = await startServer()
    const room = await join({ signaling })
    room.seal()
    await until(() => room.sealed)
    const error = await refused({ signaling, room: room.code })
    expect(error.code).toBe('ERR_ROOM_SEALED')
    expect(error.message).toContain('sealed')
    room.seal(false)
    await until(() => !room.sealed)
    await join({ signaling, room: room.code })
  })

  it('whose server refuses the token is not entered', async () => {
    const signaling = await startServer({ authorize: ({ token }) => token === 'friend' })
    const room = await join({ signaling, token: 'friend' })
    for (const token of ['foe', undefined]) {
      const error = await refused({ signaling, room: room.code, token })
      expect(error.code).toBe('ERR_TOKEN_REFUSED')
      expect(error.message.length).toBeGreaterThan(20)
    }
    await join({ signaling, room: room.code, token: 'friend' })
  })

  it('whose host goes while it is joined is closed', async () => {
    const signaling = new MemorySignaling()
    const clock = new VirtualClock()
    const host = await signaling.open({ action: 'create', topology: 'star' }, { clock, random: systemRandom })
    host.listen(() => {})
    const joining = refused({ signaling, room: host.room.code })
    for (let i = 0; i < 5; i++) await turn()
    host.close()
    expect((await joining).code).toBe('ERR_ROOM_CLOSED')
  })

  it('whose host is never reached times out', async () => {
    const signaling = new MemorySignaling()
    const clock = new VirtualClock()
    const host = await signaling.open({ action: 'create', topology: 'star' }, { clock, random: systemRandom })
    let offered = false
    host.listen((event) => {
      offered ||= event.type === 'signal'
    })
    const joining = refused({ signaling, room: host.room.code, clock })
    await until(() => offered)
    clock.advance(15_000)
    const error = await joining
    expect(error.code).toBe('ERR_TIMEOUT')
    expect(error.message).toContain('Peer 1 could not be reached within 15 s')
    expect(clock.pendingTimers).toBe(0)
  })
})

/** A transport that is never to be opened. */
class Untouched implements SignalingTransport {
  readonly requests: SignalingRequest[] = []

  open(request: SignalingRequest): Promise<never> {
    this.requests.push(request)
    return new Promise(() => {})
  }
}

describe('this machine', () => {
  it('without a driver: says what to import, and no place in the room is taken', async () => {
    setPlatformDriver(undefined)
    const signaling = new Untouched()
    const error = await refused({ signaling })
    expect(error.code).toBe('ERR_DRIVER_MISSING')
    expect(error.message).toContain("import 'skein/node'")
    expect(signaling.requests).toEqual([])
  })

  it('being a browser without WebRTC: says so, and no place in the room is taken', async () => {
    setPlatformDriver(undefined)
    const page = globalThis as { document?: unknown }
    page.document = {}
    try {
      const signaling = new Untouched()
      const error = await refused({ signaling })
      expect(error.code).toBe('ERR_WEBRTC_UNSUPPORTED')
      expect(error.message).toContain('allow WebRTC')
      expect(signaling.requests).toEqual([])
    } finally {
      delete page.document
    }
  })
})

describe('aborting', () => {
  it('before it began', async () => {
    const signaling = new MemorySignaling()
    const error = await refused({ signaling, signal: AbortSignal.abort('changed my mind') })
    expect(error).toMatchObject({ code: 'ERR_ABORTED', cause: 'changed my mind' })
  })

  it('while the server is silent', async () => {
    const { url } = await startSilentServer()
    const abort = new AbortController()
    const joining = refused({ signaling: url, signal: abort.signal })
    await turn()
    abort.abort()
    expect((await joining).code).toBe('ERR_ABORTED')
  })

  it('while the host is not reached: the place in the room is given back', async () => {
    const signaling = new MemorySignaling()
    const clock = new VirtualClock()
    const host = await signaling.open({ action: 'create', topology: 'star' }, { clock, random: systemRandom })
    const log: string[] = []
    host.listen((event) => log.push(event.type))
    const abort = new AbortController()
    const joining = refused({ signaling, room: host.room.code, clock, signal: abort.signal })
    await until(() => log.includes('signal'))
    abort.abort()
    expect((await joining).code).toBe('ERR_ABORTED')
    await until(() => log.includes('peerLeft'))
    expect(clock.pendingTimers).toBe(0)
  })

  it('afterwards has no effect', async () => {
    const signaling = new MemorySignaling()
    const abort = new AbortController()
    const room = await join({ signaling, topology: 'star', signal: abort.signal })
    const client = await join({ signaling, room: room.code, signal: abort.signal })
    abort.abort()
    await turn()
    expect(client.peers).toEqual([1])
  })
})

describe('options', () => {
  const signaling = new MemorySignaling()
  const bad: [string, Record<string, unknown>, string][] = [
    ['no signaling', { signaling: undefined }, '`signaling` is the URL'],
    ['a signaling that is no transport', { signaling: {} }, 'or a SignalingTransport'],
    ['a room that is no string', { room: 5 }, 'named by a string'],
    ['a topology that does not exist', { topology: 'ring' }, 'topology'],
    ['too many peers', { maxPeers: 100_000 }, 'maxPeers'],
    ['no peers', { maxPeers: 0 }, 'maxPeers'],
    ['a token that is too long', { token: 'x'.repeat(5_000) }, 'token'],
    ['an ICE server that is none', { iceServers: [{ urls: 'http://x' }] }, 'Not a STUN or TURN URL'],
    ['relay only, and no relay', { iceTransportPolicy: 'relay', iceServers: [] }, 'needs a TURN server'],
    ['a channel of no mode', { channels: [7] }, 'transfer mode'],
    ['too many channels', { channels: new Array(33).fill(2) }, '32 are possible'],
  ]
  it.each(bad)('with %s', async (_name, options, what) => {
    const error = await refused({ signaling, ...options } as JoinRoomOptions)
    expect(error.code).toBe('ERR_INVALID_PARAMETER')
    expect(error.message).toContain(what)
  })

  it('with relay only, when the relays are those that signaling names', async () => {
    const url = await startServer({ iceServers: [{ urls: 'turn:127.0.0.1:9', username: 'u', credential: 'c' }] })
    const room = await join({ signaling: url, iceTransportPolicy: 'relay' })
    expect(room.peers).toEqual([])
  })
})

it('hostRoom opens a star with itself as peer 1, or a mesh where that is asked for', async () => {
  const signaling = new MemorySignaling()
  const star = await hostRoom({ signaling, node: LOOPBACK })
  atEnd(() => star.leave())
  expect([star.id, star.host, star.topology]).toEqual([1, 1, 'star'])
  const mesh = await hostRoom({ signaling, node: LOOPBACK, topology: 'mesh', maxPeers: 5 })
  atEnd(() => mesh.leave())
  expect([mesh.host === mesh.id, mesh.topology, mesh.maxPeers]).toEqual([true, 'mesh', 5])
  expect(mesh.id).toBeGreaterThan(1)
})
