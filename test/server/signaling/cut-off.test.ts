// Two processes of which one is cut off from the store for a while: what its members signal, or should hear, is lost.

import { createClient } from 'redis'
import { expect, it } from 'vitest'
import type { ChannelEvent, RecordChannel, SignalingAdapter, StoredRecord } from '../../../server/signaling/adapter.ts'
import { MemoryAdapter } from '../../../server/signaling/memory-adapter.ts'
import { RedisAdapter } from '../../../server/signaling/redis-adapter.ts'
import { NetError } from '../../../src/net/errors.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { withServer } from './support.ts'

/** The view that one process has of the store. */
class Link implements SignalingAdapter {
  readonly #store: MemoryAdapter
  readonly #tellOfGap = new Set<() => void>()
  /** Nothing is heard of the channels. */
  isDeaf = false
  /** Nothing can be said on them. */
  isMute = false

  constructor(store: MemoryAdapter) {
    this.#store = store
  }

  transact: SignalingAdapter['transact'] = (...args) => this.#store.transact(...args)
  list: SignalingAdapter['list'] = (...args) => this.#store.list(...args)

  async subscribe<R extends StoredRecord>(
    key: string,
    listener: (event: ChannelEvent<R>) => void,
  ): Promise<RecordChannel> {
    this.#tellOfGap.add(() => listener({ type: 'gap' }))
    const channel = await this.#store.subscribe<R>(key, (event) => {
      if (!this.isDeaf) listener(event)
    })
    return {
      publish: (message) => {
        if (this.isMute) return Promise.reject(new NetError('ERR_UNAVAILABLE', 'Cut off.'))
        return channel.publish(message)
      },
      close: () => channel.close(),
    }
  }

  hearAgain(): void {
    this.isDeaf = false
    for (const tell of this.#tellOfGap) tell()
  }

  close(): void {}
}

const SIGNAL = { kind: 'description', type: 'offer', sdp: 'v=0' } as const

function twoProcesses(
  test: (parts: {
    readonly link: Link
    /** Served by the process that will be cut off. */
    readonly far: Awaited<ReturnType<Parameters<Parameters<typeof withServer>[1]>[0]>>
    readonly near: Awaited<ReturnType<Parameters<Parameters<typeof withServer>[1]>[0]>>
    readonly farId: number
    readonly nearId: number
  }) => Promise<void>,
): Promise<void> {
  const store = new MemoryAdapter()
  const link = new Link(store)
  return withServer({ adapter: store }, (connectNear) =>
    withServer({ adapter: link }, async (connectFar) => {
      const [near, far] = [await connectNear(), await connectFar()]
      const { room, id: nearId } = await near.create()
      const { id: farId } = await far.join(room.code)
      await near.heard('peer_joined')
      await test({ link, far, near, farId, nearId })
    }),
  )
}

it('whose member may have missed signals: both sides are told to begin anew what does not stand', () =>
  twoProcesses(async ({ link, far, near, farId, nearId }) => {
    link.isDeaf = true
    near.say({ type: 'signal', to: farId, signal: SIGNAL })
    await near.settled()
    link.hearAgain()
    expect(await near.heard('peer_back')).toEqual({ type: 'peer_back', id: farId })
    expect(await far.heard('peer_back')).toEqual({ type: 'peer_back', id: nearId })
    near.say({ type: 'signal', to: farId, signal: SIGNAL })
    expect(await far.heard('signal')).toEqual({ type: 'signal', from: nearId, signal: SIGNAL })
    expect(far.messages.filter(({ type }) => type === 'signal')).toHaveLength(1)
  }))

it('whose member could not signal: it is told so, and both begin anew', () =>
  twoProcesses(async ({ link, far, near, farId, nearId }) => {
    link.isMute = true
    far.say({ type: 'signal', to: nearId, signal: SIGNAL })
    expect((await far.heard('error')).code).toBe('ERR_UNAVAILABLE')
    expect(await near.heard('peer_back')).toEqual({ type: 'peer_back', id: farId })
    expect(await far.heard('peer_back')).toEqual({ type: 'peer_back', id: nearId })
  }))

it('whose links to Redis break while they signal: both are told to begin anew, and hear each other again', async () => {
  const redis = await RedisServer.start()
  const adapters = [new RedisAdapter({ url: redis.url }), new RedisAdapter({ url: redis.url })] as const
  const killer = await createClient({ url: redis.url }).connect()
  try {
    await withServer({ adapter: adapters[0] }, (connectNear) =>
      withServer({ adapter: adapters[1] }, async (connectFar) => {
        const [near, far] = [await connectNear(), await connectFar()]
        const { room, id: nearId } = await near.create()
        const { id: farId } = await far.join(room.code)
        await near.heard('peer_joined')
        // They make new links within a moment, until when nobody hears anything.
        await killer.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
        near.say({ type: 'signal', to: farId, signal: SIGNAL })
        expect(await near.heard('peer_back')).toEqual({ type: 'peer_back', id: farId })
        expect(await far.heard('peer_back')).toEqual({ type: 'peer_back', id: nearId })
        const skip = far.messages.length
        near.say({ type: 'signal', to: farId, signal: SIGNAL })
        expect(await far.heard('signal', skip)).toEqual({ type: 'signal', from: nearId, signal: SIGNAL })
      }),
    )
  } finally {
    killer.destroy()
    await Promise.all(adapters.map((adapter) => adapter.close()))
    await redis.kill()
  }
})
