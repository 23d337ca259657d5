import { describe, expect, it } from 'vitest'
import type { SignalingAdapter } from '../../../server/signaling/adapter.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { NetError } from '../../../src/net/errors.ts'
import type { RoomRecord } from '../../../src/net/signaling/room.ts'
import { turn } from '../../support/turn.ts'
import { Client } from './session-client.ts'

describe('a session', () => {
  it('draws another code when a room has it already', async () => {
    const taken = new Set<string>()
    const adapter = new MemoryAdapter()
    const transact = adapter.transact.bind(adapter)
    let draws = 0
    adapter.transact = (key, update) => {
      draws++
      taken.add(key)
      if (draws < 3) return transact(key, () => update({ revision: 1 } as Parameters<typeof update>[0]))
      return transact(key, update)
    }
    const client = new Client(adapter)
    client.create()
    await turn()
    expect(taken.size).toBe(3)
    expect(client.joined.room.host).toBe(client.joined.id)
  })

  it('does not go on listening to a room that it could not enter', async () => {
    const adapter = new MemoryAdapter()
    const subscribe = adapter.subscribe.bind(adapter)
    let listening = 0
    adapter.subscribe = async (key, listener) => {
      const channel = await subscribe(key, listener)
      listening++
      return {
        ...channel,
        close() {
          listening--
          channel.close()
        },
      }
    }
    const client = new Client(adapter)
    client.join('000-000-000')
    await turn()
    expect(client.messages).toMatchObject([{ type: 'error', code: 'ERR_ROOM_NOT_FOUND' }])
    expect(listening).toBe(0)
  })

  it('is closed when the store no longer has it in its room', async () => {
    const adapter = new MemoryAdapter()
    const client = new Client(adapter)
    client.create()
    await turn()
    const { code } = client.joined.room
    await adapter.transact<RoomRecord>(code, (room) => room && { ...room, peers: [99], revision: room.revision + 1 })
    expect(client.messages.at(-1)).toMatchObject({ type: 'closed', code: 'ERR_ROOM_CLOSED' })
    expect(client.closes).toHaveLength(1)
  })

  it('leaves no timer and no listener behind', async () => {
    const adapter = new MemoryAdapter()
    const client = new Client(adapter)
    client.create()
    await turn()
    await client.session.end('leave')
    expect(adapter.roomCount).toBe(0)
    const count = client.messages.length
    await adapter.transact(client.joined.room.code, () => ({ revision: 99 }))
    client.say({ type: 'ping' })
    await turn()
    expect(client.messages).toHaveLength(count)
  })
})

describe('a session whose store fails', () => {
  const broken = (method: keyof SignalingAdapter): SignalingAdapter => {
    const adapter = new MemoryAdapter()
    Object.assign(adapter, { [method]: () => Promise.reject(new Error('store is down')) })
    return adapter
  }

  it.each(['transact', 'subscribe'] as const)('is closed, and logs why, at %s', async (method) => {
    const client = new Client(broken(method))
    client.create()
    await turn()
    expect(client.messages.at(-1)).toMatchObject({ type: 'closed', code: 'ERR_SIGNALING_UNREACHABLE' })
    expect(client.closes).toEqual(['1011 ERR_SIGNALING_UNREACHABLE'])
    expect(client.failures).not.toEqual([])
    expect(JSON.stringify(client.messages)).not.toContain('store is down')
  })

  it('still resolves end', async () => {
    const client = new Client(broken('transact'))
    client.create()
    await client.session.end('leave')
  })

  it('is counted out of its room all the same', async () => {
    const adapter = new MemoryAdapter()
    const client = new Client(adapter)
    client.create()
    await turn()
    Object.assign(adapter, { transact: () => Promise.reject(new NetError('ERR_UNAVAILABLE', 'the store is gone')) })
    await client.session.end('drop')
    expect(client.events).toContain('peer_dropped')
  })
})
