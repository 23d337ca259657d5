import { describe, expect, it } from 'vitest'
import type { RelayedSignal } from '../../../server/signaling/adapter.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { createSignalingServer } from '../../../server/signaling/server.ts'
import { NetError } from '../../../src/net/errors.ts'
import { seededRandom } from '../../../src/net/random.ts'
import { createRoom } from '../../../src/net/signaling/room.ts'
import { RawClient } from './support.ts'

const room = (code: string) => createRoom({ code, topology: 'mesh' }, seededRandom(1))
const message: RelayedSignal = {
  type: 'signal',
  from: 1,
  to: 2,
  signal: { kind: 'description', type: 'offer', sdp: '' },
}

describe('MemoryAdapter', () => {
  it('keeps, changes and forgets rooms', async () => {
    const adapter = new MemoryAdapter()
    await adapter.transact('A', () => room('A'))
    expect(await adapter.transact('A', (before) => ({ ...before!, revision: 2 }))).toMatchObject({ revision: 2 })
    expect(await adapter.transact('A', () => undefined)).toBeUndefined()
    expect(adapter.roomCount).toBe(0)
  })

  it('leaves a room as it was when the update throws', async () => {
    const adapter = new MemoryAdapter()
    const before = await adapter.transact('A', () => room('A'))
    const refused = adapter.transact('A', () => {
      throw new NetError('ERR_ROOM_FULL', 'full')
    })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_ROOM_FULL' })
    expect(await adapter.transact('A', (now) => now)).toBe(before)
  })

  it('keeps no more rooms than it may', async () => {
    const adapter = new MemoryAdapter({ maxRooms: 1 })
    await adapter.transact('A', () => room('A'))
    await expect(adapter.transact('B', () => room('B'))).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED' })
    await adapter.transact('A', (before) => before)
  })

  it('publishes to the subscribers of a room, in order, until they stop', async () => {
    const adapter = new MemoryAdapter()
    const heard: string[] = []
    const one = await adapter.subscribe('A', () => heard.push('one'))
    const two = await adapter.subscribe('A', () => heard.push('two'))
    await adapter.subscribe('B', () => heard.push('elsewhere'))
    await two.publish(message)
    one.close()
    one.close()
    await two.publish(message)
    expect(heard).toEqual(['one', 'two', 'two'])
  })

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
