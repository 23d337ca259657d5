// What every SignalingAdapter must do. Each adapter's test file runs it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelEvent, SignalingAdapter, StoredRecord } from '../../../server/signaling/adapter.ts'
import { NetError } from '../../../src/net/errors.ts'

export interface AdapterFixture {
  /** Two processes' adapters of one store; they may be one object. */
  readonly here: SignalingAdapter
  readonly there: SignalingAdapter
  close(): Promise<void>
}

interface Counter extends StoredRecord {
  readonly count: number
}

/** A message takes a millisecond; a machine that does other things may need longer. */
const PATIENTLY = { timeout: 10_000, interval: 5 }
const SIGNAL = {
  type: 'signal',
  from: 1,
  to: 2,
  text: '{"kind":"description","type":"offer","sdp":"v=0"}',
} as const

export function runAdapterSuite(name: string, open: (options: { maxRooms?: number }) => Promise<AdapterFixture>): void {
  describe(name, () => {
    let fixture: AdapterFixture
    let here: SignalingAdapter
    let there: SignalingAdapter

    beforeEach(async () => {
      fixture = await open({})
      here = fixture.here
      there = fixture.there
    })
    afterEach(() => fixture.close())

    const set = (key: string, fields: Partial<Counter>) =>
      here.transact<Counter>(key, (before) => ({
        count: 0,
        ...before,
        ...fields,
        revision: (before?.revision ?? 0) + 1,
      }))
    const read = (key: string) => there.transact<Counter>(key, (record) => record)
    const keys = async (...query: Parameters<SignalingAdapter['list']>) =>
      (await there.list(...query)).map(([key]) => key)

    it('keeps, changes and forgets records', async () => {
      await set('A', { count: 1 })
      expect(await read('A')).toMatchObject({ count: 1, revision: 1 })
      await set('A', { count: 2 })
      expect(await read('A')).toMatchObject({ count: 2, revision: 2 })
      expect(await here.transact('A', () => undefined)).toBeUndefined()
      expect(await read('A')).toBeUndefined()
    })

    it('leaves a record as it was when the update throws', async () => {
      await set('A', { count: 1 })
      const refused = here.transact('A', () => {
        throw new NetError('ERR_ROOM_FULL', 'full')
      })
      await expect(refused).rejects.toMatchObject({ code: 'ERR_ROOM_FULL' })
      expect(await read('A')).toMatchObject({ count: 1 })
    })

    it('loses no change of those that are made at the same time', async () => {
      const add = (adapter: SignalingAdapter) =>
        adapter.transact<Counter>('A', (before) => ({
          count: (before?.count ?? 0) + 1,
          revision: (before?.revision ?? 0) + 1,
        }))
      await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 ? here : there)))
      expect(await read('A')).toEqual({ count: 40, revision: 40 })
    })

    it('keeps no more records than it may', async () => {
      await fixture.close()
      fixture = await open({ maxRooms: 1 })
      here = fixture.here
      await set('A', { dueAt: 1 })
      await expect(set('B', { dueAt: 1 })).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED' })
      await set('A', { dueAt: 2 })
    })

    it('tells every listener of changes and signals in their order, until it stops', async () => {
      const heard: ChannelEvent<Counter>[] = []
      const channel = await there.subscribe<Counter>('A', (event) => heard.push(event))
      const sender = await here.subscribe<Counter>('A', () => {})
      let others = 0
      const other = await there.subscribe<Counter>('A', () => {
        others += 1
      })
      await there.subscribe('B', () => heard.push({ type: 'gap' }))
      await set('A', { count: 1 })
      await sender.publish(SIGNAL)
      // Of no interest: its revision is the same.
      await here.transact<Counter>('A', (before) => before && { ...before, dueAt: 5 })
      await here.transact('A', () => undefined)
      await expect.poll(() => heard.length, PATIENTLY).toBe(3)
      expect(heard).toMatchObject([{ type: 'changed', record: { count: 1 } }, SIGNAL, { type: 'changed' }])
      expect(heard[2]).not.toHaveProperty('record.count')
      channel.close()
      channel.close()
      await set('A', { count: 2 })
      await sender.publish(SIGNAL)
      // What is under way when somebody begins to listen may still be heard.
      await expect.poll(() => others, PATIENTLY).toBe(5)
      const again: unknown[] = []
      await there.subscribe('A', (event) => again.push(event))
      await sender.publish(SIGNAL)
      await expect.poll(() => again.length, PATIENTLY).toBe(1)
      expect(heard).toHaveLength(3)
      other.close()
    })

    it('brings signals to those who listen at an address, in order with the changes of their sender', async () => {
      const heard: (number | undefined)[] = []
      await there.subscribe<Counter>('A', (event) => {
        if (event.type === 'changed') heard.push(event.record?.count)
        if (event.type === 'signal') heard.push(event.to)
      })
      const sender = await here.subscribe<Counter>('A', () => {})
      for (let n = 0; n < 30; n += 3) {
        await set('A', { count: n })
        // Nobody waits for one before the next.
        const sent = [n + 1, n + 2].map((to) => sender.publish({ ...SIGNAL, to }, there.address))
        expect(await Promise.all(sent)).not.toContain(false)
      }
      await expect.poll(() => heard.length, PATIENTLY).toBe(30)
      expect(heard).toEqual(Array.from({ length: 30 }, (_, n) => n))
    })

    it('finds records by all their tags, page by page, as they are now', async () => {
      for (const key of ['C', 'A', 'D', 'B', 'E'])
        await set(key, { tags: key === 'D' ? ['public'] : ['public', 'ctf'] })
      await set('F', {})
      expect(await keys({ tags: ['public', 'ctf'], limit: 3 })).toEqual(['A', 'B', 'C'])
      expect(await keys({ tags: ['public', 'ctf'], after: 'C', limit: 3 })).toEqual(['E'])
      expect(await keys({ tags: ['public', 'dm'], limit: 3 })).toEqual([])
      await set('A', { tags: ['public'] })
      await here.transact('B', () => undefined)
      expect(await keys({ tags: ['ctf', 'public'], limit: 9 })).toEqual(['C', 'E'])
      expect(await keys({ tags: ['public'], limit: 9 })).toEqual(['A', 'C', 'D', 'E'])
    })

    it('finds records that are due, the longest-due first', async () => {
      await set('A', { dueAt: 300 })
      await set('B', { dueAt: 100 })
      await set('C', { dueAt: 200 })
      await set('D', {})
      expect(await keys({ dueBefore: 300, limit: 9 })).toEqual(['B', 'C'])
      expect(await keys({ dueBefore: 1_000, limit: 2 })).toEqual(['B', 'C'])
      await set('B', { dueAt: 900 })
      await here.transact('C', () => undefined)
      expect(await keys({ dueBefore: 800, limit: 9 })).toEqual(['A'])
    })

    it('gives a thing that can be had once to one', async () => {
      const asked = await Promise.all([here, there, here].map((adapter) => adapter.claimOnce!('ticket', 60_000)))
      expect(asked.filter(Boolean)).toHaveLength(1)
    })
  })
}
