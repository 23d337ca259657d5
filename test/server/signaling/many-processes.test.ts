import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { REDIS_SOCKET_TIMEOUT_MS } from '../../../server/signaling/constants.ts'
import type { ServerMessage } from '../../../src/net/signaling/messages.ts'
import { type Balancer, startBalancer } from '../../support/balancer.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { RawClient } from './support.ts'

type Joined = Extract<ServerMessage, { type: 'joined' }>

const PROGRAM = fileURLToPath(new URL('signaling-process.js', import.meta.url))
const SIGNAL = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

class Server {
  readonly process: ChildProcess
  port = 0

  constructor(redis: RedisServer, graceMs: number) {
    const args = [PROGRAM, redis.url, String(graceMs)]
    this.process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  }

  async listening(): Promise<void> {
    for await (const line of createInterface(this.process.stdout!)) {
      this.port = Number(line)
      break
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    this.process.kill(signal)
    await once(this.process, 'exit')
  }
}

/** A player, who comes back when the socket breaks, as WebSocketSignaling does. */
class Player {
  client: RawClient
  joined: Joined

  private constructor(client: RawClient, joined: Joined) {
    this.client = client
    this.joined = joined
  }

  static async enter(url: string, room?: string): Promise<Player> {
    const client = await RawClient.connect(url)
    client.say(
      room === undefined
        ? { type: 'create', version: 2, topology: 'mesh', maxPeers: 4 }
        : { type: 'join', version: 2, room },
    )
    return new Player(client, await answer(client))
  }

  /** Where its process has gone: back to the same place, by way of whoever is there. */
  async comeBack(url: string): Promise<void> {
    const { id, room, resume } = this.joined
    this.client = await RawClient.connect(url)
    this.client.say({ type: 'resume', version: 2, room: room.code, id, secret: resume.secret })
    this.joined = await answer(this.client)
  }

  get isCutOff(): boolean {
    return this.client.socket.readyState > this.client.socket.OPEN
  }
}

async function answer(client: RawClient): Promise<Joined> {
  const gone = client.closed.then(({ code, reason }) => {
    throw new Error(`closed with ${code} ${reason} before there was an answer`)
  })
  const message = await Promise.race([client.heard('joined'), client.heard('error'), gone])
  if (message.type === 'joined') return message
  client.socket.terminate()
  throw new Error(`${message.code}: ${message.message}`)
}

/** Whom `client` was told of by messages of `type`. */
function news(client: RawClient, type: 'player_joined' | 'player_left'): number[] {
  return client.messages.flatMap((message) => (message.type === type ? [message.id] : []))
}

/** Does `work` for every item, few at a time: a crowd that comes at once is not what is tested here. */
async function forAll<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += 50) {
    results.push(...(await Promise.all(items.slice(start, start + 50).map(work))))
  }
  return results
}

const toEnd: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end()
})

async function startAll(
  graceMs: number,
): Promise<{ redis: RedisServer; servers: Server[]; balancer: Balancer; url: string }> {
  const redis = await RedisServer.start()
  toEnd.push(() => redis.kill())
  const servers = [1, 2, 3].map(() => new Server(redis, graceMs))
  for (const server of servers) toEnd.push(() => server.end('SIGKILL'))
  await Promise.all(servers.map((server) => server.listening()))
  const balancer = await startBalancer(servers.map(({ port }) => port))
  toEnd.push(() => balancer.close())
  return { redis, servers, balancer, url: `ws://127.0.0.1:${balancer.port}` }
}

/** That the guest's signals reach its host, wherever the two are served. One that may have been lost is sent anew. */
async function signals(guest: Player, host: Player): Promise<void> {
  const skip = host.client.messages.length
  const heard = host.client.heard('signal', skip).then(({ from }) => from)
  for (let from: number | undefined; from === undefined; ) {
    const told = guest.client.messages.length
    guest.client.say({ type: 'signal', to: host.joined.id, signal: SIGNAL })
    from = await Promise.race([heard, guest.client.heard('peer_back', told).then(() => undefined)])
    if (from !== undefined) expect(from).toBe(guest.joined.id)
  }
}

