import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../server/operations/config.ts'
import { READY_CACHE_MS, READY_TIMEOUT_MS } from '../../../server/operations/constants.ts'
import { forwardedAddress } from '../../../server/operations/forwarded.ts'
import { adapterCheck } from '../../../server/operations/health.ts'
import { createSignalingLog } from '../../../server/operations/logging.ts'
import { meteredAdapter } from '../../../server/operations/metered-adapter.ts'
import { readFlags } from '../../../server/operations/read-flags.ts'
import { type RunningServer, serve } from '../../../server/operations/serve.ts'
import { HANDSHAKE_TIMEOUT_MS } from '../../../server/signaling/constants.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { VirtualClock } from '../../../src/net/clock.ts'
import { NetError } from '../../../src/net/errors.ts'
import { RawClient } from '../signaling/support.ts'

async function withRunning(args: string[], test: (running: RunningServer, lines: string[]) => Promise<void>) {
  const all = ['--dev', '--port', '0', '--ops-port', '0', '--log-level', 'trace', ...args]
  const { given } = readFlags(all, {}, () => '')
  const lines: string[] = []
  const running = await serve(readConfig(given), { write: (line) => void lines.push(line) })
  try {
    await test(running, lines)
  } finally {
    await running.stop()
  }
}

/** The value of one line of the metrics. */
async function metric({ opsUrl }: RunningServer, line: string): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text()
  const found = text.split('\n').find((one) => one.startsWith(`${line} `))
  return Number(found?.slice(line.length + 1) ?? Number.NaN)
}

describe('metrics', () => {
  it('count sockets, rooms, players, joins, signals, refusals and round trips', async () => {
    await withRunning([], async (running) => {
      const host = await RawClient.connect(running.url)
      const { room, id } = await host.create()
      const guest = await RawClient.connect(running.url)
      await guest.join(room.code)
      const signal = { kind: 'description', type: 'offer', sdp: 'v=0' } as const
      guest.say({ type: 'signal', to: id, signal })
      guest.say({ type: 'signal', to: 77, signal })
      await host.heard('signal')
      await guest.settled()
      const lost = await RawClient.connect(running.url)
      lost.say({ type: 'join', version: 2, room: 'NOT-THE-REA' })
      await lost.closed
      await expect.poll(() => metric(running, 'skein_connections')).toBe(2)
      expect(await metric(running, 'skein_connections_opened_total')).toBe(3)
      expect(await metric(running, 'skein_rooms')).toBe(1)
      expect(await metric(running, 'skein_peers')).toBe(2)
      expect(await metric(running, 'skein_rooms_created_total')).toBe(1)
      expect(await metric(running, 'skein_join_seconds_count{action="create"}')).toBe(1)
      expect(await metric(running, 'skein_join_seconds_count{action="join"}')).toBe(1)
      expect(await metric(running, 'skein_signals_relayed_total')).toBe(1)
      expect(await metric(running, 'skein_signals_dropped_total')).toBe(1)
      expect(await metric(running, 'skein_refusals_total{code="ERR_ROOM_NOT_FOUND"}')).toBe(1)
      expect(await metric(running, 'skein_adapter_seconds_count{operation="publish"}')).toBe(1)
      expect(await metric(running, 'skein_adapter_seconds_count{operation="transact"}')).toBeGreaterThanOrEqual(3)
      expect(await metric(running, 'skein_failures_total')).toBe(0)
      host.say({ type: 'leave' })
      guest.say({ type: 'leave' })
      await Promise.all([host.closed, guest.closed])
      await expect.poll(() => metric(running, 'skein_peers')).toBe(0)
      expect(await metric(running, 'skein_rooms')).toBe(0)
    })
  })

  it('count what is refused before the handshake, by reason', async () => {
    await withRunning(['--origin', 'https://game.example'], async (running) => {
      await expect(RawClient.connect(running.url, { origin: 'https://evil.example' })).rejects.toThrow('403')
      expect(await metric(running, 'skein_connections_refused_total{reason="origin"}')).toBe(1)
    })
  })

  it('are not on the port that players reach', async () => {
    await withRunning([], async ({ url }) => {
      const players = url.replace(/^ws/, 'http').replace('/signaling', '')
      expect((await fetch(`${players}/metrics`)).status).toBe(426)
    })
  })
})

describe('health', () => {
  it('is answered on both ports', async () => {
    await withRunning([], async ({ url, opsUrl }) => {
      const players = url.replace(/^ws/, 'http').replace('/signaling', '')
      for (const place of [players, opsUrl]) {
        const [alive, ready] = await Promise.all([fetch(`${place}/healthz`), fetch(`${place}/readyz?probe=1`)])
        expect([alive.status, ready.status]).toEqual([200, 200])
      }
    })
  })

  it('says not ready while the store fails or is silent, and asks it once a second at most', async () => {
    const clock = new VirtualClock()
    let asked = 0
    let answer: () => Promise<readonly []> = async () => []
    const isReady = adapterCheck(
      {
        list: () => {
          asked++
          return answer()
        },
      },
      clock,
    )
    expect(await isReady()).toBe(true)
    answer = () => Promise.reject(new Error('gone'))
    expect(await isReady()).toBe(true)
    expect(asked).toBe(1)
    clock.advance(READY_CACHE_MS)
    expect(await isReady()).toBe(false)
    answer = () => new Promise(() => {})
    clock.advance(READY_CACHE_MS)
    const silent = isReady()
    clock.advance(READY_TIMEOUT_MS)
    expect(await silent).toBe(false)
    answer = async () => []
    expect(await isReady()).toBe(true)
  })
})

