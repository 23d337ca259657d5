import { describe, expect, it } from 'vitest'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import { runAdapterSuite } from './adapter-suite.ts'
import { RawClient } from './support.ts'

runAdapterSuite('MemoryAdapter', async (options) => {
  const adapter = new MemoryAdapter(options)
  return { here: adapter, there: adapter, close: async () => {} }
})

describe('a MemoryAdapter', () => {
  it('lets two servers serve one room', async () => {
    const adapter = new MemoryAdapter()
    const servers = [
      await createSignalingServer({ host: '127.0.0.1', adapter }),
      await createSignalingServer({ host: '127.0.0.1', adapter }),
    ]
    const [host, guest] = [await RawClient.connect(servers[0]!.url), await RawClient.connect(servers[1]!.url)]
    const { room, id: hostId } = await host.create()
    const { id } = await guest.join(room.code)
    guest.say({ type: 'signal', to: hostId, signal: { kind: 'description', type: 'offer', sdp: 'v=0' } })
    expect((await host.heard('signal')).from).toBe(id)
    await servers[1]!.close()
    expect(await host.heard('peer_left')).toEqual({ type: 'peer_left', id })
    await servers[0]!.close()
  })
})
