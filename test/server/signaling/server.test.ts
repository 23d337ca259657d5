import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { AuthorizeRequest } from '../../../server/signaling/authorize.ts'
import {
  AUTHORIZE_TIMEOUT_MS,
  CLOSE_GRACE_MS,
  FIRST_MESSAGE_TIMEOUT_MS,
  PING_PERIOD_MS,
} from '../../../server/signaling/constants.ts'
import type { SignalingLogEvent } from '../../../server/signaling/log.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { NetError } from '../../../src/net/errors.ts'
import { RawClient, until, withServer } from './support.ts'

describe('entering a room', () => {
  it('tells the newcomer of the room, its peers and the ICE servers', async () => {
    const iceServers = [{ urls: ['turn:turn.example'], username: 'u', credential: 'c' }]
    await withServer({ iceServers }, async (connect) => {
      const host = await connect()
      const created = await host.create('mesh', 3)
      const guest = await connect()
      const joined = await guest.join(created.room.code.toLowerCase())
      expect(joined).toEqual({
        type: 'joined',
        id: joined.id,
        room: {
          code: created.room.code,
          topology: 'mesh',
          maxPeers: 3,
          sealed: false,
          host: created.id,
          public: false,
          locked: false,
          whenHostLeaves: 'close',
          metadata: {},
        },
        peers: [{ id: created.id, life: 1, offer: true, presence: { name: '', properties: {}, visible: true } }],
        iceServers,
        resume: { secret: expect.stringMatching(/^[0-9a-f]{32}$/), graceMs: 30_000 },
      })
      expect(await host.heard('peer_joined')).toMatchObject({ type: 'peer_joined', id: joined.id })
    })
  })

  it('is refused with its reason, and closes the socket', async () => {
    await withServer({}, async (connect) => {
      const host = await connect()
      const { room } = await host.create('star', 2)
      const guest = await connect()
      await guest.join(room.code)
      const late = await connect()
      late.say({ type: 'join', version: 2, room: room.code })
      expect((await late.heard('error')).code).toBe('ERR_ROOM_FULL')
      expect(await late.closed).toEqual({ code: 1000, reason: 'ERR_ROOM_FULL' })
      const lost = await connect()
      lost.say({ type: 'join', version: 2, room: 'NO-SUCH-ROOM' })
      expect((await lost.heard('error')).code).toBe('ERR_ROOM_NOT_FOUND')
    })
  })

  it('is refused in another version of the protocol, whatever else that says', async () => {
    await withServer({}, async (connect) => {
      for (const entry of [
        { type: 'create', version: 3, topology: 'ring', colour: 'red' },
        { type: 'join', version: 0, room: 'X' },
      ]) {
        const client = await connect()
        client.socket.send(JSON.stringify(entry))
        expect((await client.heard('error')).code).toBe('ERR_SIGNALING_PROTOCOL')
        await client.closed
      }
    })
  })

  it('is refused when there are too many rooms', async () => {
    await withServer({ limits: { rooms: 1 } }, async (connect) => {
      const first = await connect()
      await first.create()
      const second = await connect()
      second.say({ type: 'create', version: 2, topology: 'mesh' })
      expect((await second.heard('error')).code).toBe('ERR_RATE_LIMITED')
      first.say({ type: 'leave' })
      await first.closed
      await (await connect()).create()
    })
  })

  it('has to begin within five seconds, pings or not', async () => {
    const clock = new VirtualClock()
    await withServer({ clock }, async (connect) => {
      const silent = await connect()
      const entered = await connect()
      await entered.create()
      await silent.settled()
      clock.advance(FIRST_MESSAGE_TIMEOUT_MS)
      expect(await silent.closed).toEqual({ code: 1008, reason: 'ERR_TIMEOUT' })
      await entered.settled()
    })
  })
})

