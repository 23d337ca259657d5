// Measures how long an adapter's store takes.

import type { Clock } from '../../src/net/clock.ts'
import { NetError } from '../../src/net/errors.ts'
import type {
  ChannelEvent,
  RecordChannel,
  RecordQuery,
  RecordUpdate,
  SignalingAdapter,
  StoredRecord,
} from '../signaling/adapter.ts'

export type AdapterOperation = 'transact' | 'publish' | 'subscribe' | 'list' | 'claim'

/** Hears of every round trip. `failed`: the store's fault, not a refusal such as "the room is full". */
export type RoundTripListener = (operation: AdapterOperation, seconds: number, failed: boolean) => void

/** `inner`, with every round trip reported. */
export function meteredAdapter(inner: SignalingAdapter, clock: Clock, listener: RoundTripListener): SignalingAdapter {
  const timed = async <T>(operation: AdapterOperation, run: () => Promise<T>, startedAt = clock.now()): Promise<T> => {
    let failed = false
    try {
      return await run()
    } catch (error) {
      failed = !(error instanceof NetError) || error.code === 'ERR_UNAVAILABLE'
      throw error
    } finally {
      listener(operation, (clock.now() - startedAt) / 1000, failed)
    }
  }
  const { address, claimOnce } = inner
  return {
    ...(address !== undefined && { address }),
    transact: <R extends StoredRecord>(key: string, update: RecordUpdate<R>) =>
      timed('transact', () => inner.transact(key, update)),
    subscribe: <R extends StoredRecord>(key: string, hear: (event: ChannelEvent<R>) => void) =>
      timed('subscribe', async (): Promise<RecordChannel> => {
        const channel = await inner.subscribe(key, hear)
        return {
          publish: (message, at) => {
            const startedAt = clock.now()
            const sent = channel.publish(message, at)
            if (sent) return timed('publish', () => sent, startedAt)
            listener('publish', (clock.now() - startedAt) / 1000, false)
          },
          close: () => channel.close(),
        }
      }),
    list: <R extends StoredRecord>(query: RecordQuery) => timed('list', () => inner.list<R>(query)),
    ...(claimOnce && {
      claimOnce: (key: string, ttlMs: number) => timed('claim', () => claimOnce.call(inner, key, ttlMs)),
    }),
  }
}
