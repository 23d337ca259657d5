// What the internet does to a server that it can reach, and that honest players do not notice. How long a join takes while
// all of it happens at once is measured in bench/signaling, where the attackers are processes of their own.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Budgets } from '../../../server/signaling/budgets.ts'
import type { ClientPort, SessionSettings } from '../../../server/signaling/client-session.ts'
import { ClientSession } from '../../../server/signaling/client-session.ts'
import {
  DEFAULT_CONNECTS_PER_SECOND_PER_ADDRESS,
  DEFAULT_FAILED_ENTRIES_PER_MINUTE_PER_ADDRESS,
  DEFAULT_MAX_CONNECTIONS_PER_ADDRESS,
  DEFAULT_MESSAGE_BURST,
  FIRST_MESSAGE_TIMEOUT_MS,
  FLOOD_BURSTS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_FRAGMENTS,
} from '../../../server/signaling/constants.ts'
import type { SignalingLogEvent } from '../../../server/signaling/log.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { resolveOptions } from '../../../server/signaling/options.ts'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { seededRandom } from '../../../src/net/random.ts'
import type { ServerMessage } from '../../../src/net/signaling/messages.ts'
import { generateRoomCode } from '../../../src/net/signaling/room-code.ts'
import { nobody, RawClient, until, withServer } from './support.ts'

const HANDSHAKE =
  'GET /signaling HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

async function rawSocket(port: number): Promise<Socket> {
  const socket = createConnection({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** A client's frame, masked with zeros. */
function frame(opcode: number, text: string, final = true): Buffer {
  const body = Buffer.from(text)
  if (body.length > 125) throw new Error('too long for a short frame')
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode, 0x80 | body.length, 0, 0, 0, 0]), body])
}

/** A socket that shook hands by hand. */
async function openSocket(port: number): Promise<Socket> {
  const socket = await rawSocket(port)
  socket.write(HANDSHAKE)
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 101/)
  return socket
}

/** The median time of five players who open rooms, one after the other, in ms. */
async function joinMs(url: string): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 5; n++) {
    const startedAt = performance.now()
    const player = await RawClient.connect(url)
    await player.create()
    times.push(performance.now() - startedAt)
    player.say({ type: 'leave' })
    await player.closed
  }
  return times.sort((a, b) => a - b)[2]!
}

describe('2,000 silent sockets', () => {
  it('do not keep a player out, and are closed after five seconds', async () => {
    const clock = new VirtualClock()
    await withServer({ clock }, async (_, server) => {
      const silent: WebSocket[] = []
      for (let address = 2; address < 10; address++) {
        const opened = Array.from({ length: 250 }, () => {
          const socket = new WebSocket(server.url, { localAddress: `127.0.0.${address}` })
          silent.push(socket)
          return once(socket, 'open')
        })
        await Promise.all(opened)
      }
      expect(server.connectionCount).toBe(2_000)
      expect(await joinMs(server.url)).toBeLessThan(1_000)
      const player = await RawClient.connect(server.url)
      await player.create()
      clock.advance(FIRST_MESSAGE_TIMEOUT_MS)
      await Promise.all(silent.map((socket) => once(socket, 'close')))
      await until(() => server.connectionCount === 1)
      await player.settled()
    })
  }, 60_000)
})

describe('a writer of one byte at a time', () => {
  it(
    'is cut when its handshake takes too long, and nobody waits for it',
    async () => {
      await withServer({}, async (connect, server) => {
        const slow = await Promise.all(Array.from({ length: 50 }, () => rawSocket(server.port)))
        const closed = Promise.all(slow.map((socket) => once(socket.resume(), 'close')))
        let sent = 0
        const drip = setInterval(() => {
          for (const socket of slow) socket.write(HANDSHAKE[sent] ?? 'x')
          sent++
        }, 100)
        expect(await joinMs(server.url)).toBeLessThan(1_000)
        await (await connect()).create()
        await closed
        clearInterval(drip)
        // Far from the handshake's end.
        expect(sent).toBeLessThan(HANDSHAKE.length / 2)
        expect(server.connectionCount).toBe(1)
      })
    },
    HANDSHAKE_TIMEOUT_MS + 20_000,
  )

  it('is closed when its first message takes too long', async () => {
    const clock = new VirtualClock()
    await withServer({ clock }, async (connect, server) => {
      const socket = await openSocket(server.port)
      const bytes = frame(1, JSON.stringify({ type: 'create', version: 2, topology: 'mesh' }))
      for (const byte of bytes.subarray(0, -1)) socket.write(Buffer.from([byte]))
      await (await connect()).create()
      clock.advance(FIRST_MESSAGE_TIMEOUT_MS)
      const [text] = await once(socket, 'data')
      expect(String(text)).toContain('ERR_TIMEOUT')
      socket.destroy()
    })
  })
})