describe('three processes behind a balancer', () => {
  it('lose none of 2,000 rooms when one of them is killed', async () => {
    const ROOMS = 2_000
    const GUESTS = 200
    const { servers, balancer, url } = await startAll(8_000)
    const hosts = await forAll(Array.from({ length: ROOMS }), () => Player.enter(url))
    const guests = await forAll(hosts.slice(0, GUESTS), (host) => Player.enter(url, host.joined.room.code))
    for (const count of balancer.taken.values()) expect(count).toBeGreaterThan(ROOMS / 4)
    await forAll(guests, (guest) => signals(guest, hosts[guests.indexOf(guest)]!))
    const before = hosts.map(({ joined }) => [joined.id, joined.room.code])

    await servers[0]!.end('SIGKILL')
    // All of them: who is seen later would be waited for in vain.
    const served = balancer.taken.get(servers[0]!.port)
    await expect
      .poll(() => [...hosts, ...guests].filter((player) => player.isCutOff).length, { timeout: 10_000 })
      .toBe(served)
    // A few of the guests never come back.
    const lost = guests.filter((player) => player.isCutOff).slice(0, 20)
    expect(lost).toHaveLength(20)
    const cutOff = [...hosts, ...guests].filter((player) => player.isCutOff && !lost.includes(player))
    await forAll(cutOff, (player) => player.comeBack(url))

    expect(hosts.map(({ joined }) => [joined.id, joined.room.code])).toEqual(before)
    const here = guests.filter((guest) => !lost.includes(guest))
    await forAll(here, (guest) => signals(guest, hosts[guests.indexOf(guest)]!))
    // Nobody touches their rooms, and yet they are missed.
    await forAll(lost, async (guest) => {
      const left = await hosts[guests.indexOf(guest)]!.client.heard('peer_left')
      expect(left.id).toBe(guest.joined.id)
    })
    for (const player of [...hosts, ...guests]) player.client.socket.terminate()
  }, 120_000)

  it('match players and fill rooms as exactly as one', async () => {
    const { url } = await startAll(30_000)
    const clients = await Promise.all(Array.from({ length: 22 }, () => RawClient.connect(url)))
    for (const client of clients) {
      client.say({ type: 'match', version: 2, topology: 'mesh', maxPeers: 4, metadata: { mode: 'ctf' } })
    }
    const matched = await Promise.all(clients.map(answer))
    const sizes = new Map<string, number>()
    for (const { room } of matched) sizes.set(room.code, (sizes.get(room.code) ?? 0) + 1)
    expect([...sizes.values()].sort()).toEqual([2, 4, 4, 4, 4, 4])

    const host = await Player.enter(url)
    const tries = Array.from({ length: 20 }, () => Player.enter(url, host.joined.room.code))
    const outcomes = await Promise.allSettled(tries)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(String(outcome.reason)).toContain('ERR_ROOM_FULL')
      else outcome.value.client.socket.terminate()
    }
    for (const client of [...clients, host.client]) client.socket.terminate()
  }, 30_000)

  it('tell the players of a star of each other, wherever each of them is served', async () => {
    const { servers, balancer, url } = await startAll(30_000)
    const host = await RawClient.connect(url)
    host.say({ type: 'create', version: 2, topology: 'star', maxPeers: 8 })
    const { room } = await answer(host)
    const isClosed = ({ socket }: RawClient) => socket.readyState > socket.OPEN
    const players: Player[] = []
    for (let n = 0; n < 6; n++) players.push(await Player.enter(url, room.code))
    const ids = players.map(({ joined }) => joined.id)
    for (const [n, { client, joined }] of players.entries()) {
      expect(joined.peers.map(({ id }) => id)).toEqual([1])
      expect((joined.players ?? []).map(({ id }) => id)).toEqual(ids.slice(0, n))
      for (const late of ids.slice(n + 1)) await expect.poll(() => news(client, 'player_joined')).toContain(late)
    }
    const [first, ...others] = players
    first?.client.say({ type: 'presence', presence: { name: 'Ada', visible: false } })
    for (const { client } of others) expect((await client.heard('presence')).presence.visible).toBe(false)

    // Whoever was served by the one that dies comes back elsewhere, to the same players.
    await servers[0]!.end('SIGKILL')
    const all = [host, ...players.map(({ client }) => client)]
    const served = balancer.taken.get(servers[0]!.port)
    await expect.poll(() => all.filter(isClosed).length).toBe(served)
    const cutOff = players.filter((player) => player.isCutOff)
    for (const player of cutOff) {
      await player.comeBack(url)
      const expected = ids.filter((id) => id !== player.joined.id)
      expect(new Set(player.joined.players?.map(({ id }) => id))).toEqual(new Set(expected))
    }
    const leaver = players[5]!
    leaver.client.say({ type: 'leave' })
    for (const { client } of players.slice(0, 5)) {
      await expect.poll(() => news(client, 'player_left')).toEqual([leaver.joined.id])
    }
    for (const client of [host, ...players.map((player) => player.client)]) client.socket.terminate()
  }, 30_000)

  it('lose no room when Redis forgets everything, and mend it by themselves', async () => {
    const { redis, url } = await startAll(30_000)
    const hosts = await forAll(Array.from({ length: 100 }), () => Player.enter(url))
    const guests = await forAll(hosts, (host) => Player.enter(url, host.joined.room.code))
    await redis.kill()
    await redis.start()
    const late = await forAll(hosts, (host) =>
      expect
        .poll(() => Player.enter(url, host.joined.room.code).catch(() => undefined), { timeout: 10_000 })
        .toBeDefined(),
    )
    expect(late).toHaveLength(100)
    await forAll(guests, (guest) => signals(guest, hosts[guests.indexOf(guest)]!))
    for (const player of [...hosts, ...guests]) {
      expect(player.isCutOff).toBe(false)
      player.client.socket.terminate()
    }
  }, 60_000)

  it('lose no room when Redis is silent for a while, in which those that are there go on', async () => {
    const { redis, url } = await startAll(30_000)
    const hosts = await forAll(
      Array.from({ length: 30 }, () => 0),
      () => Player.enter(url),
    )
    const guests = await forAll(hosts, (host) => Player.enter(url, host.joined.room.code))
    redis.freeze(true)
    try {
      // Longer than a link to it is waited for: all of them are made anew.
      await new Promise((resolve) => setTimeout(resolve, REDIS_SOCKET_TIMEOUT_MS + 1_000))
    } finally {
      redis.freeze(false)
    }
    await forAll(hosts, (host) =>
      expect
        .poll(() => Player.enter(url, host.joined.room.code).catch(() => undefined), { timeout: 10_000 })
        .toBeDefined(),
    )
    await forAll(guests, (guest) => signals(guest, hosts[guests.indexOf(guest)]!))
    for (const player of [...hosts, ...guests]) {
      expect(player.isCutOff).toBe(false)
      player.client.socket.terminate()
    }
  }, 60_000)

  it('let one of them end by SIGTERM, which hands its players over', async () => {
    const { servers, url } = await startAll(30_000)
    const hosts = await forAll(Array.from({ length: 60 }), () => Player.enter(url))
    const startedAt = performance.now()
    const ended = servers[1]!.end('SIGTERM')
    const moved = hosts.map(async (host) => {
      const { code } = await host.client.closed
      await host.comeBack(url)
      return code
    })
    await ended
    expect(performance.now() - startedAt).toBeLessThan(8_000)
    expect(servers[1]!.process.exitCode).toBe(0)
    await expect.poll(() => hosts.some((host) => host.isCutOff)).toBe(false)
    for (const host of hosts) host.client.socket.terminate()
    await Promise.allSettled(moved)
  }, 30_000)
})