describe('the log', () => {
  it('is quiet by default, and has rooms and peers when asked', async () => {
    const lines: string[] = []
    const output = { write: (line: string) => void lines.push(line) }
    const quiet = await createSignalingLog('warn', output)
    quiet({ event: 'peer_joined', connection: 1, room: 'AAA-AAA-AAA', peer: 5 })
    quiet({ event: 'refused', connection: 1, code: 'ERR_ROOM_FULL', message: 'full' })
    expect(lines).toEqual([])
    quiet({ event: 'failed', connection: 1, error: new Error('the store is gone') })
    expect(JSON.parse(lines.pop()!)).toMatchObject({ event: 'failed', error: { message: 'the store is gone' } })
    const talkative = await createSignalingLog('debug', output)
    talkative({ event: 'peer_joined', connection: 1, room: 'AAA-AAA-AAA', peer: 5 })
    expect(JSON.parse(lines.pop()!)).toMatchObject({ event: 'peer_joined', room: 'AAA-AAA-AAA', peer: 5 })
  })

  it('keeps one line for an event, whatever a client calls itself', async () => {
    await withRunning([], async ({ url }, lines) => {
      const client = await RawClient.connect(url)
      await client.create()
      client.socket.send('{"type":"ping","\\n{\\"event\\":\\"forged\\"}\\u001b[2J":1}')
      await client.settled()
      client.socket.close(1000, 'bye\n{"event":"forged"}')
      await client.closed
      await expect.poll(() => lines.some((line) => line.includes('connection_closed'))).toBe(true)
      for (const line of lines) {
        expect(line.trimEnd()).not.toContain('\n')
        expect(line).not.toContain('\u001b')
        expect(JSON.parse(line).event).not.toBe('forged')
      }
    })
  })
})

describe('a metered adapter', () => {
  it('gives what the adapter gives, and tells failures of the store from refusals', async () => {
    const heard: string[] = []
    const clock = new VirtualClock()
    const adapter = meteredAdapter(new MemoryAdapter(), clock, (operation, _, failed) =>
      heard.push(failed ? `${operation} failed` : operation),
    )
    const signals: unknown[] = []
    const channel = await adapter.subscribe('room', (event) => signals.push(event))
    await adapter.transact('room', () => ({ revision: 1, tags: ['public'] }))
    await channel.publish({ type: 'signal', from: 1, to: 2, text: '{}' })
    expect(signals).toHaveLength(2)
    expect(await adapter.list({ tags: ['public'], limit: 5 })).toHaveLength(1)
    expect(await adapter.claimOnce?.('ticket', 1_000)).toBe(true)
    const refuse = () => {
      throw new NetError('ERR_ROOM_FULL', 'full')
    }
    const fail = () => {
      throw new Error('gone')
    }
    await expect(adapter.transact('room', refuse)).rejects.toThrow('full')
    await expect(adapter.transact('room', fail)).rejects.toThrow('gone')
    const all = ['subscribe', 'transact', 'publish', 'list', 'claim', 'transact', 'transact failed']
    expect(heard).toEqual(all)
  })

  it('has no claims where the adapter has none', () => {
    const { transact, subscribe, list } = new MemoryAdapter()
    expect(meteredAdapter({ transact, subscribe, list }, new VirtualClock(), () => {}).claimOnce).toBeUndefined()
  })
})

describe('the address behind proxies', () => {
  const request = (header: string | undefined) =>
    ({ headers: { 'x-forwarded-for': header }, socket: { remoteAddress: '10.0.0.9' } }) as unknown as IncomingMessage

  it.each([
    [0, '6.6.6.6', '10.0.0.9'],
    [1, undefined, '10.0.0.9'],
    [1, '203.0.113.7', '203.0.113.7'],
    [1, 'forged, 203.0.113.7', '203.0.113.7'],
    [2, 'forged, 203.0.113.7, 10.0.0.1', '203.0.113.7'],
    [2, '203.0.113.7', '203.0.113.7'],
    [1, 'x'.repeat(1_000), 'x'.repeat(64)],
    [1, 'forged,', 'unknown'],
    [1, '203.0.113.7:50123', '203.0.113.7'],
    [1, '[2001:db8::7]:50123', '2001:db8::7'],
    [1, '[2001:db8::7]', '2001:db8::7'],
    [1, '2001:db8::7', '2001:db8::7'],
  ])('with %i proxies and the header %s is %s', (proxies, header, address) => {
    expect(forwardedAddress(proxies)(request(header))).toBe(address)
  })
})

it('a port that is taken for metrics leaves nothing running', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  const { given } = readFlags(['--dev', '--port', '0', '--ops-port', String(port)], {}, () => '')
  await expect(serve(readConfig(given))).rejects.toMatchObject({ code: 'ERR_ALREADY_IN_USE' })
  await new Promise((resolve) => taken.close(resolve))
})

describe('an upgrade of another path', () => {
  // As long as the server waits for somebody else to answer, the connection counts for no address's limit.
  it('is refused at once, because nobody else is there', { timeout: HANDSHAKE_TIMEOUT_MS / 2 }, async () => {
    await withRunning([], async ({ url }) => {
      await expect(RawClient.connect(url.replace('/signaling', '/other'))).rejects.toThrow('404')
    })
  })
})
