import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { SignalingLogEvent } from '../../../server/signaling/log.ts'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import { NetError } from '../../../src/net/errors.ts'
import { RawClient, until, withServer } from './support.ts'

describe('the server', () => {
  it('answers a plain request with what it is', async () => {
    await withServer({}, async (_, server) => {
      const response = await fetch(server.url.replace('ws:', 'http:'))
      expect(response.status).toBe(426)
      expect(await response.text()).toContain('signaling')
    })
  })

  it('tells its clients when it stops, and then is gone', async () => {
    const server = await createSignalingServer({ host: '127.0.0.1' })
    const { url } = server
    const client = await RawClient.connect(url)
    await client.create()
    const idle = await RawClient.connect(url)
    await Promise.all([server.close(), server.close()])
    for (const one of [client, idle]) {
      expect(await one.closed).toEqual({ code: 1001, reason: 'ERR_SIGNALING_UNREACHABLE' })
    }
    expect(client.messages.at(-1)).toMatchObject({ type: 'closed', code: 'ERR_SIGNALING_UNREACHABLE' })
    await expect(RawClient.connect(url)).rejects.toThrow('ECONNREFUSED')
  })

  it('attaches to an HTTP server, on its path only, and leaves it open', async () => {
    const http = createServer((_, response) => response.end('the game'))
    const server = await createSignalingServer({ server: http, path: '/rooms' })
    expect(() => server.url).toThrow(NetError)
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const client = await RawClient.connect(server.url)
    expect(server.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/rooms$/)
    await client.create()
    await expect(RawClient.connect(server.url.replace('/rooms', '/other'))).rejects.toThrow('404')
    await server.close()
    await client.closed
    const response = await fetch(server.url.replace('ws:', 'http:'))
    expect(await response.text()).toBe('the game')
    http.closeAllConnections()
    http.close()
  })

  it('leaves upgrades of other paths to other listeners', async () => {
    const http = createServer()
    const server = await createSignalingServer({ server: http })
    http.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n")
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    await expect(RawClient.connect(server.url.replace('/signaling', '/other'))).rejects.toThrow('418')
    await (await RawClient.connect(server.url)).create()
    await server.close()
    http.close()
  })

  it.each([
    [{ port: 70_000 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ path: 'signaling' }, 'path'],
    [{ limits: { rooms: 0 } }, 'limits.rooms'],
    [{ limits: { romos: 5 } }, 'limits.romos'],
    [{ authorize: 'yes' }, 'authorize'],
    [{ adapter: {} }, 'adapter'],
    [{ iceServers: [{}] }, 'iceServers.0.urls'],
    [{ prot: 80 }, 'prot'],
    [{ port: 0, server: createServer() }, 'server'],
  ])('refuses the options %j', async (options, named) => {
    const starting = createSignalingServer(options as object)
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_INVALID_PARAMETER',
      message: expect.stringContaining(named),
    })
  })

  it('says that its port is taken', async () => {
    await withServer({}, async (_, server) => {
      const second = createSignalingServer({ host: '127.0.0.1', port: server.port })
      await expect(second).rejects.toMatchObject({ code: 'ERR_ALREADY_IN_USE' })
    })
  })

  it('logs what happens without tokens and descriptions, and survives a logger that throws', async () => {
    const events: SignalingLogEvent[] = []
    const log = (event: SignalingLogEvent) => {
      events.push(event)
      throw new Error('disk full')
    }
    await withServer({ log }, async (connect) => {
      const client = await connect()
      client.say({ type: 'create', version: 2, topology: 'mesh', token: 'secret' })
      const { room, id } = await client.heard('joined')
      client.say({ type: 'signal', to: 5, signal: { kind: 'description', type: 'offer', sdp: 'secret' } })
      client.socket.send('nonsense')
      client.say({ type: 'leave' })
      await client.closed
      await until(() => events.some(({ event }) => event === 'connection_closed'))
      expect(events.map(({ event }) => event)).toEqual([
        'listening',
        'connection_opened',
        'room_created',
        'entered',
        'signal_dropped',
        'refused',
        'peer_left',
        'room_ended',
        'connection_closed',
      ])
      expect(events[6]).toEqual({ event: 'peer_left', connection: 1, room: room.code, peer: id })
      expect(JSON.stringify(events)).not.toContain('secret')
    })
  })
})
