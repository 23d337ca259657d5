import { createConnection } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  MAX_BAD_MESSAGES,
  MAX_CANDIDATES_PER_DESCRIPTION,
  MAX_MESSAGE_BYTES,
} from '../../../server/signaling/constants.ts'
import type { SignalingLogEvent } from '../../../server/signaling/log.ts'
import { until, withServer } from './support.ts'

const SDP = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

describe('a message that is not one', () => {
  it.each([
    ['no JSON', '{"type":'],
    ['no object', '"ping"'],
    ['null', 'null'],
    ['an array', '[{"type":"ping"}]'],
    ['a type that is unknown', '{"type":"shutdown"}'],
    ['a type that is a name of every object', '{"type":"constructor"}'],
    ['no type', '{}'],
    ['a type that is an object', '{"type":{"toString":"ping"}}'],
    ['numbers that are texts', '{"type":"signal","to":"1","signal":{"kind":"description","type":"offer","sdp":""}}'],
    ['a target that is negative', `{"type":"signal","to":-2,"signal":${JSON.stringify(SDP)}}`],
    ['a target that is no integer', `{"type":"signal","to":1.5,"signal":${JSON.stringify(SDP)}}`],
    ['a description of another type', '{"type":"signal","to":2,"signal":{"kind":"description","type":"x","sdp":""}}'],
    [
      'a description that is too long',
      `{"type":"signal","to":2,"signal":${JSON.stringify({ ...SDP, sdp: 'x'.repeat(16_385) })}}`,
    ],
    ['keys that are not in the protocol', '{"type":"ping","admin":true}'],
    ['a prototype', '{"type":"ping","__proto__":{"admin":true}}'],
    [
      'a prototype deep inside',
      `{"type":"signal","to":2,"signal":{"__proto__":{"x":1},"kind":"description","type":"offer","sdp":""}}`,
    ],
    ['a constructor', '{"type":"ping","constructor":{"prototype":{"admin":true}}}'],
    ['a sender that is forged', `{"type":"signal","from":1,"to":2,"signal":${JSON.stringify(SDP)}}`],
    ['brackets without end', '['.repeat(60_000)],
  ])('is answered with ERR_INVALID_DATA: %s', async (_, text) => {
    await withServer({}, async (connect) => {
      const client = await connect()
      await client.create()
      client.socket.send(text)
      expect((await client.heard('error')).code).toBe('ERR_INVALID_DATA')
      // The session goes on, and nothing leaked into the prototype of all objects.
      await client.settled()
      expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
    })
  })

  it('is answered when it is binary', async () => {
    await withServer({}, async (connect) => {
      const client = await connect()
      client.socket.send(Buffer.from('{"type":"ping"}'))
      expect((await client.heard('error')).code).toBe('ERR_INVALID_DATA')
      await client.settled()
    })
  })

  it('closes its sender when it is larger than any message', async () => {
    await withServer({}, async (connect) => {
      const client = await connect()
      client.socket.send(`"${'x'.repeat(MAX_MESSAGE_BYTES)}"`)
      expect((await client.closed).code).toBe(1009)
    })
  })

  it('closes its sender when there were several, with a reason', async () => {
    await withServer({}, async (connect) => {
      const host = await connect()
      const { room } = await host.create()
      const client = await connect()
      const { id } = await client.join(room.code)
      for (let count = 0; count < MAX_BAD_MESSAGES; count++) client.socket.send('nonsense')
      expect(await client.closed).toEqual({ code: 1008, reason: 'ERR_INVALID_DATA' })
      expect(client.codes()).toHaveLength(MAX_BAD_MESSAGES)
      expect(client.messages.at(-1)).toMatchObject({ type: 'closed', code: 'ERR_INVALID_DATA' })
      expect(await host.heard('peer_left')).toEqual({ type: 'peer_left', id })
    })
  })

  it('closes its sender when its frame breaks the WebSocket protocol', async () => {
    const events: SignalingLogEvent[] = []
    await withServer({ log: (event) => events.push(event) }, async (connect, server) => {
      const client = await connect()
      const { _socket: raw } = client.socket as unknown as { _socket: { write(data: Buffer): void } }
      // Reserved bits set, reserved opcode, unmasked.
      raw.write(Buffer.from([0xff, 0x05, 1, 2, 3, 4, 5]))
      await client.closed
      await until(() => server.connectionCount === 0)
      // Nobody has to get up at night for it.
      const heard = events.map((event) => ('reason' in event ? `${event.event} ${event.reason}` : event.event))
      expect(heard).toContain('connection_cut bad_frame')
      expect(heard).not.toContain('failed')
    })
  })
})

