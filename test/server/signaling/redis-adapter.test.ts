import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChannelEvent, StoredRecord } from '../../../server/signaling/adapter.ts'
import { RedisAdapter } from '../../../server/signaling/redis-adapter.ts'
import { freePort, RedisServer } from '../../support/redis-server.ts'
import { runAdapterSuite } from './adapter-suite.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await RedisServer.start()
})
afterAll(() => redis.kill())

let fixtures = 0

runAdapterSuite('RedisAdapter', async ({ maxRooms }) => {
  const options = { url: redis.url, prefix: `suite${fixtures++}:`, ...(maxRooms !== undefined && { maxRooms }) }
  const [here, there] = [new RedisAdapter(options), new RedisAdapter(options)]
  return {
    here,
    there,
    async close() {
      await Promise.all([here.close(), there.close()])
    },
  }
})

describe('a signal to the address of a RedisAdapter', () => {
  const SIGNAL = { type: 'signal', from: 1, to: 2, text: '{"kind":"failed"}' } as const

  it('is heard there, by those who listen to its channel, and by no other process', async () => {
    const adapters = [0, 1, 2].map(() => new RedisAdapter({ url: redis.url, prefix: 'address:' }))
    const [here, there] = adapters as [RedisAdapter, RedisAdapter]
    expect(new Set(adapters.map(({ address }) => address)).size).toBe(3)
    const heard: [at: number, event: ChannelEvent<StoredRecord>][] = []
    const listen = (n: number, key: string) => adapters[n]!.subscribe(key, (event) => heard.push([n, event]))
    const [channel] = await Promise.all([listen(0, 'A'), listen(1, 'A'), listen(2, 'A'), listen(1, 'B')])
    expect(await channel.publish(SIGNAL, there.address)).toBe(true)
    await here.transact('A', () => ({ revision: 1 }))
    // By when the signal, too, would have been heard.
    await expect.poll(() => heard.filter(([, { type }]) => type === 'changed').length).toBe(3)
    expect(heard.filter(([, { type }]) => type === 'signal')).toEqual([[1, SIGNAL]])
    await Promise.all(adapters.map((adapter) => adapter.close()))
  })

  it('that is gone is known to be lost', async () => {
    const options = { url: redis.url, prefix: 'gone:' }
    const [here, there] = [new RedisAdapter(options), new RedisAdapter(options)]
    await there.subscribe('A', () => {})
    const channel = await here.subscribe('A', () => {})
    await there.close()
    await expect.poll(() => channel.publish(SIGNAL, there.address)).toBe(false)
    await here.close()
    await expect(channel.publish(SIGNAL, there.address)).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
  })
})

describe('a RedisAdapter whose Redis', () => {
  it('is not there says so', async () => {
    const errors: unknown[] = []
    const port = await freePort()
    const adapter = new RedisAdapter({ url: `redis://127.0.0.1:${port}`, onError: (error) => errors.push(error) })
    await expect(adapter.transact('A', () => ({ revision: 1 }))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    expect(errors).not.toEqual([])
    await adapter.close()
    await expect(adapter.list({ tags: [], limit: 1 })).rejects.toMatchObject({ code: 'ERR_UNCONFIGURED' })
  })

  it('was restarted tells its listeners of a gap, and goes on', async () => {
    const adapter = new RedisAdapter({ url: redis.url, prefix: 'restart:' })
    const heard: ChannelEvent<StoredRecord>[] = []
    await adapter.subscribe('A', (event) => heard.push(event))
    await adapter.transact('A', () => ({ revision: 1 }))
    await expect.poll(() => heard.length).toBe(1)
    await redis.kill()
    await redis.start()
    await expect.poll(() => heard.map(({ type }) => type), { timeout: 10_000 }).toEqual(['changed', 'gap'])
    // It has forgotten the record and the script.
    expect(await adapter.transact<StoredRecord>('A', (record) => record ?? { revision: 7 })).toEqual({ revision: 7 })
    await expect.poll(() => heard.length).toBe(3)
    await adapter.close()
  })

  it('stands still makes commands fail after a while, and goes on with it', async () => {
    const adapter = new RedisAdapter({ url: redis.url, prefix: 'frozen:' })
    await adapter.transact('A', () => ({ revision: 1 }))
    redis.freeze(true)
    try {
      await expect(adapter.transact('A', () => ({ revision: 2 }))).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    } finally {
      redis.freeze(false)
    }
    await expect
      .poll(() => adapter.transact<StoredRecord>('A', () => ({ revision: 3 })).catch(() => undefined), {
        timeout: 15_000,
      })
      .toEqual({ revision: 3 })
    await adapter.close()
  })
})