describe('many room codes that are guessed', () => {
  const clock = new VirtualClock()
  const random = seededRandom(3)
  const budgets = new Budgets(clock, resolveOptions({}).limits)
  const adapter = new MemoryAdapter()
  let looked = 0
  const counted = new Proxy(adapter, {
    get(target, name) {
      if (name === 'transact') looked++
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

  /** One guess by a client without a socket. */
  function guess(room: string, address: string): Promise<ServerMessage> {
    let answered: (message: ServerMessage) => void = () => {}
    const answer = new Promise<ServerMessage>((resolve) => {
      answered = resolve
    })
    const settings: SessionSettings = {
      ...resolveOptions({}),
      adapter: counted,
      limits: { messageBurst: 10, messagesPerSecond: 1 },
      caretaker: { add() {}, delete() {}, gap() {} },
      time: () => clock.now(),
      budgets,
      clock,
      random,
      log: () => {},
    }
    const port: ClientPort = { send: (text) => answered(JSON.parse(text)), close: () => {} }
    const session = new ClientSession(settings, nobody(address), port)
    session.receive(JSON.stringify({ type: 'join', version: 2, room }))
    return answer
  }

  it('are not even looked up after a few, whether right or wrong, and players elsewhere do not notice', async () => {
    await withServer({ adapter }, async (connect) => {
      const host = await connect()
      const { room } = await host.create()
      looked = 0
      let inFlight: Promise<unknown>[] = []
      for (let n = 0; n < 100_000; n++) {
        inFlight.push(guess(generateRoomCode(random), '10.0.0.1'))
        if (inFlight.length < 1_000) continue
        await Promise.all(inFlight)
        inFlight = []
      }
      expect(looked).toBeGreaterThan(0)
      expect(looked).toBeLessThanOrEqual(DEFAULT_FAILED_ENTRIES_PER_MINUTE_PER_ADDRESS)
      const refused = await guess(room.code, '10.0.0.1')
      expect(refused).toMatchObject({ type: 'error', code: 'ERR_RATE_LIMITED' })
      const joined = await guess(room.code, '10.0.0.2')
      expect(joined).toMatchObject({ type: 'joined' })
      clock.advance(60_000)
      const later = await guess(room.code, '10.0.0.1')
      expect(later).toMatchObject({ type: 'joined' })
    })
  }, 60_000)

  it('are answered alike, whatever is wrong with them', async () => {
    const answers = []
    for (const room of ['AAA-AAA-AAA', 'A', '!!!', 'x'.repeat(64), '__proto__']) {
      const answer = await guess(room, '10.0.0.3')
      answers.push(answer.type === 'error' ? answer.code : answer.type)
    }
    expect(new Set(answers)).toEqual(new Set(['ERR_ROOM_NOT_FOUND']))
  })
})

describe('a flood', () => {
  it('of valid messages ends with its sender, and players in other rooms do not notice', async () => {
    const events: SignalingLogEvent[] = []
    // Time stands still: nothing is filled up again while the flood is on its way.
    const clock = new VirtualClock()
    await withServer({ clock, log: (event) => events.push(event) }, async (connect) => {
      const flooders = await Promise.all(Array.from({ length: 4 }, () => connect()))
      for (const flooder of flooders) await flooder.create()
      const flood = (FLOOD_BURSTS + 1) * DEFAULT_MESSAGE_BURST
      for (let n = 0; n < flood; n++) for (const flooder of flooders) flooder.say({ type: 'ping' })
      const [host, guest] = [await connect(), await connect()]
      const { room, id } = await host.create()
      await guest.join(room.code)
      guest.say({ type: 'signal', to: id, signal: { kind: 'description', type: 'offer', sdp: 'v=0' } })
      await host.heard('signal')
      const closes = await Promise.all(flooders.map((flooder) => flooder.closed))
      expect(closes).toEqual(Array(4).fill({ code: 1008, reason: 'ERR_RATE_LIMITED' }))
      expect(events.filter(({ event }) => event === 'failed')).toEqual([])
      await guest.settled()
    })
  }, 30_000)

  it('of new sockets is refused before the handshake', async () => {
    const clock = new VirtualClock()
    await withServer({ clock }, async (_, server) => {
      const open = async () => {
        const client = await RawClient.connect(server.url)
        client.socket.terminate()
        await client.closed
      }
      const burst = DEFAULT_MAX_CONNECTIONS_PER_ADDRESS + DEFAULT_CONNECTS_PER_SECOND_PER_ADDRESS
      for (let n = 0; n < burst; n++) await open()
      await expect(open()).rejects.toThrow('429')
      const elsewhere = await RawClient.connect(server.url, { localAddress: '127.0.0.2' })
      elsewhere.socket.terminate()
      clock.advance(1_000)
      await open()
    })
  }, 30_000)
})

describe('a message in pieces', () => {
  it('may come in a few frames', async () => {
    await withServer({}, async (_, server) => {
      const socket = await openSocket(server.port)
      socket.write(Buffer.concat([frame(1, '{"type":', false), frame(0, '"ping"', false), frame(0, '}')]))
      const [answer] = await once(socket, 'data')
      expect(String(answer)).toContain('pong')
      socket.destroy()
    })
  })

  it('closes its sender when there are many', async () => {
    await withServer({}, async (connect, server) => {
      const socket = await openSocket(server.port)
      socket.write(frame(1, ' ', false))
      for (let n = 0; n < MAX_FRAGMENTS; n++) socket.write(frame(0, '', false))
      await once(socket.resume(), 'close')
      await until(() => server.connectionCount === 0)
      await (await connect()).create()
    })
  })
})

describe('compression', () => {
  it('is not agreed to, and a compressed message closes its sender', async () => {
    await withServer({}, async (connect, server) => {
      const client = await RawClient.connect(server.url, { perMessageDeflate: true })
      expect(client.socket.extensions).toBe('')
      client.socket.terminate()
      const socket = await openSocket(server.port)
      // The bit that says "compressed".
      const bytes = frame(1, 'bomb')
      bytes[0]! |= 0x40
      socket.write(bytes)
      await once(socket.resume(), 'close')
      await (await connect()).create()
    })
  })
})

describe('before it has entered, a client', () => {
  it('gets at most two KiB more than it sends', async () => {
    const clock = new VirtualClock()
    await withServer({ clock }, async (_, server) => {
      const silent = await openSocket(server.port)
      const noisy = await openSocket(server.port)
      for (let n = 0; n < 100; n++) noisy.write(frame(1, '{'))
      const closed = Promise.all([silent, noisy].map((socket) => once(socket.resume(), 'close')))
      await once(noisy, 'data')
      await until(() => noisy.bytesWritten > 800)
      await (await RawClient.connect(server.url)).create()
      clock.advance(FIRST_MESSAGE_TIMEOUT_MS)
      clock.advance(60_000)
      await closed
      for (const { bytesRead, bytesWritten } of [silent, noisy]) {
        expect(bytesRead - bytesWritten).toBeLessThan(2_048)
        expect(bytesRead).toBeGreaterThan(0)
      }
    })
  })
})

describe('an upgrade of a path that nobody serves', () => {
  it('is refused after a time, where several servers share the HTTP server', async () => {
    const clock = new VirtualClock()
    const http = createServer()
    const servers = [
      await createSignalingServer({ server: http, path: '/a', clock }),
      await createSignalingServer({ server: http, path: '/b', clock }),
    ]
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const url = servers[0]!.url.replace('/a', '')
    const lost = RawClient.connect(`${url}/c`)
    const failure = expect(lost).rejects.toThrow('404')
    for (const path of ['/a', '/b']) await (await RawClient.connect(url + path)).create()
    await until(() => clock.pendingTimers > 0)
    clock.advance(HANDSHAKE_TIMEOUT_MS)
    await failure
    await Promise.all(servers.map((server) => server.close()))
    http.closeAllConnections()
    http.close()
  })

  it('is left alone when somebody else answered', async () => {
    const clock = new VirtualClock()
    const http = createServer()
    const server = await createSignalingServer({ server: http, path: '/a', clock })
    http.on('upgrade', (request, socket) => {
      if (request.url === '/mine') socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const socket = createConnection({ port: server.port, host: '127.0.0.1' })
    socket.write('GET /mine HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: mine\r\n\r\n')
    await once(socket, 'data')
    clock.advance(HANDSHAKE_TIMEOUT_MS * 2)
    let more = ''
    socket.on('data', (data) => {
      more += data
    })
    await (await RawClient.connect(server.url)).create()
    expect([more, socket.destroyed]).toEqual(['', false])
    socket.destroy()
    await server.close()
    http.closeAllConnections()
    http.close()
  })
})