describe('a message at the wrong moment', () => {
  it('is refused before a room is entered', async () => {
    await withServer({}, async (connect) => {
      const client = await connect()
      client.say({ type: 'signal', to: 2, signal: SDP })
      client.say({ type: 'seal', sealed: true })
      await client.settled()
      expect(client.codes()).toEqual(['ERR_UNCONFIGURED', 'ERR_UNCONFIGURED'])
      await client.create()
    })
  })

  it('is refused when it enters a second room', async () => {
    await withServer({}, async (connect) => {
      const client = await connect()
      const { room } = await client.create()
      client.say({ type: 'join', version: 2, room: room.code })
      client.say({ type: 'create', version: 2, topology: 'star' })
      await client.settled()
      expect(client.codes()).toEqual(['ERR_ALREADY_IN_USE', 'ERR_ALREADY_IN_USE'])
      expect(client.messages.filter(({ type }) => type === 'joined')).toHaveLength(1)
    })
  })

  it('is refused also while the first room is being entered', async () => {
    await withServer({ authorize: () => new Promise((resolve) => setImmediate(resolve, true)) }, async (connect) => {
      const client = await connect()
      client.say({ type: 'create', version: 2, topology: 'mesh' })
      client.say({ type: 'create', version: 2, topology: 'mesh' })
      client.say({ type: 'seal', sealed: true })
      await client.settled()
      expect(client.messages.map(({ type }) => type)).toEqual(['joined', 'error', 'room', 'pong'])
    })
  })
})

describe('a signal', () => {
  it('reaches nobody outside of its room, and carries the sender that the server knows', async () => {
    await withServer({}, async (connect) => {
      const [host, guest, stranger] = [await connect(), await connect(), await connect()]
      const { room, id: hostId } = await host.create()
      const { id: guestId } = await guest.join(room.code)
      const { id: strangerId } = await stranger.create()
      await host.heard('peer_joined')
      guest.say({ type: 'signal', to: strangerId, signal: SDP })
      guest.say({ type: 'signal', to: guestId, signal: SDP })
      guest.say({ type: 'signal', to: 77, signal: SDP })
      guest.say({ type: 'signal', to: hostId, signal: SDP })
      expect(await host.heard('signal')).toEqual({ type: 'signal', from: guestId, signal: SDP })
      await stranger.settled()
      await guest.settled()
      expect(stranger.messages.map(({ type }) => type)).toEqual(['joined', 'pong'])
      expect(guest.messages.map(({ type }) => type)).toEqual(['joined', 'pong'])
    })
  })
})

describe('a client that floods', () => {
  it('is told so, and closed when it goes on', async () => {
    await withServer({ limits: { messageBurst: 5, messagesPerSecond: 1 } }, async (connect) => {
      const client = await connect()
      for (let count = 0; count < 5 + MAX_BAD_MESSAGES; count++) client.say({ type: 'ping' })
      expect(await client.closed).toEqual({ code: 1008, reason: 'ERR_RATE_LIMITED' })
      expect(new Set(client.codes())).toEqual(new Set(['ERR_RATE_LIMITED']))
      expect(client.codes()).toHaveLength(MAX_BAD_MESSAGES)
    })
  })

  it('pays for large messages more than for small ones', async () => {
    await withServer({ limits: { messageBurst: 5, messagesPerSecond: 1 } }, async (connect) => {
      const client = await connect()
      await client.create()
      client.say({ type: 'signal', to: 2, signal: { ...SDP, sdp: 'x'.repeat(8_000) } })
      expect((await client.heard('error')).code).toBe('ERR_RATE_LIMITED')
    })
  })

  it('is cut off when it does not read what it is sent', async () => {
    const events: SignalingLogEvent[] = []
    const many = 1_000_000
    const limits = {
      messageBurst: many,
      messagesPerSecond: many,
      messagesPerSecondPerAddress: many,
      messagesPerSecondPerRoom: many,
    }
    await withServer({ limits, places: { resumeGraceMs: 0 }, log: (event) => events.push(event) }, async (connect) => {
      const slow = await connect()
      const { room, id } = await slow.create()
      const busy = await connect()
      await busy.join(room.code)
      slow.socket.pause()
      const offer = { ...SDP, sdp: `a=${'x'.repeat(97)}\n`.repeat(160) }
      const candidate = { kind: 'candidate', media: '0', index: 0, name: `candidate:${'x'.repeat(1_000)}` } as const
      while (!events.some(({ event }) => event === 'connection_cut')) {
        busy.say({ type: 'signal', to: id, signal: offer })
        for (let n = 0; n < MAX_CANDIDATES_PER_DESCRIPTION; n++) busy.say({ type: 'signal', to: id, signal: candidate })
        await busy.settled()
      }
      expect(events).toContainEqual({ event: 'connection_cut', connection: 1, reason: 'slow_reader' })
      expect(await busy.heard('peer_left')).toEqual({ type: 'peer_left', id })
    })
  }, 20_000)
})

describe('bytes that are no WebSocket', () => {
  it('leave the server as it was', async () => {
    await withServer({}, async (connect, server) => {
      const raw = createConnection({ port: server.port, host: '127.0.0.1' })
      raw.on('error', () => {})
      raw.write('\0\0\0 this is no HTTP \r\n\r\n')
      raw.resume()
      await new Promise((resolve) => raw.on('close', resolve))
      const upgrade = createConnection({ port: server.port, host: '127.0.0.1' })
      upgrade.on('error', () => {})
      upgrade.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      const answer = await new Promise((resolve) => upgrade.on('data', (data) => resolve(data.toString())))
      expect(answer).toMatch(/^HTTP\/1.1 400/)
      upgrade.destroy()
      await (await connect()).create()
    })
  })
})
