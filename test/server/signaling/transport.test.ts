// What every kind of signaling does, over two servers that share their rooms: no member can tell that there are two.

import { afterAll, beforeAll } from 'vitest'
import { WebSocket } from 'ws'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { RedisAdapter } from '../../../server/signaling/redis-adapter.ts'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import { WebSocketSignaling } from '../../../src/net/signaling/websocket.ts'
import { runTransportSuite } from '../../net/signaling/transport-suite.ts'
import { RedisServer } from '../../support/redis-server.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await RedisServer.start()
})
afterAll(() => redis.kill())

runTransportSuite('two servers that share a MemoryAdapter', async () => {
  const adapter = new MemoryAdapter()
  return twoServers([adapter, adapter])
})

runTransportSuite('two servers that share a Redis', async () => {
  const adapters = [new RedisAdapter({ url: redis.url }), new RedisAdapter({ url: redis.url })] as const
  const { transport, close } = await twoServers(adapters)
  return {
    transport,
    close: async () => {
      await close()
      for (const adapter of adapters) await adapter.close()
    },
  }
})

/** Each `open` is at the other one. */
async function twoServers(adapters: readonly (MemoryAdapter | RedisAdapter)[]) {
  const servers = await Promise.all(adapters.map((adapter) => createSignalingServer({ host: '127.0.0.1', adapter })))
  let turn = 0
  return {
    transport: () => new WebSocketSignaling(servers[turn++ % servers.length]!.url, { webSocket: WebSocket }),
    close: async () => {
      for (const server of servers) await server.close()
    },
  }
}