describe('authorize', () => {
  it('is asked with what the server knows of the client', async () => {
    const asked: AuthorizeRequest[] = []
    const authorize = (request: AuthorizeRequest) => {
      asked.push(request)
      return true
    }
    await withServer({ authorize }, async (_, server) => {
      const client = await RawClient.connect(`${server.url}?game=1`, { origin: 'https://game.example' })
      client.say({ type: 'create', version: 2, topology: 'mesh', token: 'secret' })
      const { room } = await client.heard('joined')
      const guest = await RawClient.connect(server.url)
      await guest.join(room.code.toLowerCase())
      expect(asked).toEqual([
        {
          action: 'create',
          token: 'secret',
          address: '127.0.0.1',
          origin: 'https://game.example',
          url: '/signaling?game=1',
        },
        { action: 'join', room: room.code, address: '127.0.0.1', origin: undefined, url: '/signaling' },
      ])
    })
  })

  it.each([
    ['false', () => false],
    ['a rejection', () => Promise.reject(new Error('database down'))],
    ['a bug', () => undefined as unknown as boolean],
    [
      'an exception',
      () => {
        throw new TypeError('x')
      },
    ],
  ])('refuses with %s', async (_, authorize) => {
    await withServer({ authorize }, async (connect) => {
      const client = await connect()
      client.say({ type: 'create', version: 2, topology: 'mesh' })
      expect((await client.heard('error')).code).toBe('ERR_TOKEN_REFUSED')
      await client.closed
    })
  })

  it('may name another reason', async () => {
    const authorize = () => Promise.reject(new NetError('ERR_RATE_LIMITED', 'One room an hour.'))
    await withServer({ authorize }, async (connect) => {
      const client = await connect()
      client.say({ type: 'create', version: 2, topology: 'mesh' })
      expect(await client.heard('error')).toEqual({
        type: 'error',
        code: 'ERR_RATE_LIMITED',
        message: 'One room an hour.',
      })
    })
  })

  it('refuses when it does not answer', async () => {
    const clock = new VirtualClock()
    let asked = false
    const authorize = () => {
      asked = true
      return new Promise<boolean>(() => {})
    }
    await withServer({ clock, authorize }, async (connect) => {
      const client = await connect()
      client.say({ type: 'create', version: 2, topology: 'mesh' })
      await until(() => asked)
      clock.advance(AUTHORIZE_TIMEOUT_MS)
      expect((await client.heard('error')).code).toBe('ERR_TOKEN_REFUSED')
    })
  })

  it('leaves nobody behind when the client went while it thought', async () => {
    let answer: ((allowed: boolean) => void) | undefined
    const authorize = ({ action }: AuthorizeRequest) =>
      action === 'create' || new Promise<boolean>((resolve) => (answer = resolve))
    const events: SignalingLogEvent[] = []
    await withServer({ authorize, log: (event) => events.push(event) }, async (connect, server) => {
      const host = await connect()
      const { room } = await host.create()
      const guest = await connect()
      guest.say({ type: 'join', version: 2, room: room.code })
      await until(() => answer !== undefined)
      guest.socket.terminate()
      await until(() => events.some(({ event }) => event === 'connection_closed'))
      answer?.(true)
      await until(() => server.connectionCount === 1)
      await host.settled()
      expect(host.messages.map(({ type }) => type)).toEqual(['joined', 'pong'])
    })
  })
})

describe('a seal', () => {
  it('is the right of the host', async () => {
    await withServer({}, async (connect) => {
      const host = await connect()
      const { room } = await host.create()
      const guest = await connect()
      await guest.join(room.code)
      guest.say({ type: 'seal', sealed: true })
      expect((await guest.heard('error')).code).toBe('ERR_UNAUTHORIZED')
      host.say({ type: 'seal', sealed: true })
      expect((await guest.heard('room')).room.sealed).toBe(true)
      expect((await host.heard('room')).room.sealed).toBe(true)
    })
  })
})

/** Who is gone is gone at once. */
const NO_GRACE = { resumeGraceMs: 0 }

describe('a client that is gone', () => {
  it('is missed when its process was killed', async () => {
    await withServer({ places: NO_GRACE }, async (connect, server) => {
      const host = await connect()
      const { room } = await host.create()
      const script = `
        const { WebSocket } = require(${JSON.stringify(fileURLToPath(import.meta.resolve('ws').replace('wrapper.mjs', 'index.js')))})
        const socket = new WebSocket(${JSON.stringify(server.url)})
        socket.on('open', () => socket.send(${JSON.stringify(JSON.stringify({ type: 'join', version: 2, room: room.code }))}))`
      const child = spawn(process.execPath, ['-e', script], { stdio: 'inherit' })
      const { id } = await host.heard('peer_joined')
      child.kill('SIGKILL')
      await once(child, 'exit')
      expect(await host.heard('peer_left')).toEqual({ type: 'peer_left', id })
    })
  })

  it('is missed when it no longer answers pings', async () => {
    const clock = new VirtualClock()
    await withServer({ clock, places: NO_GRACE }, async (connect) => {
      const host = await connect()
      const { room } = await host.create()
      const frozen = await connect({ autoPong: false })
      const { id } = await frozen.join(room.code)
      await host.heard('peer_joined')
      const pinged = [once(host.socket, 'ping'), once(frozen.socket, 'ping')]
      clock.advance(PING_PERIOD_MS)
      await Promise.all(pinged)
      await host.settled()
      clock.advance(PING_PERIOD_MS)
      expect((await frozen.closed).code).toBe(1006)
      expect(await host.heard('peer_left')).toEqual({ type: 'peer_left', id })
      await host.settled()
    })
  })

  it('is cut when it does not answer the closing of its socket', async () => {
    const clock = new VirtualClock()
    await withServer({ clock, places: NO_GRACE }, async (connect, server) => {
      const client = await connect()
      await client.create()
      client.socket.pause()
      const timers = clock.pendingTimers
      client.say({ type: 'leave' })
      // The server closes; the client, paused, does not see it.
      await until(() => clock.pendingTimers > timers)
      clock.advance(CLOSE_GRACE_MS)
      await until(() => server.connectionCount === 0)
      client.socket.resume()
    })
  })

  it('ends a star when it was the host', async () => {
    await withServer({ places: NO_GRACE }, async (connect) => {
      const host = await connect()
      const { room } = await host.create('star')
      const guest = await connect()
      await guest.join(room.code)
      host.socket.terminate()
      expect((await guest.heard('closed')).code).toBe('ERR_ROOM_CLOSED')
      await guest.closed
    })
  })

  it('passes a mesh on when it was the host', async () => {
    await withServer({ places: NO_GRACE }, async (connect) => {
      const host = await connect()
      const { room, id: hostId } = await host.create()
      const guest = await connect()
      const { id } = await guest.join(room.code)
      host.socket.terminate()
      expect((await guest.heard('room')).room.host).toBe(id)
      expect(guest.messages.map(({ type }) => type)).toEqual(['joined', 'peer_left', 'room'])
      expect(guest.messages[1]).toEqual({ type: 'peer_left', id: hostId })
    })
  })
})

describe('connections', () => {
  it('are limited for each address, in words', async () => {
    await withServer({ limits: { connectionsPerAddress: 2 } }, async (connect, server) => {
      const first = await connect()
      await connect()
      const third = await connect()
      expect((await third.heard('error')).code).toBe('ERR_RATE_LIMITED')
      expect((await third.closed).code).toBe(1013)
      first.socket.close()
      await first.closed
      await until(() => server.connectionCount === 1)
      await (await connect()).create()
    })
  })

  it('are counted by the address that a proxy gives', async () => {
    const addressOf = (request: { headers: Record<string, unknown> }) => String(request.headers['x-forwarded-for'])
    await withServer({ addressOf, limits: { connectionsPerAddress: 1 } }, async (connect) => {
      for (const address of ['10.0.0.1', '10.0.0.2']) {
        await (await connect({ headers: { 'x-forwarded-for': address } })).create()
      }
      const again = await connect({ headers: { 'x-forwarded-for': '10.0.0.2' } })
      expect((await again.heard('error')).code).toBe('ERR_RATE_LIMITED')
    })
  })

  it('are limited in all, before the handshake', async () => {
    await withServer({ limits: { connections: 1 } }, async (connect, server) => {
      await (await connect()).create()
      const refused = new WebSocket(server.url)
      refused.on('error', () => {})
      const [, response] = await once(refused, 'unexpected-response')
      expect(response.statusCode).toBe(503)
      refused.terminate()
    })
  })
})
